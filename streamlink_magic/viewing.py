"""What a reader is shown of a question, before and after its SQL has run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.memory.fingerprint import find_tables
from streamlink_magic.memory.notes import answer_notes
from streamlink_magic.records import AnswerView, Check, DataProfile, Question, Vote
from streamlink_magic.steps.chart import choose_chart
from streamlink_magic.steps.check import check_answer
from streamlink_magic.steps.doubts import find_doubts
from streamlink_magic.steps.explain import explain_result
from streamlink_magic.steps.guard.agreement import with_warnings
from streamlink_magic.steps.trust import trust_checks, wavering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.drafting import Written
    from streamlink_magic.records import GuardedQuery, QueryResult


def view_written(question: Question, written: Written) -> AnswerView:
    """Return the view of SQL that has not run."""
    draft, verdict = written.draft, with_warnings(written.verdict, written.draft.sql)
    tables = verdict.tables
    again = ("The model was asked again with Spark's message.",) if written.model_calls > 1 else ()
    repairs = (*draft.repairs, *again)
    return AnswerView(
        question=question.text.strip(),
        sql=draft.sql,
        verdict=verdict,
        explanation=explain_result(question.text, draft.sql, None, tables, repairs),
        checks=(
            *_trust(written),
            *_translated(written),
            *_unchanged(written),
            *_doubts(written, question),
            *(Check("warning", text) for text in verdict.warnings),
            *(Check("warning", text) for text in written.absent),
        ),
        repairs=repairs,
        sent=(
            *(written.english.parts if written.english else ()),
            *written.prompt.parts,
            *(written.other.parts if written.other else ()),
            *written.beside,
        ),
        model=draft.completion.model,
        tokens=draft.completion.completion_tokens,
        status=_status(written),
        notes=answer_notes(written.context, draft.sql) if written.context else (),
        read=find_tables(tables, written.prompt.tables) or (),
        follows=bool(written.context and written.context.turns),
    )


def view_result(view: AnswerView, query: GuardedQuery, result: QueryResult) -> AnswerView:
    """Return the view of a query that has run: checked, put into words, a chart chosen."""
    return replace(
        view,
        verdict=replace(query.verdict, warnings=view.verdict.warnings),
        result=result,
        checks=(*view.checks, *check_answer(query.sql, result)),
        explanation=explain_result(
            view.question, query.sql, result, query.verdict.tables, view.repairs
        ),
        status="",
        chart=choose_chart(result),
    )


def _translated(written: Written) -> Iterator[Check]:
    """Tell how a question in another script was read."""
    if written.english:
        yield Check("note", f"The question was read in English as: {written.english.text}")


def _unchanged(written: Written) -> Iterator[Check]:
    """Warn of a follow-up whose query is the one before, though the model was asked twice."""
    turns = written.context.turns if written.context else ()
    if turns and turns[-1].sql.split() == written.draft.sql.split():
        yield Check("warning", "The query is the one before, unchanged. Say the change otherwise.")


def _doubts(written: Written, question: Question) -> tuple[Check, ...]:
    profile = written.context.profile if written.context else DataProfile()
    words = written.english.text if written.english else question.text
    return find_doubts(written.draft.sql, words, written.prompt.tables, profile)


def _trust(written: Written) -> tuple[Check, ...]:
    return trust_checks(
        written.badge,
        [Vote(one.best.draft.sql, one.votes, one.weight) for one in written.readings],
        drawn=written.drawn,
        mended=bool(written.draft.repairs),
        asked_again=written.model_calls > 1,
        unexplained=written.unexplained,
        wavered=wavering(written.draft.naming, written.prompt.tables),
        naming=written.signals.get("naming"),
    )


def _status(written: Written) -> str:
    if written.query is not None:
        return "Not run, as asked. Run it with: answer.run()"
    if written.verdict.rule == "budget":
        return f"Not run: {written.verdict.why} To run it all the same: answer.run()"
    return (
        "Not run: on this Spark Connect session the guard cannot prove a statement "
        f"({written.verdict.why.rstrip('.')}). Read the SQL; answer.run() runs it on your word."
    )
