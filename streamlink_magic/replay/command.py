"""What ``streamlink check`` and ``streamlink record`` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from streamlink_magic.replay.checking import CellReport, NotebookReport


class CellLines:
    """Tells on a console which cell runs: a line that changes, or lines where nobody watches."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("Starting") if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, notebook: str, cell: int, cells: int) -> None:
        """Show the cell."""
        told = Text(f"{notebook}: cell {cell} of {cells}")
        if self._status is not None:
            self._status.update(told)
        else:
            self._console.print(told)


def report_lines(report: NotebookReport, allowed: frozenset[str]) -> Iterator[str]:
    """Yield what became of a notebook: a line for each cell that asks or has drifted."""
    yield str(report.file)
    for cell in report.cells:
        if cell.answers or cell.drift:
            yield f"  cell {cell.number:>3}  {_state(cell, allowed):<8}  {cell.title}"
            yield from (f"{'':12}{one.kind}: {one.text}" for one in cell.drift)
    drifted = len(report.drifted(allowed))
    told = f"{drifted} {'cell has' if drifted == 1 else 'cells have'} drifted"
    if drifted or report.answers:
        yield f"  {report.answers} recorded answers: {told if drifted else 'all as recorded'}"
    else:
        yield "  no recorded answers in its outputs; every cell ran"


def _state(cell: CellReport, allowed: frozenset[str]) -> str:
    if not cell.drift:
        return "same"
    return "allowed" if all(one.kind in allowed for one in cell.drift) else "drift"
