"""The settings in force and where each comes from, the model server, Spark, and the memory."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streamlink_magic.endpoint import find_model
from streamlink_magic.errors import StreamlinkError
from streamlink_magic.governance import stated_rows
from streamlink_magic.governance.places import held_by
from streamlink_magic.memory.recall import read_memory
from streamlink_magic.settings import Policy
from streamlink_magic.steps.render import Listing
from streamlink_magic.steps.render.phrases import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.commands.desk import Desk

_PATIENCE_S = 3.0
_SECRET = "api_key"  # noqa: S105  the name of the setting
_HUBS_ALONE = {"audit", "hub_token_for", "memory_layers"}  # the policy file's rows tell of them
_POLICY_TRAITS = {
    "tables": "readable_tables",
    "udfs": "allowed_udfs",
    "databases": "databases",
    "denied_tables": "denied_tables",
    "denied_columns": "denied_columns",
    "masked_columns": "masked_columns",
}


def show_status(desk: Desk, _rest: str) -> Listing:
    """See the settings in force, where each comes from, and what was found."""
    return Listing(
        "streamlink_magic",
        ("what", "value", "from"),
        (*_found(desk), *_stated(desk), *_settings(desk)),
        ("Change a setting: %config AskMagics.rows = 100. All commands: %streamlink help",),
    )


def _found(desk: Desk) -> Iterator[tuple[str, str, str]]:
    yield "model server", *_server(desk)
    yield "Spark session", _spark(desk), ""
    if restriction := _restriction(desk):
        yield "restricted mode", restriction, ""
    yield "catalog", _catalog(desk), ""
    yield "memory", _memory(desk), ""


def _stated(desk: Desk) -> Iterator[tuple[str, str, str]]:
    """Yield what the policy files say, and who could change them."""
    for path in desk.rules.files:
        yield "policy file", f"{path}; {held_by(Path(path))}", ""
    told = ", ".join(desk.rules.files)
    for name, value in stated_rows(desk.rules).items():
        yield f"policy file: {name}", without_login(value), told


def _server(desk: Desk) -> tuple[str, str]:
    """Return what answers at the endpoint, asked with little patience."""
    named = desk.origins.get("base_url", "") if desk.settings.base_url else "streamlink serve"
    try:
        model = find_model(replace(desk.settings, answer_timeout_s=_PATIENCE_S), None)
        return f"{without_login(model.base_url)} serves {model.name}", named
    except StreamlinkError as error:
        return f"none: {error}", named if desk.settings.base_url else ""


def _spark(desk: Desk) -> str:
    try:
        return desk.asks.spark_told(desk.settings)
    except StreamlinkError as error:
        return f"none: {error}"


def _restriction(desk: Desk) -> str:
    try:
        return desk.asks.restriction_told(desk.settings)
    except StreamlinkError:
        return ""  # the row above says what is wrong


def _catalog(desk: Desk) -> str:
    catalog, age = desk.asks.cache.last, desk.asks.cache.age_s()
    if age is None:
        return "not read yet; the first question reads it"
    described = sum(table.described for table in catalog.tables)
    return (
        f"{len(catalog.tables):,} tables, {described:,} of them described, in database "
        f"{catalog.current_database or '(none)'}; read {seconds(age)} ago"
    )


def _memory(desk: Desk) -> str:
    if not desk.settings.memory_path:
        return "switched off"
    try:
        memory = read_memory(desk.settings.memory_path, desk.settings.memory_layers)
    except StreamlinkError as error:
        return f"unusable: {error}"
    told = f"{len(memory.kept)} kept answers, {len(memory.terms)} terms"
    return "; ".join([f"{told}, {desk.kept_path().absolute()}", *memory.problems])


def _settings(desk: Desk) -> Iterator[tuple[str, str, str]]:
    for one in fields(desk.settings):
        value = getattr(desk.settings, one.name)
        if isinstance(value, Policy):
            yield from _policy(value, desk)
        elif one.name not in _HUBS_ALONE:
            yield one.name, _shown(one.name, value), desk.origins.get(one.name, "")


def _policy(policy: Policy, desk: Desk) -> Iterator[tuple[str, str, str]]:
    for one in fields(policy):
        if one.name == "ceilings":
            continue  # the policy file's own words stand above
        trait = _POLICY_TRAITS.get(one.name, "")
        value = getattr(policy, one.name)
        every = "all of the current database" if one.name == "tables" else "all"
        shown = every if value is None else _shown(one.name, value)
        yield f"policy.{one.name}", shown, desk.origins.get(trait, "default")


def _shown(name: str, value: object) -> str:
    if name == _SECRET:
        return "set" if value else "not set"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return without_login(value) if isinstance(value, str) else str(value)


def without_login(address: str) -> str:
    """Return an address without the user and password that it may hold.

    >>> without_login("http://me:secret@box:8000/v1")
    'http://…@box:8000/v1'
    """
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address
    return parts._replace(netloc="…@" + parts.netloc.rpartition("@")[2]).geturl()
