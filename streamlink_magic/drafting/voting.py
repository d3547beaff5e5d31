"""Let several drafts vote by what they return."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.drafting.desk import Desk, Written, explain_words, grammar_for
from streamlink_magic.drafting.mending import guard_or_mend, keeping_sql
from streamlink_magic.drafting.once import ask_again, over_budget, settle
from streamlink_magic.errors import (
    ExecutionError,
    InvalidSqlError,
    NoSqlError,
    OverBudgetError,
    StreamlinkError,
)
from streamlink_magic.steps.answerable import require_answerable
from streamlink_magic.steps.generate import Drafts, Draw, generate_drafts
from streamlink_magic.steps.prompt import retry_prompt
from streamlink_magic.steps.repair import missing_values
from streamlink_magic.steps.trust import Signals, badge
from streamlink_magic.steps.vote import Candidate, says_nothing, weigh_readings, weight_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import (
        QueryResult,
        SqlDraft,
    )


_HALVES = 2
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
    drafts = _drafts(desk)
    desk.progress("guard")
    _require_answerable(drafts, desk)
    return replace(_written(drafts, desk), other=desk.other)


def _drafts(desk: Desk) -> Drafts:
    settings = desk.settings
    return generate_drafts(
        desk.prompt,
        desk.model,
        draws=_draws(desk),
        max_tokens=settings.answer_tokens,
        progress=desk.progress,
        grammar=grammar_for(desk, "first"),
        sample_grammar=grammar_for(desk, "samples"),
    )


def _written(drafts: Drafts, desk: Desk) -> Written:
    """Choose between drafts; where none can be used, ask again."""
    candidates, failure = _candidates(drafts, desk)
    if not candidates:
        return _write_again(drafts, failure, desk)
    if all(_squeezed(one.draft.sql) == _squeezed(desk.before) for one in candidates):
        return _write_changed(candidates[0], desk)
    readings = weigh_readings(candidates)
    best = readings[0].best
    absent = missing_values(best.draft.sql, desk.known)
    unexplained, words = explain_words(desk.known)
    signals = Signals(
        agreement=readings[0].weight / sum(one.weight for one in readings),
        passed=len(candidates) / _drawn(drafts),
        sound=sum(not one.draft.repairs for one in candidates) / _drawn(drafts),
        mended=float(bool(best.draft.repairs)),
        empty=float(best.result is not None and says_nothing(best.result)),
        absent=float(len(absent)),
        unexplained=float(len(unexplained)),
        words=float(words),
    )
    return Written(
        best.draft,
        desk.prompt,
        best.query.verdict,
        best.query,
        1,
        absent=absent,
        result=best.result,
        readings=readings,
        drawn=_drawn(drafts),
        alone=drafts.alone,
        badge=badge(signals),
        signals=signals.as_numbers(),
        unexplained=unexplained,
    )


def _draws(desk: Desk) -> tuple[Draw, ...]:
    """Return what is drawn beside the first answer: half of it over the other form of the tables.

    Of that form, too, the model's first choice is one.
    """
    samples, other = desk.settings.samples, desk.other
    if other is None or samples < _HALVES:
        return (Draw(desk.prompt, samples),)
    over_other = samples // _HALVES
    draws = [Draw(desk.prompt, samples - over_other), Draw(other, 1, temperature=0.0)]
    return (*draws, Draw(other, over_other - 1)) if over_other > 1 else tuple(draws)


def _require_answerable(drafts: Drafts, desk: Desk) -> None:
    """Refuse where no table holds what is asked for; a follow-up leaves half of it unsaid."""
    if not desk.settings.refuse_unanswerable or desk.before or not desk.whole:
        return
    known = desk.known
    words, _ = explain_words(known)
    first = () if isinstance(drafts.first, NoSqlError) else (drafts.first,)
    texts = [draft.sql for draft in (*first, *drafts.others)]
    with keeping_sql(texts[0] if texts else ""):
        unexplained = [word for word in words if word not in desk.explained]
        require_answerable(known.question, texts, known.tables, unexplained)


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


def _candidates(drafts: Drafts, desk: Desk) -> tuple[tuple[Candidate, ...], StreamlinkError | None]:
    """Return the drafts that pass, run where they differ, and why the first one does not."""
    first = () if isinstance(drafts.first, NoSqlError) else (drafts.first,)
    failure: StreamlinkError | None = None
    passed: list[Candidate] = []
    known: dict[str, Candidate | None] = {}
    for draft in (*first, *drafts.others):
        if draft.sql not in known:
            try:
                known[draft.sql] = _candidate(draft, desk)
            except StreamlinkError as error:
                known[draft.sql] = None
                failure = failure or error
        found = known[draft.sql]
        if found is not None:
            passed.append(replace(found, greedy=draft in first))
    return _run_where_they_differ(_changed(passed, desk), desk, failure)


def _changed(candidates: Sequence[Candidate], desk: Desk) -> Sequence[Candidate]:
    """Return those that are not the query before, as long as there is one."""
    before = _squeezed(desk.before)
    changed = [one for one in candidates if _squeezed(one.draft.sql) != before]
    return changed or candidates


def _squeezed(sql: str) -> str:
    return " ".join(sql.split()).casefold()


def _candidate(draft: SqlDraft, desk: Desk) -> Candidate:
    mended, query = guard_or_mend(draft, desk.known, desk.workbench, desk.settings)
    return Candidate(mended, query, desk.workbench.meaning(query))


def _run_where_they_differ(
    candidates: Sequence[Candidate], desk: Desk, failure: StreamlinkError | None
) -> tuple[tuple[Candidate, ...], StreamlinkError | None]:
    plans = dict.fromkeys(one.plan for one in candidates)
    if len(plans) < 2 or not desk.run:  # noqa: PLR2004  one plan needs no comparison
        return tuple(candidates), failure
    desk.progress("Spark", f"{len(plans)} readings")
    results: dict[str, QueryResult] = {}
    # Equal plans may call their columns differently: the one that may become the answer is run.
    stands: dict[str, Candidate] = {}
    for each in sorted(candidates, key=weight_of, reverse=True):
        stands.setdefault(each.plan, each)
    for one in stands.values():
        try:
            results[one.plan] = _first_rows(one, desk)
        except ExecutionError as error:
            error.sql = error.sql or one.draft.sql
            failure = failure or error
    ran = [replace(one, result=results[one.plan]) for one in candidates if one.plan in results]
    return tuple(ran), failure


def _first_rows(one: Candidate, desk: Desk) -> QueryResult:
    settings = desk.settings
    return desk.workbench.run(
        one.query,
        row_limit=settings.rows,
        timeout_s=min(settings.run_timeout_s, settings.vote_timeout_s),
        progress=desk.progress,
        byte_limit=settings.byte_limit,
    )
