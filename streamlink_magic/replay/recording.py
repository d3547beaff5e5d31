"""``streamlink record``: run a notebook with the model, and save it with its recorded answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.errors import MemoryFileError, ReplayError
from streamlink_magic.memory.lines import write_whole
from streamlink_magic.replay.execution import cleaned, execute, read
from streamlink_magic.replay.places import recording_of

if TYPE_CHECKING:
    from pathlib import Path

    from streamlink_magic.replay.execution import CellProgress

_EXPECTED = "raises-exception"


@dataclass(frozen=True, slots=True)
class Taped:
    """A notebook that was recorded, and how many answers it holds."""

    file: Path
    answers: int


def record_notebook(file: Path, *, timeout_s: int, progress: CellProgress) -> Taped:
    """Run a notebook with the model and save it, clean, in its place.

    Nothing is saved when a cell fails that is not tagged ``raises-exception``.

    Raises
    ------
    ReplayError
        When it cannot be run, a cell fails, or the file cannot be written.
    """
    notebook = read(file)
    environment = {"STREAMLINK_REPLAY": "record", "STREAMLINK_NOTEBOOK": str(file.resolve())}
    execute(notebook, file, environment, timeout_s=timeout_s, progress=progress)
    code = [
        (number, cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code"
    ]
    for number, cell in code:
        for output in cell.outputs:
            if output.output_type == "error" and _EXPECTED not in cell.metadata.get("tags", ()):
                raise ReplayError(
                    f"Cell {number} of {file.name} fails: {output.ename}: {output.evalue}",
                    "Nothing was saved. Correct the cell, or tag it raises-exception.",
                )
    try:
        write_whole(file, cleaned(notebook))
    except MemoryFileError as error:
        raise ReplayError(error.message, "Check the folder's permissions.") from None
    outputs = (output for _, cell in code for output in cell.outputs)
    return Taped(file, sum(recording_of(output) is not None for output in outputs))
