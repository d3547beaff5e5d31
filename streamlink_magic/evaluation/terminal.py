"""How far a run is: bars in a terminal, a line now and then in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from rich.console import Console

# A log gets so many lines of each phase
_LOG_LINES = 20


class RunProgressLines:
    """One line for asking and one for scoring.

    Parameters
    ----------
    console
        Where they go. Where it is no terminal, twenty lines of each phase are printed, so that a
        run in the background can be followed.
    """

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
        self._console = console
        self._bars = Progress(*columns, console=console, disable=not console.is_terminal)
        self._asking = self._bars.add_task("Asking", visible=False)
        self._scoring = self._bars.add_task("Scoring", visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def asked(self, done: int, total: int, _accuracy: float | None, seconds_left: float, /) -> None:
        """Show how many questions are answered."""
        self._bars.update(self._asking, completed=done, total=total, visible=True)
        self._log(f"Asked {done} of {total}, {seconds_left / 60:.0f} min left", done, total)

    def scored(self, done: int, total: int) -> None:
        """Show how many answers are scored."""
        self._bars.update(self._scoring, completed=done, total=total, visible=True)
        self._log(f"Scored {done} of {total}", done, total)

    def _log(self, text: str, done: int, total: int) -> None:
        if not self._console.is_terminal and done % max(1, total // _LOG_LINES) == 0:
            self._console.print(text)
