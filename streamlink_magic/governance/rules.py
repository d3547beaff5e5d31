"""What policy files say: one frozen record, already understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamlink_magic.settings import MEMORY_LAYERS, AuditRules

Stated = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HubRules:
    """What an admin allows at most. What a file does not mention stays the user's to set.

    Attributes
    ----------
    files
        The files that this comes from.
    endpoints
        Model servers that may be asked, the first where a user names none; ``local`` is the one
        that ``streamlink serve`` started. None: any that the user names.
    models
        Models that may be asked, the first where a user names none. None: any.
    hub_token_for
        The endpoint that is sent the token which the hub gave the kernel.
    read
        What each file states of the guard's ``Policy``, by field.
    limits
        The most that a number of ``Settings`` may be, by name.
    switched_off
        Switches of ``Settings`` that stay off.
    memory
        Layers of memory that may be used.
    drop_personal
        Whether sampled values that look like personal data are dropped.
    audit
        Where each question is recorded.
    """

    files: tuple[str, ...] = ()
    endpoints: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    hub_token_for: str = ""
    read: tuple[Stated, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()
    memory: tuple[str, ...] = MEMORY_LAYERS
    drop_personal: bool = False
    audit: tuple[AuditRules, ...] = ()

    def with_those(self, other: HubRules) -> HubRules:
        """Return what both allow; nothing is loosened."""
        lower = {
            name: min(self.limits.get(name, most), most) for name, most in other.limits.items()
        }
        return HubRules(
            files=(*self.files, *other.files),
            endpoints=_both(self.endpoints, other.endpoints),
            models=_both(self.models, other.models),
            hub_token_for=self.hub_token_for or other.hub_token_for,
            read=(*self.read, *other.read),
            limits={**self.limits, **lower},
            switched_off=self.switched_off | other.switched_off,
            memory=tuple(layer for layer in self.memory if layer in other.memory),
            drop_personal=self.drop_personal or other.drop_personal,
            audit=(*self.audit, *other.audit),
        )


NO_RULES = HubRules()


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple(name for name in one if name in other)
