"""One question at a time, watched by its live line and stopped by whoever asks for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from streamlink_magic.adapters.cancelling import CancelButton
from streamlink_magic.adapters.display import LiveLine
from streamlink_magic.stopping import Stoppable, told_when_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL_S = 0.2


class Watch:
    """Gives out live lines, one at a time: a cell's and a control's questions wait for each other.

    Parameters
    ----------
    shell
        The IPython shell whose cells ask.
    """

    def __init__(self, shell: object) -> None:
        self._shell = shell
        self._turn = threading.RLock()

    @contextmanager
    def line(self) -> Iterator[LiveLine]:
        """Show how far the work in the block has come, with a way to stop it.

        Raises
        ------
        StoppedByUser
            When the user stopped it; it says what was cancelled.
        """
        stop = Stoppable()
        button = CancelButton(self._shell, stop)
        with LiveLine(self._shell, beside=button) as line, told_when_stopped(line), stop:
            try:
                self._wait(line)
                yield line
            finally:
                with suppress(RuntimeError):  # stopped while it waited: the turn is another's
                    self._turn.release()

    def _wait(self, line: LiveLine) -> None:
        if self._turn.acquire(blocking=False):
            return
        line("waiting", "another question is under way")
        while not self._turn.acquire(timeout=_POLL_S):
            pass
