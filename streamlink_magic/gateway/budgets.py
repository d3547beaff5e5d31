"""How much each user may ask: requests a minute, tokens an hour."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from limits.storage import storage_from_string

if TYPE_CHECKING:
    from typing import Any

    from streamlink_magic.gateway.config import GatewayConfig


class Budgets:
    """Counts what users ask and get; a request is paid in advance, tokens once they are known."""

    def __init__(self, config: GatewayConfig) -> None:
        storage: Any = storage_from_string(config.storage)
        self._requests = RateLimitItemPerMinute(config.requests_per_minute)
        self._tokens = RateLimitItemPerHour(config.tokens_per_hour)
        self._moving = MovingWindowRateLimiter(storage)
        self._fixed = FixedWindowRateLimiter(storage)

    async def wait_for_request(self, user: str) -> int:
        """Count a request; return after how many seconds it may come, 0 for now."""
        if await self._moving.hit(self._requests, "requests", user):
            return 0
        window = await self._moving.get_window_stats(self._requests, "requests", user)
        return _seconds_to(window.reset_time)

    async def wait_for_tokens(self, user: str) -> int:
        """Return after how many seconds a user has tokens again, 0 where some are left."""
        window = await self._fixed.get_window_stats(self._tokens, "tokens", user)
        return 0 if window.remaining > 0 else _seconds_to(window.reset_time)

    async def charge(self, user: str, tokens: int) -> None:
        """Count tokens that were read and written for a user."""
        if tokens > 0:
            await self._fixed.hit(self._tokens, "tokens", user, cost=tokens)


def _seconds_to(moment: float) -> int:
    return max(1, math.ceil(moment - time.time()))
