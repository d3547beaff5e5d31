"""The way a question takes: named steps, top to bottom, and the bounded repair loop."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import InvalidSqlError, OverBudgetError, StreamlinkError
from streamlink_magic.records import (
    AnswerView,
    DataFrameVariable,
    GuardedQuery,
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
from streamlink_magic.steps.guard import guard_approved, guard_sql, guard_unproven
from streamlink_magic.steps.link import link_tables
from streamlink_magic.steps.prompt import build_prompt, retry_prompt
from streamlink_magic.steps.repair import repair_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.catalog.cache import CatalogCache
    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.settings import Policy, Settings

_SCHEMA_SHARE = 0.8
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Ports:
    """The world as the steps see it, for one question."""

    notebook: NotebookSnapshot
    workbench: Workbench
    model: ChatModel
    cache: CatalogCache
    turns: Sequence[Turn] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """SQL that the guard has looked at: proven, not provable here, or over the budget."""

    draft: SqlDraft
    prompt: Prompt
    verdict: Verdict
    query: GuardedQuery | None
    model_calls: int


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
        The view, and the guarded query; None where the session gives the guard no proof, or
        where the query only reads but would cost more than the policy allows.

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
    progress("context")
    context = gather_context(
        question,
        notebook=_askable(ports),
        reader=ports.workbench,
        cache=ports.cache,
        turns=ports.turns,
        settings=settings,
    )
    progress("link")
    budget = min(settings.prompt_tokens, ports.model.context_tokens - settings.answer_tokens)
    linked = link_tables(context, budget_tokens=int(budget * _SCHEMA_SHARE))
    prompt = build_prompt(linked, ports.model, budget_tokens=budget)
    progress("model")
    draft = generate_sql(prompt, ports.model, max_tokens=settings.answer_tokens, progress=progress)
    return _check(draft, prompt, ports, settings, progress)


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
        checks=check_answer(query.sql, result),
        explanation=explain_result(
            view.question, query.sql, result, query.verdict.tables, view.repairs
        ),
        status="",
    )


def approve_query(sql: str, ports: Ports, settings: Settings) -> GuardedQuery:
    """Guard a statement again that the user has read and wants to run, whatever it costs.

    Every other rule holds, and so does a budget that was set above the user's own policy. On
    Spark Connect, where nothing can be proven, the strict rules hold.

    Raises
    ------
    UnsafeSqlError
        When a rule is broken all the same.
    """
    policy = _with_variables(settings.policy.unlimited(), ports.notebook.dataframes)
    if ports.workbench.guards:
        return guard_sql(sql, ports.workbench, policy)
    return guard_approved(sql, None, policy)


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
        repairs=repairs,
        sent=written.prompt.parts,
        model=draft.completion.model,
        tokens=draft.completion.completion_tokens,
        status=_status(written),
    )


def _askable(ports: Ports) -> NotebookSnapshot:
    """Leave DataFrame variables out where they cannot be made readable by name (Connect)."""
    return (
        ports.notebook
        if ports.workbench.takes_dataframes
        else replace(ports.notebook, dataframes=())
    )


def _check(
    draft: SqlDraft, prompt: Prompt, ports: Ports, settings: Settings, progress: Progress
) -> Written:
    """Guard the draft; mend names from the catalog first, then let the model try again."""
    progress("guard")
    if not ports.workbench.guards:
        verdict = guard_unproven(draft.sql, settings.policy, ports.workbench.unproven_why)
        return Written(draft, prompt, verdict, None, 1)
    shown = [frame for frame in ports.notebook.dataframes if _is_shown(frame.name, prompt.tables)]
    ports.workbench.add_dataframes(shown)
    settings = replace(settings, policy=_with_variables(settings.policy, shown))
    for calls in range(1, settings.retries + 2):
        try:
            with _keeping(draft.sql):
                draft, query = _guard_or_mend(draft, prompt.tables, ports.workbench, settings)
        except OverBudgetError as error:
            return Written(draft, prompt, error.verdict, None, calls)
        except InvalidSqlError as error:
            if calls > settings.retries:
                error.hint = error.hint or _way_on(prompt.tables)
                raise
            progress("model", "again, with Spark's message")
            prompt = retry_prompt(prompt, draft.sql, str(error), ports.model)
            draft = generate_sql(
                prompt, ports.model, max_tokens=settings.answer_tokens, progress=progress
            )
            progress("guard")
        else:
            return Written(draft, prompt, query.verdict, query, calls)
    raise AssertionError("unreachable: the last failure is raised")


def _guard_or_mend(
    draft: SqlDraft, tables: Sequence[TableSchema], workbench: Workbench, settings: Settings
) -> tuple[SqlDraft, GuardedQuery]:
    try:
        return draft, guard_sql(draft.sql, workbench, settings.policy)
    except InvalidSqlError:
        mended = repair_sql(draft, tables)
        if mended is None:
            raise
        return mended, guard_sql(mended.sql, workbench, settings.policy)


def _with_variables(policy: Policy, shown: Sequence[DataFrameVariable]) -> Policy:
    """Let the user's own DataFrame variables be read beside the tables that a policy lists."""
    ceilings = tuple(_with_variables(ceiling, shown) for ceiling in policy.ceilings)
    views = (*policy.views, *(frame.name for frame in shown))
    return replace(policy, views=views, ceilings=ceilings)


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
    if written.verdict.rule == "budget":
        return f"Not run: {written.verdict.why} To run it all the same: answer.run()"
    return (
        "Not run: on this Spark Connect session the guard cannot prove a statement "
        f"({written.verdict.why.rstrip('.')}). Read the SQL; answer.run() runs it on your word."
    )
