"""Rules applied to a user's settings: a pure function that only ever tightens."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import OutsidePolicyError
from streamlink_magic.governance.endpoints import LOCAL, is_among

if TYPE_CHECKING:
    from streamlink_magic.governance.rules import HubRules
    from streamlink_magic.settings import Settings


def govern(settings: Settings, rules: HubRules) -> Settings:
    """Return the settings as far as the rules allow them.

    A number above its limit becomes the limit, a switch is turned off, a policy is tightened. An
    endpoint or a model that is not allowed is no matter of more or less: it is refused.

    Raises
    ------
    OutsidePolicyError
        When the settings name an endpoint or a model that the rules do not.
    """
    policy = settings.policy
    for stated in rules.read:
        policy = policy.under(stated)
    limited: dict[str, Any] = {
        name: min(getattr(settings, name), _as_kind(most, getattr(settings, name)))
        for name, most in rules.limits.items()
    }
    off: dict[str, Any] = dict.fromkeys(rules.switched_off, False)
    return replace(
        settings,
        **limited,
        **off,
        base_url=_endpoint(settings.base_url, rules),
        model=_model(settings.model, rules),
        policy=policy,
        memory_layers=tuple(one for one in settings.memory_layers if one in rules.memory),
        drop_personal=settings.drop_personal or rules.drop_personal,
        hub_token_for=rules.hub_token_for,
        audit=rules.audit,
    )


def origins(before: Settings, after: Settings, rules: HubRules) -> dict[str, str]:
    """Return which settings the rules changed, by name, and the files that say so."""
    told = f"policy file {', '.join(rules.files)}"
    return {
        one.name: told
        for one in fields(after)
        if one.name != "policy" and getattr(before, one.name) != getattr(after, one.name)
    }


def _as_kind(most: float, value: object) -> float:
    return int(most) if isinstance(value, int) and most != float("inf") else most


def _endpoint(wanted: str, rules: HubRules) -> str:
    allowed = rules.endpoints
    if allowed is None:
        return wanted
    if not wanted:
        if not allowed:
            raise OutsidePolicyError("The policy file allows no model server at all.", _ASK)
        return "" if allowed[0] == LOCAL else allowed[0]
    if is_among(wanted, allowed):
        return wanted
    raise OutsidePolicyError(
        f"The policy file does not allow the model server that is set; it allows "
        f"{', '.join(allowed) or 'none'}.",
        "Take the first of them: %config AskMagics.base_url = '', and unset STREAMLINK_BASE_URL",
    )


def _model(wanted: str, rules: HubRules) -> str:
    allowed = rules.models
    if allowed is None or wanted in allowed:
        return wanted
    if not wanted and allowed:
        return allowed[0]
    raise OutsidePolicyError(
        f"The policy file does not allow the model {wanted!r}; it allows "
        f"{', '.join(allowed) or 'none'}.",
        "Take the first of them: %config AskMagics.model = '', without --model",
    )


_ASK = "Ask the admin to name one in it: [model] endpoints."
