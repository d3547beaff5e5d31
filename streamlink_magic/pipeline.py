"""The way a question takes: named steps, top to bottom, and the bounded repair loop."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from streamlink_magic.catalog.ranking import words_of
from streamlink_magic.disclosure import (
    VisibleCatalog,
    bounds_views,
    see_catalog,
    without_closed,
)
from streamlink_magic.drafting import (
    Desk,
    Translation,
    Written,
    keeping_sql,
    translate,
    write_best,
    write_one,
)
from streamlink_magic.errors import GuardError, InvalidSqlError, UnanswerableError
from streamlink_magic.memory.fingerprint import find_tables
from streamlink_magic.memory.recall import NOTHING_KEPT, Memory
from streamlink_magic.steps.context import gather_context
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.grammar import sql_grammar
from streamlink_magic.steps.guard import guard_approved, guard_sql, guard_unproven
from streamlink_magic.steps.guard.agreement import with_warnings
from streamlink_magic.steps.link import link_tables
from streamlink_magic.steps.prompt import build_prompt
from streamlink_magic.steps.repair import Known
from streamlink_magic.viewing import view_result, view_written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.catalog.cache import CatalogCache
    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.records import (
        AnswerView,
        AskContext,
        DataFrameVariable,
        GuardedQuery,
        LinkedContext,
        NotebookSnapshot,
        Prompt,
        Question,
        SentPart,
        TableSchema,
        Turn,
    )
    from streamlink_magic.settings import Policy, Settings

_SCHEMA_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Ports:
    """The world as the steps see it, for one question."""

    notebook: NotebookSnapshot
    workbench: Workbench
    model: ChatModel
    cache: CatalogCache
    turns: Sequence[Turn] = ()
    memory: Memory = NOTHING_KEPT


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
    written = write_sql(question, ports, settings, progress, run=run)
    view = view_written(question, written)
    return answer_written(view, written, ports, settings, progress, run=run)


def answer_written(
    view: AnswerView,
    written: Written,
    ports: Ports,
    settings: Settings,
    progress: Progress,
    *,
    run: bool,
) -> tuple[AnswerView, GuardedQuery | None]:
    """Run checked SQL where it may and should run, and return the view as ``ask`` does."""
    if written.query is None or not run:
        return view, written.query
    if written.result is not None:
        return view_result(view, written.query, written.result), written.query
    return run_query(view, written.query, ports.workbench, settings, progress), written.query


def write_sql(
    question: Question, ports: Ports, settings: Settings, progress: Progress, *, run: bool = True
) -> Written:
    """Take the question as far as checked SQL.

    Parameters
    ----------
    run
        Whether drafts that differ may be run, to choose between them by what they return.
    """
    asked = link_question(question, ports, settings, progress)
    english = translate(asked, ports.model, settings, progress)
    if english is None:
        return replace(
            _write(asked, None, ports, settings, progress, run=run), context=asked.context
        )
    linked = _in_english(asked, english, ports, settings)
    # What no table holds, or Spark cannot use, may be the translation's own word; a follow-up
    # leaves half of it unsaid in any words.
    alone = not asked.context.turns
    with suppress(*((UnanswerableError, InvalidSqlError) if alone else ())):
        once = replace(settings, retries=0) if alone else settings
        written = _write(linked, english, ports, once, progress, run=run)
        return replace(written, context=asked.context, english=english)
    progress("model", "in the question's own words")
    written = _write(asked, None, ports, settings, progress, run=run)
    before = (*english.parts, *_sent_over(linked, ports, settings))
    return replace(written, context=asked.context, beside=(*before, *written.beside))


def _write(
    linked: LinkedContext,
    english: Translation | None,
    ports: Ports,
    settings: Settings,
    progress: Progress,
    *,
    run: bool,
) -> Written:
    """Return checked SQL for a question as it was asked, or as it was put into English."""
    words = english.text if english else linked.context.question.text
    prompt = build_prompt(linked, ports.model, budget_tokens=_budget(ports, settings))
    grammar = _grammar(prompt, linked.context.catalog.current_database, settings)
    progress("model")
    if not ports.workbench.guards:
        return _write_unproven(prompt, grammar, ports, settings, progress)
    desk = replace(
        _desk(words, prompt, ports, settings, progress),
        grammar=grammar,
        run=run,
        other=_other_form(linked, ports, settings),
        translated=english is not None,
        **_around(linked, prompt),
    )
    return write_best(desk) if settings.samples else write_one(desk)


def _in_english(
    asked: LinkedContext, english: Translation, ports: Ports, settings: Settings
) -> LinkedContext:
    """Return the context of a question in both languages.

    What is found by words is found by those of either; of solved questions, kept ones that are
    like the question as it was asked come before any other.
    """
    question = asked.context.question
    both = replace(question, text=f"{english.text}\n({question.text.strip()})")
    linked = link_question(both, ports, settings, _unheard)
    kept = any(one.source == "kept" for one in asked.context.examples)
    examples = (asked if kept else linked).context.examples
    return replace(linked, context=replace(linked.context, examples=examples))


def _sent_over(linked: LinkedContext, ports: Ports, settings: Settings) -> Iterator[SentPart]:
    """Return what drafts were drawn over, in each form of the tables."""
    yield from build_prompt(linked, ports.model, budget_tokens=_budget(ports, settings)).parts
    if other := _other_form(linked, ports, settings):
        yield from other.parts


def _unheard(phase: str, detail: str = "") -> None:
    """Take progress that was told already."""


def _other_form(linked: LinkedContext, ports: Ports, settings: Settings) -> Prompt | None:
    """Return the question over the tables in another form, where drafts are drawn over it."""
    if not settings.two_forms or settings.samples < 2:  # noqa: PLR2004  one for each form
        return None
    budget = _budget(ports, settings)
    return build_prompt(linked, ports.model, budget_tokens=budget, form="columns")


def _around(linked: LinkedContext, prompt: Prompt) -> dict[str, Any]:
    """Return what drafting heeds of the context beside the prompt."""
    context = linked.context
    return {
        "before": context.turns[-1].sql if context.turns else "",
        "closed": context.closed,
        "explained": frozenset(word for term in context.terms for word in words_of(term.name)),
        "whole": _is_whole(linked, prompt),
    }


def _is_whole(linked: LinkedContext, prompt: Prompt) -> bool:
    """Return whether the model saw every table that there is."""
    catalog = linked.context.catalog
    all_seen = len(prompt.tables) == len(linked.tables) and not linked.left_out
    return all_seen and catalog.complete


def _desk(words: str, prompt: Prompt, ports: Ports, settings: Settings, progress: Progress) -> Desk:
    return Desk(
        prompt=prompt,
        known=Known(prompt.tables, ports.cache.profile, question=words),
        model=ports.model,
        workbench=ports.workbench,
        settings=with_shown_frames(ports, prompt.tables, settings),
        progress=progress,
    )


def with_shown_frames(ports: Ports, tables: Sequence[TableSchema], settings: Settings) -> Settings:
    """Make the DataFrame variables among the tables readable by name, and let them be read."""
    shown = [frame for frame in ports.notebook.dataframes if _is_shown(frame.name, tables)]
    ports.workbench.add_dataframes(shown)
    return replace(settings, policy=_with_variables(settings.policy, shown))


def _grammar(prompt: Prompt, database: str, settings: Settings) -> str:
    """Return the grammar of the prompt's tables, and of the functions that the policy adds."""
    if settings.grammar == "off":
        return ""
    policy = settings.policy
    return sql_grammar(prompt.tables, database, functions=(*policy.functions, *policy.udfs))


