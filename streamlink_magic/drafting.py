"""From a prompt to checked SQL: draft, mend, guard, let drafts vote, ask again once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from streamlink_magic.disclosure import without_names
from streamlink_magic.errors import (
    ExecutionError,
    InvalidSqlError,
    NoSqlError,
    OverBudgetError,
    StreamlinkError,
)
from streamlink_magic.steps.answerable import require_answerable
from streamlink_magic.steps.generate import Drafts, generate_drafts, generate_sql
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.prompt import retry_prompt
from streamlink_magic.steps.repair import Known, mend_ahead, missing_values, repair_sql
from streamlink_magic.steps.trust import Signals, badge, unexplained_words
from streamlink_magic.steps.vote import Candidate, Reading, says_nothing, weigh_readings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.records import (
        AskContext,
        GuardedQuery,
        Prompt,
        QueryResult,
        SqlDraft,
        TableSchema,
        Verdict,
    )
    from streamlink_magic.settings import Policy, Settings

_MENDS = 4
_UNCHANGED = "This is the query before, unchanged. The last question asks for a change in it."
_ALONE = 0.5  # no other draft agrees, and none disagrees
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafting works with, for one question.

    Attributes
    ----------
    known
        What repairs may draw on.
    run
        Whether drafts may be run to compare what they return.
    before
        The statement that a follow-up changes; a draft that repeats it changed nothing.
    grammar
        What answers are bound to where the settings say so.
    closed
        Names that the policy closes; Spark's messages may hold them.
    explained
        Words that the glossary explains.
    whole
        Whether every table that there is was looked at, so that one can say what none holds.
    """

    prompt: Prompt
    known: Known
    model: ChatModel
    workbench: Workbench
    settings: Settings
    progress: Progress
    run: bool = True
    before: str = ""
    grammar: str = ""
    closed: frozenset[str] = frozenset()
    explained: frozenset[str] = frozenset()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """SQL that the guard has looked at: proven to read only, or not provable here.

    Attributes
    ----------
    absent
        Warnings of texts in its conditions that no row has.
    result
        Its first rows, where they were needed to choose it.
    readings
        The ways to read the question that the drafts show, the likeliest first.
    drawn
        How many drafts there were, those that could not be used included.
    alone
        Why no further drafts could be had.
    badge
        How far the answer is to be trusted: ``well supported``, ``check this`` or
        ``do not trust``; empty where that was not looked at.
    signals
        What the badge rests on, as numbers by name.
    """

    draft: SqlDraft
    prompt: Prompt
    verdict: Verdict
    query: GuardedQuery | None
    model_calls: int
    absent: tuple[str, ...] = ()
    result: QueryResult | None = None
    readings: tuple[Reading, ...] = ()
    drawn: int = 1
    alone: str = ""
    badge: str = ""
    signals: Mapping[str, float] = field(default_factory=dict)
    unexplained: tuple[str, ...] = ()
    context: AskContext | None = None


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
    settings = desk.settings
    drafts = generate_drafts(
        desk.prompt,
        desk.model,
        samples=settings.samples,
        max_tokens=settings.answer_tokens,
        progress=desk.progress,
        grammar=_grammar(desk, "first"),
        sample_grammar=_grammar(desk, "samples"),
    )
    desk.progress("guard")
    _require_answerable(drafts, desk)
    candidates, failure = _candidates(drafts, desk)
    if not candidates:
        return _write_again(drafts, failure, desk)
    if all(_squeezed(one.draft.sql) == _squeezed(desk.before) for one in candidates):
        return _write_changed(candidates[0], desk)
    readings = weigh_readings(candidates)
    best = readings[0].best
    absent = missing_values(best.draft.sql, desk.known)
    unexplained, words = _explained(desk.known)
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


def _require_answerable(drafts: Drafts, desk: Desk) -> None:
    """Refuse where no table holds what is asked for; a follow-up leaves half of it unsaid."""
    if not desk.settings.refuse_unanswerable or desk.before or not desk.whole:
        return
    known = desk.known
    words, _ = _explained(known)
    first = () if isinstance(drafts.first, NoSqlError) else (drafts.first,)
    texts = [draft.sql for draft in (*first, *drafts.others)]
    with keeping_sql(texts[0] if texts else ""):
        unexplained = [word for word in words if word not in desk.explained]
        require_answerable(known.question, texts, known.tables, unexplained)


def _grammar(desk: Desk, answer: str) -> str:
    """Return what an answer is bound to: the first one, the samples, or one asked for again."""
    return desk.grammar if desk.settings.grammar in {"always", answer} else ""


def _drawn(drafts: Drafts) -> int:
    return 1 + len(drafts.others)


def _explained(known: Known) -> tuple[tuple[str, ...], int]:
    return unexplained_words(known.question, known.tables, known.profile)


def _write_changed(repeated: Candidate, desk: Desk) -> Written:
    """Ask once more for a change where every draft repeats the query before."""
    sql = repeated.draft.sql
    prompt = retry_prompt(desk.prompt, sql, _UNCHANGED, desk.model)
    desk.progress("model", "again, for the change")
    draft = _again(prompt, desk)
    desk.progress("guard")
    return replace(_checked(draft, replace(desk, prompt=prompt)), model_calls=2)


