"""Waiting for a call into the JVM no longer than a limit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def in_time(call: Callable[[], Any], timeout_s: float) -> Any:  # noqa: ANN401
    """Return what a call returns.

    A call into the JVM cannot be broken off: after the limit its thread is left to itself.

    Raises
    ------
    TimeoutError
        When it takes longer than the limit.
    """
    outcome: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((call(), None))
        except BaseException as error:  # noqa: BLE001  handed to the waiting thread
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not outcome:
        raise TimeoutError(f"it takes longer than {timeout_s:g} s")
    value, error = outcome[0]
    if error is not None:
        raise error
    return value
