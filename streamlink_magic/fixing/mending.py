"""Mending a failed statement: in its tree first, or else by the model, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.disclosure import without_names
from streamlink_magic.drafting import Written, guard_or_mend
from streamlink_magic.errors import AskUsageError, InvalidSqlError, UnsafeSqlError
from streamlink_magic.fixing.changes import changes_between
from streamlink_magic.pipeline import compose_prompt, link_question, run_query
from streamlink_magic.records import Completion, Prompt, Question, SqlDraft
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.prompt import retry_prompt
from streamlink_magic.steps.repair import Known
from streamlink_magic.steps.repair.runtime import mend_runtime
from streamlink_magic.viewing import view_written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.fixing.failure import Failure
    from streamlink_magic.pipeline import Ports
    from streamlink_magic.protocols import Progress
    from streamlink_magic.records import AnswerView, GuardedQuery, TableSchema
    from streamlink_magic.settings import Settings

_NO_QUERY = "not-a-query"


def fix_failure(
    failure: Failure,
    tables: Sequence[TableSchema],
    ports: Ports,
    settings: Settings,
    line: Progress,
) -> tuple[AnswerView, GuardedQuery | None]:
    """Return the answer of the mended statement: its tree first, then the model, then Spark.

    Parameters
    ----------
    tables
        The tables that may be read.

    Raises
    ------
    StreamlinkError
        One of its subclasses, by the step that failed.
    """
    line("guard")
    known = Known(tuple(tables), ports.cache.profile)
    written = mend_failure(failure, known, ports, settings)
    written = written or ask_to_mend(failure, ports, settings, line)
    view = view_fixed(failure, written)
    if written.query is None:
        return view, None
    return run_query(view, written.query, ports.workbench, settings, line), written.query


def mend_failure(
    failure: Failure, known: Known, ports: Ports, settings: Settings
) -> Written | None:
    """Return the statement mended in its tree, without a model; None where nothing helps.

    Raises
    ------
    UnsafeSqlError
        When it is no query.
    """
    if failure.wish:
        return None  # it is more than Spark complains of: no repair of the tree can know of it
    draft = SqlDraft(failure.sql, Completion("", ""))
    if found := mend_runtime(failure.sql, failure.condition):
        draft = replace(draft, sql=found[0], repairs=found[1])
    try:
        mended, query = guard_or_mend(draft, known, ports.workbench, settings)
    except InvalidSqlError:
        return None
    except UnsafeSqlError as refused:
        if refused.verdict.rule == _NO_QUERY:
            raise
        return None  # such as a function that does not exist: the model may know another
    if mended.sql.split() == failure.sql.split():
        return None
    nothing_sent = Prompt((), 0, (), known.tables)
    return Written(mended, nothing_sent, query.verdict, query, 0)


def ask_to_mend(failure: Failure, ports: Ports, settings: Settings, progress: Progress) -> Written:
    """Let the model mend the statement, once, shown Spark's message.

    Raises
    ------
    GuardError
        When what it writes may not run, or Spark cannot use it either.
    ModelError
        When the server failed or wrote no SQL.
    AskUsageError
        When it left the statement as it was.
    """
    if settings.replay == "replay":
        raise AskUsageError(
            "No repair of the tree helps, and no model is asked while recorded answers are "
            "shown: %config AskMagics.replay = 'auto'"
        )
    alone = replace(ports, turns=())
    question = Question(failure.wish or asked_by(failure))
    linked = link_question(question, alone, settings, progress)
    closed = linked.context.closed
    prompt = compose_prompt(question, alone, settings, progress)
    prompt = retry_prompt(
        prompt,
        without_names(failure.sql, closed),
        without_names(failure.said, closed),
        ports.model,
    )
    progress("model", "with Spark's message")
    draft = generate_sql(prompt, ports.model, max_tokens=settings.answer_tokens, progress=progress)
    if draft.sql.split() == failure.sql.split():
        raise AskUsageError(
            "The model left the SQL as it was. Say what it should do: %ask --fix count only …"
        )
    progress("guard")
    known = Known(prompt.tables, ports.cache.profile, question=failure.wish)
    draft, query = guard_or_mend(draft, known, ports.workbench, settings)
    changed = changes_between(failure.sql, draft.sql)
    draft = replace(draft, repairs=(*changed, *draft.repairs))
    return Written(draft, prompt, query.verdict, query, 1, context=linked.context)


def view_fixed(failure: Failure, written: Written) -> AnswerView:
    """Return the view of a mended statement that has not run: what failed, and what changed."""
    view = view_written(Question(failure.wish or asked_by(failure)), written)
    return replace(
        view,
        notes=(f"The SQL that failed: {_short(failure.sql)}", f"Spark said: {failure.said}"),
        status="",
        follows=False,
    )


def asked_by(failure: Failure) -> str:
    """Return a question in the place of the one that nobody wrote down."""
    return f"Mend this SQL: {_short(failure.sql)}"


def _short(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= 120 else f"{line[:120]}…"  # noqa: PLR2004  a line of a notebook