def _again(prompt: Prompt, desk: Desk) -> SqlDraft:
    return generate_sql(
        prompt,
        desk.model,
        max_tokens=desk.settings.answer_tokens,
        progress=desk.progress,
        grammar=_grammar(desk, "retry"),
    )


def write_one(desk: Desk) -> Written:
    """Take the model's first choice; where it cannot be used, ask once more.

    Raises
    ------
    GuardError
        When neither passes.
    ModelError
        When the server failed or wrote no SQL.
    """
    draft = generate_sql(
        desk.prompt,
        desk.model,
        max_tokens=desk.settings.answer_tokens,
        progress=desk.progress,
        grammar=_grammar(desk, "first"),
    )
    desk.progress("guard")
    return _checked(draft, desk)


def _write_again(drafts: Drafts, failure: StreamlinkError | None, desk: Desk) -> Written:
    if isinstance(drafts.first, NoSqlError):
        raise drafts.first
    if isinstance(failure, OverBudgetError):
        return _over_budget(drafts.first, failure, desk)
    if failure is not None and not isinstance(failure, InvalidSqlError):
        raise failure  # the guard's word, or Spark's at run time
    return _checked(drafts.first, desk)


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
    mended, query = guard_or_mend(draft, desk.known, desk.workbench, desk.settings.policy)
    return Candidate(mended, query, desk.workbench.meaning(query))


def _run_where_they_differ(
    candidates: Sequence[Candidate], desk: Desk, failure: StreamlinkError | None
) -> tuple[tuple[Candidate, ...], StreamlinkError | None]:
    plans = dict.fromkeys(one.plan for one in candidates)
    if len(plans) < 2 or not desk.run:  # noqa: PLR2004  one plan needs no comparison
        return tuple(candidates), failure
    desk.progress("Spark", f"{len(plans)} readings")
    results: dict[str, QueryResult] = {}
    for one in {each.plan: each for each in candidates}.values():
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


def _checked(draft: SqlDraft, desk: Desk) -> Written:
    """Guard the draft; mend names from the catalog first, then let the model try again."""
    settings, prompt = desk.settings, desk.prompt
    for calls in range(1, settings.retries + 2):
        try:
            draft, query = guard_or_mend(draft, desk.known, desk.workbench, settings.policy)
        except OverBudgetError as error:
            return replace(_over_budget(draft, error, desk), model_calls=calls)
        except InvalidSqlError as error:
            if calls > settings.retries:
                error.hint = error.hint or _way_on(prompt.tables)
                raise
            desk.progress("model", "again, with Spark's message")
            said = without_names(str(error), desk.closed)
            prompt = retry_prompt(prompt, error.sql or draft.sql, said, desk.model)
            draft = _again(prompt, desk)
            desk.progress("guard")
        else:
            return _alone(draft, query, prompt, calls, desk.known)
    raise AssertionError("unreachable: the last failure is raised")


def _alone(
    draft: SqlDraft,
    query: GuardedQuery,
    prompt: Prompt,
    calls: int,
    known: Known,
) -> Written:
    """Return a draft with no other to agree with it."""
    absent = missing_values(draft.sql, known)
    unexplained, words = _explained(known)
    signals = Signals(
        agreement=_ALONE,
        mended=float(bool(draft.repairs)),
        asked_again=float(calls > 1),
        absent=float(len(absent)),
        unexplained=float(len(unexplained)),
        words=float(words),
    )
    return Written(
        draft,
        prompt,
        query.verdict,
        query,
        calls,
        absent,
        badge=badge(signals),
        signals=signals.as_numbers(),
        unexplained=unexplained,
    )


def _over_budget(draft: SqlDraft, error: OverBudgetError, desk: Desk) -> Written:
    """Return what only the user's own word can let run."""
    return Written(draft, desk.prompt, error.verdict, None, 1)


def guard_or_mend(
    draft: SqlDraft, known: Known, workbench: Workbench, policy: Policy
) -> tuple[SqlDraft, GuardedQuery]:
    """Guard a draft; where Spark cannot use it, mend it and guard it again, at most four times.

    Raises
    ------
    UnsafeSqlError
        When a rule is broken.
    InvalidSqlError
        When nothing more can be mended; it carries the statement that failed last.
    """
    for mends in range(_MENDS + 1):
        draft = mend_ahead(draft, known) or draft
        try:
            with keeping_sql(draft.sql):
                return draft, guard_sql(draft.sql, workbench, policy)
        except InvalidSqlError as error:
            more = mends < _MENDS
            mended = repair_sql(draft, replace(known, error=error)) if more else None
            if mended is None:
                raise
            draft = mended
    raise AssertionError("unreachable: the last failure is raised")


def _way_on(tables: Sequence[TableSchema]) -> str:
    names = ", ".join(table.name.name for table in tables[:_NAMED])
    return f"Ask in other words, or name the tables yourself (--tables). There are: {names}"


@contextmanager
def keeping_sql(sql: str) -> Iterator[None]:
    """Let an error that passes carry the statement, so that it is shown and not lost."""
    try:
        yield
    except StreamlinkError as error:
        error.sql = error.sql or sql
        raise
