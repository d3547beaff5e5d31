"""The way a question takes: named steps, top to bottom, and the bounded repair loop."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from streamlink_magic.errors import GuardError, InvalidSqlError, StreamlinkError
from streamlink_magic.memory.fingerprint import find_tables
from streamlink_magic.memory.notes import answer_notes
from streamlink_magic.memory.recall import NOTHING_KEPT, Memory
from streamlink_magic.records import (
    AnswerView,
    AskContext,
    Check,
    DataFrameVariable,
    GuardedQuery,
    LinkedContext,
    NotebookSnapshot,
    Prompt,
    Question,
    SqlDraft,
    TableSchema,
    Turn,
    Verdict,
)
from streamlink_magic.steps.check import check_answer
from streamlink_magic.steps.context import gather_context
from streamlink_magic.steps.explain import explain_result
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.guard import guard_sql, guard_unproven
from streamlink_magic.steps.link import link_tables
from streamlink_magic.steps.prompt import build_prompt, retry_prompt
from streamlink_magic.steps.repair import Known, mend_ahead, missing_values, repair_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlink_magic.catalog.cache import CatalogCache
    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.settings import Policy, Settings

_SCHEMA_SHARE = 0.8
_NAMED = 12
_MENDS = 4


@dataclass(frozen=True, slots=True)
class Ports:
    """The world as the steps see it, for one question."""

    notebook: NotebookSnapshot
    workbench: Workbench
    model: ChatModel
    cache: CatalogCache
    turns: Sequence[Turn] = ()
    memory: Memory = NOTHING_KEPT


@dataclass(frozen=True, slots=True)
class Written:
    """SQL that the guard has looked at: proven to read only, or not provable here.

    Attributes
    ----------
    absent
        Warnings of texts in its conditions that no row has.
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
    badge: str = ""
    signals: Mapping[str, float] = field(default_factory=dict)
    context: AskContext | None = None


def ask(
    question: Question, ports: Ports, settings: Settings, progress: Progress, *, run: bool = True
) -> tuple[AnswerView, GuardedQuery | None]:
    """Answer one question.

    Parameters
    ----------
    run
        False stops after the guard: the SQL is shown and not run.

    Returns
    -------
    tuple
        The view, and the guarded query; None where the session gives the guard no proof.

    Raises
    ------
    StreamlinkError
        One of its subclasses, by the step that failed.
    """
    written = write_sql(question, ports, settings, progress)
    view = view_written(question, written)
    if written.query is None or not run:
        return view, written.query
    return run_query(view, written.query, ports.workbench, settings, progress), written.query


def write_sql(question: Question, ports: Ports, settings: Settings, progress: Progress) -> Written:
    """Take the question as far as checked SQL; nothing has run afterwards."""
    linked = link_question(question, ports, settings, progress)
    prompt = build_prompt(linked, ports.model, budget_tokens=_budget(ports, settings))
    progress("model")
    draft = generate_sql(prompt, ports.model, max_tokens=settings.answer_tokens, progress=progress)
    known = Known(prompt.tables, ports.cache.profile, question=question.text)
    written = _check(draft, prompt, ports, settings, progress, known=known)
    return replace(written, context=linked.context)


def compose_prompt(
    question: Question, ports: Ports, settings: Settings, progress: Progress
) -> Prompt:
    """Return what the model would be sent; it is not asked."""
    linked = link_question(question, ports, settings, progress)
    return build_prompt(linked, ports.model, budget_tokens=_budget(ports, settings))


def link_question(
    question: Question, ports: Ports, settings: Settings, progress: Progress
) -> LinkedContext:
    """Gather what the prompt may draw on, and choose the tables that go into it."""
    progress("context")
    context = gather_context(
        question,
        notebook=_askable(ports),
        reader=ports.workbench,
        cache=ports.cache,
        turns=ports.turns,
        settings=settings,
        memory=ports.memory,
        vet=partial(why_unusable, workbench=ports.workbench, policy=settings.policy),
    )
    progress("link")
    return link_tables(context, budget_tokens=int(_budget(ports, settings) * _SCHEMA_SHARE))


def _budget(ports: Ports, settings: Settings) -> int:
    return min(settings.prompt_tokens, ports.model.context_tokens - settings.answer_tokens)


def why_unusable(sql: str, workbench: Workbench, policy: Policy) -> str:
    """Return why the guard would not let a remembered statement run; empty when it would."""
    if not workbench.guards:
        verdict = guard_unproven(sql, policy)
        return "" if verdict.rule == "unproven" else verdict.why
    try:
        guard_sql(sql, workbench, policy)
    except GuardError as refused:
        return refused.message
    return ""


