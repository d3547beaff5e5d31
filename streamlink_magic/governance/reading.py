"""From a policy file's text to rules; whatever is not understood is refused, never left out."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import PolicyError, PolicyFileError
from streamlink_magic.governance.endpoints import LOCAL, reaches
from streamlink_magic.governance.places import require_trusted
from streamlink_magic.governance.rules import HubRules
from streamlink_magic.governance.tables import Table
from streamlink_magic.settings import MEMORY_LAYERS, AuditRules, Policy, Settings

if TYPE_CHECKING:
    from pathlib import Path

COSTS = tuple(one.name for one in fields(Policy) if one.name.startswith("max_"))
"""The limits of a ``Policy``."""

NUMBERS = tuple(
    one.name
    for one in fields(Settings)
    if isinstance(one.default, int | float) and not isinstance(one.default, bool)
)
"""The settings that are numbers: each may be limited."""

SWITCHES = ("sample_values", "send_values", "create_session", "warm_up")
"""The settings that may be switched off for good."""

NAMES = (
    "views",
    "denied_tables",
    "columns",
    "denied_columns",
    "masked_columns",
    "functions",
    "denied_functions",
    "hints",
    "udfs",
    "paths",
)
"""The fields of a ``Policy`` that a file states as they are, lists of names."""

# Names, types, comments and the question are left, and joins, which are names too.
_METADATA_ONLY = {"cells": 0, "examples": 0, "turns": 0}
_METADATA_LAYERS = ("joins",)
_TEXTS = {"": False, "hashed": False, "clear": True}


def read_rules(path: Path) -> HubRules:
    """Return what a policy file says.

    Raises
    ------
    PolicyFileError
        When the file is missing, could be changed by the user, or holds anything unknown.
    """
    require_trusted(path)
    try:
        return _understand(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise _broken(path, f"cannot be read: {error.strerror}") from None
    except (ValueError, PolicyError) as error:  # no UTF-8, no TOML, or not ours
        raise _broken(path, f"cannot be understood: {error}") from None


def _broken(path: Path, why: str) -> PolicyFileError:
    return PolicyFileError(
        f"The policy file {path} {why.rstrip('.')}.",
        "Nothing runs until the admin has put that right.",
    )


def _understand(values: dict[str, Any], path: str) -> HubRules:
    document = Table("", values)
    model, read, limits = (document.table(name) for name in ("model", "read", "limits"))
    privacy, audit = document.table("privacy"), document.table("audit")
    bare = privacy.switch("metadata_only") is True
    rules = HubRules(
        files=(path,),
        endpoints=_endpoints(model),
        models=model.names("models"),
        hub_token_for=model.text("hub_token_for"),
        read=_read(read, limits),
        limits=limits.numbers(NUMBERS) | (_METADATA_ONLY if bare else {}),
        switched_off=_switched_off(privacy, bare=bare),
        memory=_memory(privacy, bare=bare),
        drop_personal=privacy.switch("drop_personal") is True,
        audit=_audit(audit),
    )
    for table in (document, model, read, limits, privacy, audit):
        table.require_empty()
    _require_token_named(rules)
    return rules


def _endpoints(model: Table) -> tuple[str, ...] | None:
    named = model.names("endpoints")
    for one in named or ():
        if one != LOCAL:
            reaches(one)
    return named


def _require_token_named(rules: HubRules) -> None:
    if rules.hub_token_for and rules.hub_token_for not in (rules.endpoints or ()):
        raise PolicyError("model.hub_token_for is not among model.endpoints.")


def _read(read: Table, limits: Table) -> tuple[dict[str, Any], ...]:
    """Return what is said of reading and its cost, as fields of a ``Policy``."""
    stated: dict[str, Any] = dict(limits.numbers(COSTS))
    opened = _opened(read)
    if opened is not None:
        stated |= {"tables": opened, "views": ("*",)}
    for name in NAMES:
        if (value := read.names(name)) is not None:
            stated[name] = value
    if disagreement := read.text("on_disagreement"):
        stated["on_disagreement"] = disagreement
    Policy(**stated)  # complains of what means nothing
    return (stated,) if stated else ()


def _opened(read: Table) -> tuple[str, ...] | None:
    """Return the tables that are open, whole catalogs and databases among them."""
    catalogs, databases = read.names("catalogs"), read.names("databases")
    tables = read.names("tables")
    if catalogs is databases is tables is None:
        return None
    return (
        *(f"{one}.*.*" for one in catalogs or ()),
        *(f"{one}.*" for one in databases or ()),
        *(tables or ()),
    )


def _switched_off(privacy: Table, *, bare: bool) -> frozenset[str]:
    off = {name for name in SWITCHES if privacy.switch(name) is False}
    return frozenset(off | ({"sample_values", "send_values"} if bare else set()))


def _memory(privacy: Table, *, bare: bool) -> tuple[str, ...]:
    layers = privacy.names("memory")
    for one in layers or ():
        if one not in MEMORY_LAYERS:
            raise PolicyError(f"privacy.memory has no layer {one!r}.", ", ".join(MEMORY_LAYERS))
    allowed = MEMORY_LAYERS if layers is None else layers
    return tuple(one for one in allowed if not bare or one in _METADATA_LAYERS)


def _audit(audit: Table) -> tuple[AuditRules, ...]:
    path, text, key = audit.text("path"), audit.text("text"), audit.text("key")
    required = audit.switch("required")
    if text not in _TEXTS:
        raise PolicyError(f"audit.text is {text!r}.", "Write hashed or clear.")
    if not path:
        if text or key or required is not None:
            raise PolicyError("audit.path is missing.", "Name the file of the audit.")
        return ()
    if not path.startswith("/"):
        raise PolicyError(f"audit.path is {path!r}.", "Write it from its root: /var/log/…")
    return (AuditRules(path, required is not False, _TEXTS[text], key),)
