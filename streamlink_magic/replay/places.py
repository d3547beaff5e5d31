"""Where recorded answers are looked for, and reading them from there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import ReplayError
from streamlink_magic.replay.bundle import MIME, Recording, unpack
from streamlink_magic.replay.tape import read_tape

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST_BYTES = 200_000_000
_MOST_NOTEBOOKS = 200
_LISTED = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    Attributes
    ----------
    notebook
        The notebook that asks; empty where the kernel is not told which.
    tape
        A file of recordings that the settings name; empty for none.
    folder
        Where every notebook is looked into while it is not known which one asks.
    """

    notebook: str = ""
    tape: str = ""
    folder: str = "."

    def files(self) -> tuple[Path, ...]:
        """Return the files that there are, the likeliest first.

        Raises
        ------
        ReplayError
            When the settings name a notebook that is not there.
        """
        tapes = (Path(self.tape),) if self.tape and Path(self.tape).is_file() else ()
        if self.notebook:
            notebook = Path(self.notebook)
            if not notebook.is_file():
                raise ReplayError(
                    f"There is no notebook {notebook.name!r} to take recorded answers from.",
                    "Correct its path: %config AskMagics.notebook = 'name.ipynb'",
                )
            return (notebook, *tapes)
        return (*tapes, *sorted(Path(self.folder).glob("*.ipynb"))[:_MOST_NOTEBOOKS])

    def told(self) -> str:
        """Return in words where was looked; names only, for paths are nobody's business."""
        names = [file.name for file in self.files()]
        if not names:
            return "There is no notebook and no tape here to look into."
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        return f"Looked into: {', '.join(names[:_LISTED])}{more}."


@dataclass
class Shelf:
    """The recordings of files, read again only when a file has changed.

    A recording that has been seen stays known: a front end that saves while a cell runs writes
    that cell without its output.
    """

    problems: list[str] = field(default_factory=list)
    _read: dict[Path, tuple[tuple[int, int], list[Recording]]] = field(default_factory=dict)
    _seen: dict[str, list[Recording]] = field(default_factory=dict)

    def find(self, places: Places, key: str) -> tuple[Recording, ...]:
        """Return the recordings of a request, those that lie there now before those seen once."""
        found = [one for one in self.all(places) if one.entry.key == key]
        return tuple(found or self._seen.get(key, ()))

    def all(self, places: Places) -> tuple[Recording, ...]:
        """Return every recording that there is now.

        Raises
        ------
        ReplayError
            When the settings name a notebook that is not there.
        """
        self.problems.clear()
        recordings = [one for file in places.files() for one in self._of(file)]
        seen: dict[str, list[Recording]] = {one.entry.key: [] for one in recordings} | self._seen
        for one in recordings:
            if one not in seen[one.entry.key]:
                seen[one.entry.key].append(one)
        self._seen = seen
        return tuple(recordings)

    def _of(self, file: Path) -> list[Recording]:
        state = file.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        known = self._read.get(file)
        if known is None or known[0] != stamp:
            known = (stamp, list(self._load(file, state.st_size)))
            self._read[file] = known
        return known[1]

    def _load(self, file: Path, size: int) -> Iterator[Recording]:
        if size > _LARGEST_BYTES:
            self.problems.append(f"{file.name} is too large to be looked into.")
            return
        read = read_notebook if file.suffix == ".ipynb" else read_tape
        try:
            for found in read(file):
                if isinstance(found, Recording):
                    yield found
                else:
                    self.problems.append(f"{file.name}: {found.message}")
        except ReplayError as error:
            self.problems.append(error.message)


def read_notebook(file: Path) -> Iterator[Recording | ReplayError]:
    """Yield the recordings in a notebook's outputs, cell by cell; a broken one as its error.

    Raises
    ------
    ReplayError
        When the file is no notebook.
    """
    for cell in read_cells(file):
        for output in cell.get("outputs") or ():
            try:
                found = recording_of(output, str(cell.get("id", "")))
            except ReplayError as error:
                yield error
            else:
                if found is not None:
                    yield found


def recording_of(output: Any, cell: str = "") -> Recording | None:  # noqa: ANN401
    """Return the recording in an output; None where it holds none.

    Raises
    ------
    ReplayError
        When what it holds is broken.
    """
    data = output.get("data") or {}
    if MIME not in data:
        return None
    return unpack(data[MIME], (output.get("metadata") or {}).get(MIME), cell)


def read_cells(file: Path) -> list[Any]:
    """Return the cells of a notebook.

    Raises
    ------
    ReplayError
        When the file is no notebook.
    """
    try:
        notebook = json.loads(file.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        cells = None
    if not isinstance(cells, list) or not all(isinstance(one, dict) for one in cells):
        raise ReplayError(
            f"{file.name} is no notebook of format 4.",
            "Open and save it in JupyterLab, or name another.",
        )
    return cells
