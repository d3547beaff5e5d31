"""SQL that the user changed: through the same guard, run and told like any answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.pipeline import guard_own, run_query
from streamlink_magic.records import Check
from streamlink_magic.steps.explain import explain_result

if TYPE_CHECKING:
    from streamlink_magic.pipeline import Ports
    from streamlink_magic.protocols import Progress
    from streamlink_magic.records import AnswerView, GuardedQuery
    from streamlink_magic.settings import Settings

EDITED = "The SQL was edited by the user."


def run_edited(
    view: AnswerView, sql: str, ports: Ports, settings: Settings, progress: Progress
) -> tuple[AnswerView, GuardedQuery]:
    """Run other SQL in the place of an answer's, and say that the user wrote it.

    Raises
    ------
    UnsafeSqlError
        When a rule is broken, or the policy's budget.
    InvalidSqlError
        When Spark cannot use it.
    ExecutionError
        When Spark fails.
    """
    progress("guard")
    query, read = guard_own(sql, ports, settings)
    edited = replace(
        view,
        sql=query.sql,
        verdict=query.verdict,
        explanation=explain_result(view.question, query.sql, None, query.verdict.tables),
        result=None,
        checks=(
            Check("note", EDITED),
            *(Check("warning", text) for text in query.verdict.warnings),
        ),
        repairs=(),
        notes=(EDITED, *(note for note in view.notes if note != EDITED)),
        read=read or view.read,
    )
    done = run_query(edited, query, ports.workbench, settings, progress)
    return replace(done, status=EDITED), query
