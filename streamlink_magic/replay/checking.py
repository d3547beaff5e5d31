"""``streamlink check``: run a notebook in replay and tell, cell by cell, what has changed."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import ReplayError
from streamlink_magic.replay.drift import Drift
from streamlink_magic.replay.execution import execute, read
from streamlink_magic.replay.places import recording_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from streamlink_magic.replay.bundle import Recording
    from streamlink_magic.replay.execution import CellProgress

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class CellReport:
    """What became of one code cell.

    Attributes
    ----------
    number
        Its place among all cells of the notebook, from 1.
    title
        The question, or the cell's first line.
    answers
        How many recorded answers it holds now.
    drift
        What is not as recorded; empty where all is.
    """

    number: int
    title: str
    answers: int
    drift: tuple[Drift, ...] = ()


@dataclass(frozen=True, slots=True)
class NotebookReport:
    """What became of a notebook."""

    file: Path
    cells: tuple[CellReport, ...]

    @property
    def answers(self) -> int:
        """How many recorded answers were looked at."""
        return sum(cell.answers for cell in self.cells)

    def drifted(self, allowed: frozenset[str] = frozenset()) -> tuple[CellReport, ...]:
        """Return the cells that are not as recorded, in other ways than the allowed ones."""
        return tuple(
            cell for cell in self.cells if any(one.kind not in allowed for one in cell.drift)
        )


def check_notebook(file: Path, *, timeout_s: int, progress: CellProgress) -> NotebookReport:
    """Run a notebook in replay and compare it with what it holds.

    The file stays as it is; no model is asked.

    Raises
    ------
    ReplayError
        When it cannot be read or run at all.
    """
    saved = read(file)
    fresh = copy.deepcopy(saved)
    environment = {
        "STREAMLINK_REPLAY": "replay",
        "STREAMLINK_NOTEBOOK": str(file.resolve()),
        "JPY_SESSION_NAME": "",
    }
    execute(fresh, file, environment, timeout_s=timeout_s, progress=progress)
    pairs = zip(saved.cells, fresh.cells, strict=True)
    reports = (
        _compare(number, before, now)
        for number, (before, now) in enumerate(pairs, start=1)
        if now.cell_type == "code"
    )
    return NotebookReport(file, tuple(reports))


def _compare(number: int, before: Any, now: Any) -> CellReport:  # noqa: ANN401
    recorded, replayed = _recordings(before), _recordings(now)
    found = (
        *(drift for one in replayed for drift in one.entry.drift),
        *_unasked(recorded, replayed),
        *_failures(before, now),
    )
    title = replayed[0].entry.question if replayed else now.source.strip().split("\n", 1)[0]
    cut = title if len(title) <= _SHOWN else title[: _SHOWN - 1] + "…"
    return CellReport(number, cut, len(replayed), tuple(dict.fromkeys(found)))


def _recordings(cell: Any) -> list[Recording]:  # noqa: ANN401
    found: list[Recording] = []
    for output in cell.outputs:
        try:
            recording = recording_of(output)
        except ReplayError:
            continue  # the kernel, too, could not use it: the cell that asks says so
        if recording is not None:
            found.append(recording)
    return found


def _unasked(recorded: Sequence[Recording], replayed: Sequence[Recording]) -> Iterator[Drift]:
    asked = Counter(one.entry.key for one in replayed)
    for one in recorded:
        if not asked[one.entry.key]:
            yield Drift(
                "unasked", f"The cell holds an answer to “{one.entry.question}”, unasked now."
            )
        asked[one.entry.key] -= 1


def _failures(before: Any, now: Any) -> Iterator[Drift]:  # noqa: ANN401
    failed, fails = _error(before), _error(now)
    expected = "raises-exception" in now.metadata.get("tags", ())
    if fails is not None and (failed is None or failed.ename != fails.ename):
        if fails.ename != "ReplayDriftError":  # its drift is told already
            yield Drift("failure", f"{fails.ename}: {fails.evalue}")
    elif fails is not None and not expected:
        yield Drift("failure", f"Fails as it did when recorded: {fails.ename}: {fails.evalue}")
    elif fails is None and failed is not None:
        yield Drift("failure", f"It failed when recorded ({failed.ename}), and does not now.")


def _error(cell: Any) -> Any:  # noqa: ANN401
    return next((one for one in cell.outputs if one.output_type == "error"), None)
