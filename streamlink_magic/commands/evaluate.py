"""``%streamlink eval``: the kept questions asked again, to see whether the same still comes out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from streamlink_magic.errors import AskUsageError
from streamlink_magic.evaluation.answering import run_whole
from streamlink_magic.evaluation.kept import KeptPair, evaluate_kept, kept_rows
from streamlink_magic.evaluation.predictions import Prediction
from streamlink_magic.memory.kept import load_kept
from streamlink_magic.records import Question
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from streamlink_magic.adapters.display import LiveLine
    from streamlink_magic.commands.desk import Desk


def ask_kept_again(desk: Desk, rest: str) -> Listing:
    """Ask the kept questions again, or the last so many, and compare what comes back.

    No question sees its own kept answer among its examples: that would measure a look into
    memory. Old and new SQL go through the guard and run on the tables as they are now.
    """
    if rest and not (rest.isdecimal() and int(rest)):
        raise AskUsageError(f"%streamlink eval wants a number of kept questions, not {rest!r}.")
    kept = load_kept(desk.kept_path())
    chosen = kept.entries[-int(rest) :] if rest else kept.entries
    pairs = [KeptPair(one.id, one.question, one.sql) for one in chosen]
    with desk.asks.live_line() as line:
        report = evaluate_kept(
            pairs,
            partial(_ask_again, desk=desk, line=line),
            partial(
                run_whole,
                workbench=desk.asks.workbench(desk.settings),
                policy=desk.settings.policy,
                timeout_s=desk.settings.run_timeout_s,
            ),
            progress=lambda done, total: line("kept", f"{done} of {total}"),
        )
    rows = kept_rows(report, pairs)
    title = f"{len(pairs)} kept questions asked again"
    return Listing(title, ("what came out", ""), rows, kept.problems)


def _ask_again(pair: KeptPair, desk: Desk, line: LiveLine) -> Prediction:
    written = desk.asks.write_anew(
        Question(pair.question), desk.settings, line, without=pair.question
    )
    return Prediction(written.draft.sql, badge=written.badge, signals=written.signals)
