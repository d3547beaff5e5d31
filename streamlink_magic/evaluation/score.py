"""Score predictions by what they return, not by how they are written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.failures import (
    ANSWERED,
    FAILED,
    GOLD_FAILED,
    MISSING,
    UNANSWERABLE,
    WRONG_RESULT,
    classify,
)
from streamlink_magic.evaluation.matching import expect, expect_sorted, matches
from streamlink_magic.evaluation.pool import side_by_side
from streamlink_magic.evaluation.predictions import Prediction
from streamlink_magic.evaluation.report import Outcome, Report
from streamlink_magic.evaluation.shape import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from streamlink_magic.evaluation.benchmark import BenchmarkSet, BenchQuestion, Gold
    from streamlink_magic.evaluation.matching import Expected

_DETAIL_CHARS = 300
# Questions with the same gold query stand together
_GOLDS_KEPT = 16


class RunSql(Protocol):
    """Something that runs a query in one of the set's databases."""

    def __call__(self, db_id: str, sql: str, /) -> Sequence[Sequence[object]]:
        """Return all rows.

        MUST end within its time limit, with ``QueryTimeoutError``; what else Spark or the guard
        raises is classified. For predicted SQL it MUST go through the guard.
        """
        ...


class Judge:
    """Tells right answers from wrong ones.

    Parameters
    ----------
    benchmark
        The set, with its gold queries.
    run_sql
        Runs a predicted query.
    run_gold
        Runs a gold query, which is trusted.
    """

    def __init__(self, benchmark: BenchmarkSet, run_sql: RunSql, run_gold: RunSql) -> None:
        if not benchmark.golds:
            message = f"The set {benchmark.name} has no gold queries to score with."
            raise EvaluationError(message, f"Put gold_spark.jsonl into {benchmark.folder}.")
        self._golds = benchmark.golds
        self._run_sql = run_sql
        self._run_gold = lru_cache(maxsize=_GOLDS_KEPT)(run_gold)

    def knows(self, question: BenchQuestion) -> bool:
        """Whether the set has a usable gold query for a question."""
        return question.id in self._golds

    def outcome(self, question: BenchQuestion, prediction: Prediction | None) -> Outcome:
        """Return how a question went; None stands for a question without an answer."""
        if prediction is None:
            return _outcome(question, Prediction("", status=MISSING, model_calls=0), MISSING)
        if not self._golds[question.id].answerable:
            return _outcome(question, prediction, _unanswered(prediction))
        if prediction.status == UNANSWERABLE:
            return _outcome(question, prediction, UNANSWERABLE)
        if not prediction.sql.strip():
            return _outcome(question, prediction, MISSING)
        try:
            rows = self._run_sql(question.db_id, prediction.sql)
        except Exception as error:  # noqa: BLE001 - any failure of a predicted query is an outcome
            return _outcome(question, prediction, classify(error), error)
        return self._compared(question, prediction, rows)

    def is_right(self, question: BenchQuestion, prediction: Prediction) -> bool:
        """Return whether an answer is right.

        Raises
        ------
        EvaluationError
            When the set has no usable gold query for the question.
        """
        if not self.knows(question):
            message = f"The question {question.id} has no gold query."
            raise EvaluationError(message, "Leave it out of the accuracy.")
        return self.outcome(question, prediction).correct

    def _compared(
        self, question: BenchQuestion, prediction: Prediction, rows: Sequence[Sequence[object]]
    ) -> Outcome:
        gold = self._golds[question.id]
        try:
            if any(matches(one, rows) for one in self._expectations(question.db_id, gold)):
                return _outcome(question, prediction, "")
            shape = shape_of(self._run_gold(question.db_id, gold.sql), rows)
        except Exception as error:  # noqa: BLE001 - a broken gold query must show, not end the run
            return _outcome(question, prediction, GOLD_FAILED, error)
        return replace(_outcome(question, prediction, WRONG_RESULT), shape=shape)

    def _expectations(self, db_id: str, gold: Gold) -> Iterator[Expected]:
        """Yield what is right, the cheapest first; later queries run only when needed."""
        rows = self._run_gold(db_id, gold.sql)
        yield expect(rows, ordered=gold.ordered)
        width = len(rows[0]) if rows else 0
        if gold.ordered and gold.tie_sql:
            tied = self._run_gold(db_id, gold.tie_sql)
            if len(tied) == len(rows):
                yield expect_sorted(tied, width=width)
        if gold.full_sql:
            full = self._run_gold(db_id, gold.full_sql)
            yield expect_sorted(full, width=width, limit=gold.limit)
        for sql in gold.alternatives:
            yield expect(self._run_gold(db_id, sql), ordered=gold.ordered)


def score(
    benchmark: BenchmarkSet,
    questions: Sequence[BenchQuestion],
    predictions: Mapping[str, Prediction],
    *,
    run_sql: RunSql,
    run_gold: RunSql,
    settings: Mapping[str, object] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Score the predictions for some questions of a set.

    A result is right when it equals that of the gold query or of one of its alternatives: rows
    as a bag, in order only where the gold query orders them, where rows that tie may swap;
    columns in any order; numbers within 1e-6. A question that the tables hold no answer to is
    right when the answer says so.

    Parameters
    ----------
    questions
        What to score; those without a usable gold query are left out.
    predictions
        By question id; a question without one counts as wrong.
    settings
        What the run was made with, for the report.
    workers
        How many questions are scored at once; both runners must bear as many threads.
    progress
        Told how many questions are scored, of how many.

    Raises
    ------
    EvaluationError
        When the set has no gold queries.
    """
    judge = Judge(benchmark, run_sql, run_gold)
    known = [question for question in questions if judge.knows(question)]
    outcomes: dict[str, Outcome] = {}

    def judged(question: BenchQuestion) -> Outcome:
        return judge.outcome(question, predictions.get(question.id))

    with closing(side_by_side(known, judged, workers)) as coming:
        for question, outcome in coming:
            outcomes[question.id] = outcome
            if progress:
                progress(len(outcomes), len(known))
    in_order = tuple(outcomes[question.id] for question in known)
    return Report(benchmark.name, in_order, settings or {})


def _unanswered(prediction: Prediction) -> str:
    """Return how an answer to a question without one failed; empty when it said so."""
    if prediction.status == UNANSWERABLE:
        return ""
    if not prediction.sql.strip():
        return MISSING
    return ANSWERED if prediction.status == "ok" else FAILED


def _outcome(
    question: BenchQuestion, prediction: Prediction, failure: str, error: Exception | None = None
) -> Outcome:
    return Outcome(
        id=question.id,
        db_id=question.db_id,
        correct=not failure,
        failure=failure,
        detail=" ".join(str(error).split())[:_DETAIL_CHARS] if error else "",
        difficulty=question.difficulty,
        language=question.language,
        status=prediction.status,
        sql=prediction.sql,
        tokens=prediction.tokens,
        seconds=prediction.seconds,
        model_calls=prediction.model_calls,
        badge=prediction.badge,
    )
