"""Rules in words, for ``%streamlink status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.governance.rules import HubRules
    from streamlink_magic.settings import AuditRules


def stated_rows(rules: HubRules) -> Mapping[str, str]:
    """Return what the rules state, by name; what they leave to the user is left out."""
    rows: dict[str, object] = {
        "endpoints": rules.endpoints,
        "models": rules.models,
        "hub token sent to": rules.hub_token_for or None,
        **{f"{name}, at most": f"{most:g}" for name, most in rules.limits.items()},
        "off": tuple(sorted(rules.switched_off)) or None,
        "memory": rules.memory if rules.files else None,
    }
    for stated in rules.read:
        rows |= stated
    rows["audit"] = tuple(map(_sink, rules.audit)) or None
    return {name: _told(value) for name, value in rows.items() if value is not None}


def _sink(one: AuditRules) -> str:
    text = "question and SQL in clear" if one.clear else "question and SQL hashed"
    return f"{one.path} ({'required' if one.required else 'not required'}, {text})"


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
