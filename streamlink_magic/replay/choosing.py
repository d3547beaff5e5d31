"""Which recording answers a request, where several do, and what a miss says."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.errors import ReplayMissError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.replay.bundle import Recording
    from streamlink_magic.replay.request import Request

_SHOWN = 100
_ATTACH = (
    "Record it where a model is: streamlink record NOTEBOOK.ipynb. To ask a model from here, "
    "start one (streamlink serve) or name one "
    "(%config AskMagics.base_url = 'http://host:port/v1'), then: "
    "%config AskMagics.replay = 'record'"
)


def choose(
    found: Sequence[Recording], request: Request, *, cell: str, asked_before: int
) -> Recording:
    """Return one of the recordings of a request.

    The same question may stand in a notebook twice. The one in the cell that runs is meant; where
    the kernel is not told which cell that is, the one that was recorded under what the prompt
    holds now, and among such, the next in the notebook's order.

    Parameters
    ----------
    cell
        Id of the cell that runs; empty where it is not known.
    asked_before
        How often the request was made before, by this kernel.
    """
    here = [one for one in found if cell and one.cell == cell]
    same = [one for one in found if one.entry.prompt == request.prompt]
    fitting = here or same or found
    return fitting[asked_before % len(fitting)]


def miss(request: Request, known: Sequence[Recording], where: str) -> ReplayMissError:
    """Return the error for a request that nobody recorded."""
    told = f" after “{_cut(request.after[-1])}”" if request.after else ""
    named = f", asked of {', '.join(request.tables)}" if request.tables else ""
    near = _nearest(request, known)
    return ReplayMissError(
        f"Replay is on, and no answer is recorded for “{_cut(request.question)}”{told}{named} "
        f"(request {request.key[:8]}).{near} {where}",
        _ATTACH,
    )


def _nearest(request: Request, known: Sequence[Recording]) -> str:
    for one in known:
        if one.entry.question == request.question and one.entry.after != request.after:
            after = one.entry.after
            place = f"after “{_cut(after[-1])}”" if after else "as a question by itself"
            return f" It is recorded {place}: run the cells in order."
        if one.entry.question == request.question:
            tables = ", ".join(one.entry.tables) or "all tables"
            return f" It is recorded for {tables}."
    questions = [one.entry.question for one in known]
    near = difflib.get_close_matches(request.question, questions, n=1)
    return f" The nearest that is recorded: “{_cut(near[0])}”." if near else ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
