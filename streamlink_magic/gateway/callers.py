"""Who calls: the hub is asked whose token it is, and whether the token may call at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from jupyterhub.services.auth import HubAuth

_REMEMBERED_S = 60
METRICS_SCOPE = "read:metrics"


@dataclass(frozen=True, slots=True)
class Caller:
    """A user or service of the hub.

    Attributes
    ----------
    may_ask
        Whether the token carries the scope of this service.
    may_measure
        Whether it may read the metrics.
    is_service
        Whether it is a service, whose requests can wait.
    """

    name: str
    may_ask: bool
    may_measure: bool = False
    is_service: bool = False


Identify = Callable[[str], Awaitable[Caller | None]]
"""Tells whose token it is; None for a token that the hub does not know."""


def hub_identify() -> Identify:
    """Return what asks the hub, by the environment that it gives a managed service.

    A token that the hub takes back is known for up to a minute more.
    """
    auth: Any = HubAuth(cache_max_age=_REMEMBERED_S)

    async def identify(token: str) -> Caller | None:
        model = await auth.user_for_token(token, sync=False)
        if not model:
            return None
        return Caller(
            name=str(model["name"]),
            may_ask=bool(auth.check_scopes(auth.access_scopes, model)),
            may_measure=bool(auth.check_scopes({METRICS_SCOPE}, model)),
            is_service=model.get("kind") == "service",
        )

    return identify
