"""Let several drafts vote by what they return."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.drafting.desk import Desk, Written, explain_words
from streamlink_magic.drafting.drawing import first_drafts, with_further
from streamlink_magic.drafting.judging import Judge, repeats
from streamlink_magic.drafting.mending import keeping_sql
from streamlink_magic.drafting.nouns import missing_noun
from streamlink_magic.drafting.once import ask_again, over_budget, settle
from streamlink_magic.errors import InvalidSqlError, NoSqlError, OverBudgetError
from streamlink_magic.steps.answerable import (
    nouns_among,
    require_answerable,
    unanswerable,
    values_named,
)
from streamlink_magic.steps.prompt import retry_prompt
from streamlink_magic.steps.trust import SURE, Signals, badge
from streamlink_magic.steps.vote import says_nothing, weigh_readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.errors import StreamlinkError
    from streamlink_magic.records import SentPart, SqlDraft
    from streamlink_magic.steps.generate import Drafts
    from streamlink_magic.steps.vote import Candidate

_UNCHANGED = "This is the query before, unchanged. The last question asks for a change in it."


def write_best(desk: Desk) -> Written:
    """Let the model's first choice and further drafts vote, by what they return.

    Where none of them can be used, the model is asked again.

    Raises
    ------
    GuardError
        When no draft passes, the second attempt included.
    UnanswerableError
        When no table holds what is asked for.
    ModelError
        When the server failed or wrote no SQL.
    """
    judge = Judge(desk)
    drafts = first_drafts(desk)
    desk.progress("guard")
    candidates = judge.candidates(drafts)
    if not _is_settled(drafts, candidates, desk):
        drafts = with_further(drafts, desk)
        desk.progress("guard")
        candidates = judge.candidates(drafts)
    beside = _require_answerable(drafts, desk, agreed=_agree(drafts, candidates))
    written = _written(drafts, candidates, judge.failure, desk)
    return replace(written, other=desk.other, beside=beside)


def _is_settled(drafts: Drafts, candidates: Sequence[Candidate], desk: Desk) -> bool:
    """Return whether further drafts would hardly change the answer.

    That is where all of several agree, mended or not, or where the model was sure of the names
    in its first choice; and where that finds something.
    """
    settled = _agree(drafts, candidates) or _is_sure(drafts.first, candidates)
    return settled and not (candidates[0].finds_nothing or repeats(candidates[0].draft.sql, desk))


def _agree(drafts: Drafts, candidates: Sequence[Candidate]) -> bool:
    """Return whether there are several drafts, all can be used, and they say the same."""
    several = len(candidates) == _drawn(drafts) > 1
    return several and len(weigh_readings(candidates)) == 1


def _is_sure(first: SqlDraft | NoSqlError, candidates: Sequence[Candidate]) -> bool:
    """Return whether the first choice can be used, and was named without much wavering."""
    if isinstance(first, NoSqlError) or not candidates or first.naming is None:
        return False
    stands = candidates[0].draft.completion is first.completion
    return stands and first.naming.logprob > SURE


def _written(
    drafts: Drafts,
    candidates: Sequence[Candidate],
    failure: StreamlinkError | None,
    desk: Desk,
) -> Written:
    """Choose between drafts; where none can be used, ask again."""
    if not candidates:
        return _write_again(drafts, failure, desk)
    if all(repeats(one.draft.sql, desk) for one in candidates):
        return _write_changed(candidates[0], desk)
    readings = weigh_readings(candidates)
    best = readings[0].best
    unexplained, words = explain_words(desk.known)
    signals = Signals(
        agreement=readings[0].weight / sum(one.weight for one in readings),
        passed=len(candidates) / _drawn(drafts),
        sound=sum(not one.draft.repairs for one in candidates) / _drawn(drafts),
        mended=float(bool(best.draft.repairs)),
        empty=float(best.result is not None and says_nothing(best.result)),
        absent=float(len(best.absent)),
        unexplained=float(len(unexplained)),
        words=float(words),
        naming=best.draft.naming.logprob if best.draft.naming else None,
    )
    return Written(
        best.draft,
        desk.prompt,
        best.query.verdict,
        best.query,
        1,
        absent=best.absent,
        result=best.result,
        readings=readings,
        drawn=_drawn(drafts),
        alone=drafts.alone,
        badge=badge(signals),
        signals=signals.as_numbers(),
        unexplained=unexplained,
    )


def _require_answerable(drafts: Drafts, desk: Desk, *, agreed: bool) -> tuple[SentPart, ...]:
    """Refuse where no table holds what is asked for; a follow-up leaves half of it unsaid.

    Returns what the model was sent to find that out.
    """
    if not desk.settings.refuse_unanswerable or desk.before or not desk.whole:
        return ()
    known = desk.known
    # A word that the model chose itself says nothing about what the user wants.
    asked = () if desk.translated else explain_words(known)[0]
    words = [word for word in asked if word not in desk.explained]
    first = () if isinstance(drafts.first, NoSqlError) else (drafts.first,)
    texts = [draft.sql for draft in (*first, *drafts.others)]
    with keeping_sql(texts[0] if texts else ""):
        require_answerable(known.question, texts, known.tables, words)
        named = values_named(texts)
        nouns = [noun for noun in nouns_among(words) if noun not in named]
        noun, sent = missing_noun(desk, nouns, agreed=agreed)
        if noun:
            raise unanswerable(known.question, [noun], known.tables)
    return sent


def _drawn(drafts: Drafts) -> int:
    return 1 + len(drafts.others)


def _write_changed(repeated: Candidate, desk: Desk) -> Written:
    """Ask once more for a change where every draft repeats the query before."""
    sql = repeated.draft.sql
    prompt = retry_prompt(desk.prompt, sql, _UNCHANGED, desk.model)
    desk.progress("model", "again, for the change")
    draft = ask_again(prompt, desk)
    desk.progress("guard")
    return replace(settle(draft, replace(desk, prompt=prompt)), model_calls=2)


def _write_again(drafts: Drafts, failure: StreamlinkError | None, desk: Desk) -> Written:
    if isinstance(drafts.first, NoSqlError):
        raise drafts.first
    if isinstance(failure, OverBudgetError):
        return over_budget(drafts.first, failure, desk)
    if failure is not None and not isinstance(failure, InvalidSqlError):
        raise failure  # the guard's word, or Spark's at run time
    return settle(drafts.first, desk)
