"""Progress in a terminal: a live line where there is one, plain lines where not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from types import TracebackType


class TerminalProgress:
    """Shows phases as they pass; a context manager.

    In a terminal the current phase has a spinner, a bar where its share is known, and its time;
    a finished phase leaves one line. Elsewhere each phase is one plain line when it begins.

    Parameters
    ----------
    console
        Where to print; standard error by default, so that results stay apart.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, soft_wrap=True)
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._phase = ""
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
            self._live = Progress(
                *columns, TimeElapsedColumn(), console=self._console, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing and leave the terminal as it was."""
        if self._live:
            self._finish_phase()
            self._live.stop()
            self._live = None

    def __call__(self, message: str, fraction: float | None = None, /) -> None:
        """Show a phase and its share."""
        phase = message.partition(": ")[0]
        if phase != self._phase:
            self._begin_phase(phase)
        if self._live and self._task is not None:
            total = None if fraction is None else 1.0
            self._live.update(
                self._task, description=message, total=total, completed=fraction or 0.0
            )

    def _begin_phase(self, phase: str) -> None:
        self._finish_phase()
        self._phase, self._since = phase, time.monotonic()
        if self._live:
            self._task = self._live.add_task(phase, total=None)
        else:
            self._console.print(phase, markup=False, highlight=False)

    def _finish_phase(self) -> None:
        if self._live and self._task is not None:
            self._live.remove_task(self._task)
            self._task = None
            seconds = time.monotonic() - self._since
            line = f"{self._phase} ({seconds:.0f} s)"
            self._console.print(line, markup=False, highlight=False)
