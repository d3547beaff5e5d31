"""Stopping a question: what interrupts it, and what the user is told of it."""

from __future__ import annotations

import ctypes
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self

from streamlink_magic.errors import inert
from streamlink_magic.steps.render.phrases import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import PhaseTime

_MODEL, _SPARK = "model", "Spark"


class StoppedByUser(KeyboardInterrupt):
    """The user stopped what was under way; the message says what was cancelled.

    It is an interrupt like any other, so that the cell fails and "Run all" stops.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"Stopped: {inert(str(self))}"]


class Times(Protocol):
    """Somebody who knows how long each phase took; a ``LiveLine`` does."""

    def times(self) -> tuple[PhaseTime, ...]:
        """Return the phases so far, the one under way last."""
        ...


@contextmanager
def told_when_stopped(line: Times) -> Iterator[None]:
    """Let an interrupt that passes say what was stopped.

    Raises
    ------
    StoppedByUser
        In the place of a bare interrupt.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise StoppedByUser(_said(line.times(), interrupt)) from None


def _said(times: tuple[PhaseTime, ...], interrupt: KeyboardInterrupt) -> str:
    """Return what was cancelled; the seam that cancelled something has put a note on it."""
    if notes := getattr(interrupt, "__notes__", ()):
        return " ".join(notes)
    if not times:
        return "Nothing had begun yet."
    last = times[-1]
    if last.phase == _MODEL:
        return f"The model call was cancelled after {seconds(last.seconds)}."
    if last.phase == _SPARK:
        return f"The Spark query is being cancelled after {seconds(last.seconds)}."
    return f"The question was given up after {seconds(last.seconds)} of «{last.phase}»."


class Stoppable:
    """Work that another thread can interrupt: calling it raises KeyboardInterrupt in the block.

    Outside of the block a call does nothing, so that a late click never hits the next cell.

    Examples
    --------
    >>> stop = Stoppable()
    >>> stop()
    False
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None

    def __enter__(self) -> Self:
        with self._lock:
            self._thread = threading.get_ident()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None and thread != threading.main_thread().ident:
            _raise_in(thread, None)  # an interrupt that was not delivered is not for what follows

    def __call__(self) -> bool:
        """Interrupt the work and return True; return False where none is under way."""
        with self._lock:
            if self._thread is None:
                return False
            if self._thread == threading.main_thread().ident:
                # As the front end's own stop button: it wakes the thread from what it waits for.
                signal.pthread_kill(self._thread, signal.SIGINT)
            else:
                _raise_in(self._thread, KeyboardInterrupt)
            return True


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Let a thread raise an error at its next step; None takes one back that waits."""
    value = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), value)