def _write_unproven(
    prompt: Prompt, grammar: str, ports: Ports, settings: Settings, progress: Progress
) -> Written:
    draft = generate_sql(
        prompt,
        ports.model,
        max_tokens=settings.answer_tokens,
        progress=progress,
        grammar=grammar if settings.grammar == "always" else "",
    )
    return Written(
        draft,
        prompt,
        guard_unproven(draft.sql, settings.policy, ports.workbench.unproven_why),
        None,
        1,
    )


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
    visible = see_catalog(ports.workbench, settings.policy, ports.cache)
    context = gather_context(
        question,
        notebook=_askable(ports),
        reader=visible,
        cache=ports.cache,
        turns=ports.turns,
        settings=settings,
        memory=ports.memory,
        vet=partial(why_unusable, workbench=ports.workbench, policy=settings.policy),
    )
    context = _disclosed(context, visible, ports, settings)
    progress("link")
    return link_tables(context, budget_tokens=int(_budget(ports, settings) * _SCHEMA_SHARE))


def _disclosed(
    context: AskContext, visible: VisibleCatalog, ports: Ports, settings: Settings
) -> AskContext:
    """Return the context without what the policy closes, DataFrame variables looked into."""
    if not bounds_views(settings.policy):
        return context
    asked = {one.name.name for one in context.catalog.tables if one.kind == "dataframe"}
    shown = [frame for frame in ports.notebook.dataframes if frame.name in asked]
    ports.workbench.add_dataframes(shown)
    policy = _with_variables(settings.policy, shown)
    return without_closed(context, visible.under(policy))


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
    with keeping_sql(query.sql):
        result = workbench.run(
            query,
            row_limit=settings.rows,
            timeout_s=settings.run_timeout_s,
            progress=progress,
            byte_limit=settings.byte_limit,
        )
    progress("explain")
    return view_result(view, query, result)


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


def guard_own(
    sql: str, ports: Ports, settings: Settings
) -> tuple[GuardedQuery, tuple[TableSchema, ...]]:
    """Guard a statement of the user's own, and return the schemas of what it reads if known.

    Every rule and the budget hold. On Spark Connect, where nothing can be proven, the strict
    rules hold: who wrote the statement has read it.

    Raises
    ------
    GuardError
        When it may not run, or Spark cannot use it.
    """
    frames = ports.notebook.dataframes if ports.workbench.takes_dataframes else ()
    used = [frame for frame in frames if frame.name.casefold() in sql.casefold()]
    ports.workbench.add_dataframes(used)
    policy = _with_variables(settings.policy, used)
    with keeping_sql(sql):
        if ports.workbench.guards:
            query = guard_sql(sql, ports.workbench, policy)
        else:
            query = guard_approved(sql, None, policy)
    verdict = with_warnings(query.verdict, query.sql)
    known = ports.cache.last.tables
    return replace(query, verdict=verdict), find_tables(verdict.tables, known) or ()


def _askable(ports: Ports) -> NotebookSnapshot:
    """Leave DataFrame variables out where they cannot be made readable by name (Connect)."""
    return (
        ports.notebook
        if ports.workbench.takes_dataframes
        else replace(ports.notebook, dataframes=())
    )


def _with_variables(policy: Policy, shown: Sequence[DataFrameVariable]) -> Policy:
    """Let the user's own DataFrame variables be read beside the tables that a policy lists."""
    ceilings = tuple(_with_variables(ceiling, shown) for ceiling in policy.ceilings)
    views = (*policy.views, *(frame.name for frame in shown))
    return replace(policy, views=views, ceilings=ceilings)


def _is_shown(name: str, tables: Sequence[TableSchema]) -> bool:
    return any(table.kind == "dataframe" and table.name.name == name for table in tables)