def run_query(
    view: AnswerView,
    query: GuardedQuery,
    workbench: Workbench,
    settings: Settings,
    progress: Progress,
) -> AnswerView:
    """Run a guarded query, check its result and put it into words."""
    progress("Spark")
    with _keeping(query.sql):
        result = workbench.run(
            query, row_limit=settings.rows, timeout_s=settings.run_timeout_s, progress=progress
        )
    progress("explain")
    return replace(
        view,
        verdict=query.verdict,
        result=result,
        checks=(*view.checks, *check_answer(query.sql, result)),
        explanation=explain_result(
            view.question, query.sql, result, query.verdict.tables, view.repairs
        ),
        status="",
    )


def view_written(question: Question, written: Written) -> AnswerView:
    """Return the view of SQL that has not run."""
    draft, tables = written.draft, written.verdict.tables
    again = ("The model was asked again with Spark's message.",) if written.model_calls > 1 else ()
    repairs = (*draft.repairs, *again)
    return AnswerView(
        question=question.text.strip(),
        sql=draft.sql,
        verdict=written.verdict,
        explanation=explain_result(question.text, draft.sql, None, tables, repairs),
        checks=tuple(Check("warning", text) for text in written.absent),
        repairs=repairs,
        sent=written.prompt.parts,
        model=draft.completion.model,
        tokens=draft.completion.completion_tokens,
        status=_status(written),
        notes=answer_notes(written.context, draft.sql) if written.context else (),
        read=find_tables(tables, written.prompt.tables) or (),
        follows=bool(written.context and written.context.turns),
    )


def _askable(ports: Ports) -> NotebookSnapshot:
    """Leave DataFrame variables out where they cannot be made readable by name (Connect)."""
    return ports.notebook if ports.workbench.guards else replace(ports.notebook, dataframes=())


def _check(
    draft: SqlDraft,
    prompt: Prompt,
    ports: Ports,
    settings: Settings,
    progress: Progress,
    *,
    known: Known,
) -> Written:
    """Guard the draft; mend names from the catalog first, then let the model try again."""
    progress("guard")
    if not ports.workbench.guards:
        return Written(draft, prompt, guard_unproven(draft.sql, settings.policy), None, 1)
    shown = [frame for frame in ports.notebook.dataframes if _is_shown(frame.name, prompt.tables)]
    ports.workbench.add_dataframes(shown)
    settings = replace(settings, policy=_with_variables(settings.policy, shown))
    for calls in range(1, settings.retries + 2):
        try:
            draft, query = guard_or_mend(draft, known, ports.workbench, settings.policy)
        except InvalidSqlError as error:
            if calls > settings.retries:
                error.hint = error.hint or _way_on(prompt.tables)
                raise
            progress("model", "again, with Spark's message")
            prompt = retry_prompt(prompt, error.sql or draft.sql, str(error), ports.model)
            draft = generate_sql(
                prompt, ports.model, max_tokens=settings.answer_tokens, progress=progress
            )
            progress("guard")
        else:
            absent = missing_values(draft.sql, known)
            return Written(draft, prompt, query.verdict, query, calls, absent)
    raise AssertionError("unreachable: the last failure is raised")


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
            with _keeping(draft.sql):
                return draft, guard_sql(draft.sql, workbench, policy)
        except InvalidSqlError as error:
            more = mends < _MENDS
            mended = repair_sql(draft, replace(known, error=error)) if more else None
            if mended is None:
                raise
            draft = mended
    raise AssertionError("unreachable: the last failure is raised")


def _with_variables(policy: Policy, shown: Sequence[DataFrameVariable]) -> Policy:
    """Let the user's own DataFrame variables be read beside the tables that a policy lists."""
    if policy.tables is None:
        return policy
    return replace(policy, tables=(*policy.tables, *(frame.name for frame in shown)))


def _way_on(tables: Sequence[TableSchema]) -> str:
    names = ", ".join(table.name.name for table in tables[:_NAMED])
    return f"Ask in other words, or name the tables yourself (--tables). There are: {names}"


@contextmanager
def _keeping(sql: str) -> Iterator[None]:
    """Let an error that passes carry the statement, so that it is shown and not lost."""
    try:
        yield
    except StreamlinkError as error:
        error.sql = error.sql or sql
        raise


def _is_shown(name: str, tables: Sequence[TableSchema]) -> bool:
    return any(table.kind == "dataframe" and table.name.name == name for table in tables)


def _status(written: Written) -> str:
    if written.query is not None:
        return "Not run, as asked. Run it with: answer.run()"
    return (
        "Not run: on Spark Connect the guard cannot prove a statement. "
        "Read the SQL; answer.run() runs it on your word."
    )
