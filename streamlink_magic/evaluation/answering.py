"""How ``streamlink eval`` answers: by the pipeline of ``%%ask``, or by a plain prompt."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.auditing import MeteredModel
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.disclosure import see_tables
from streamlink_magic.errors import EvaluationError, GuardError, StreamlinkError
from streamlink_magic.evaluation.plain import plain_messages
from streamlink_magic.evaluation.predictions import Prediction
from streamlink_magic.evaluation.run import status_of
from streamlink_magic.pipeline import Ports, write_sql
from streamlink_magic.records import NotebookSnapshot, Prompt, Question
from streamlink_magic.sampling import open_sampler
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.evaluation.benchmark import BenchQuestion
    from streamlink_magic.evaluation.database import SetDatabases
    from streamlink_magic.protocols import ChatModel, Workbench
    from streamlink_magic.records import QueryResult
    from streamlink_magic.settings import Policy, Settings


def _silent(phase: str, detail: str = "") -> None:
    """Take progress and do nothing with it."""


class PipelineAnswer:
    """Answers as ``%%ask`` does, in a notebook without cells, up to the checked SQL.

    It may be called in several threads at once.

    Parameters
    ----------
    databases
        Makes a question's database the current one, in a session of the calling thread's own.
    """

    def __init__(self, databases: SetDatabases, model: ChatModel, settings: Settings) -> None:
        self._databases = databases
        self._model = model
        self._settings = settings
        self._caches: dict[str, CatalogCache] = {}
        self._learning = threading.Lock()

    def __call__(self, question: BenchQuestion, /) -> Prediction:
        """Return the SQL and what it cost; SQL that the guard refused comes with its rule."""
        self._databases.use(question.db_id)
        self._learn(question.db_id)
        model = MeteredModel(self._model)
        started = time.monotonic()
        try:
            told = self._write(question, model)
        except StreamlinkError as error:
            told = Prediction(error.sql, status=status_of(error))
        seconds = time.monotonic() - started
        tokens = model.prompt_tokens + model.completion_tokens
        return replace(told, tokens=tokens, seconds=seconds, model_calls=model.calls)

    def _learn(self, db_id: str) -> None:
        """Learn a new database's values first, as a notebook does before anybody asks."""
        with self._learning:
            if db_id not in self._caches:
                self._caches[db_id] = self._learned()

    def _learned(self) -> CatalogCache:
        settings, workbench = self._settings, open_workbench(self._databases.spark)
        cache = CatalogCache()
        see_tables(workbench, settings, cache)
        if settings.sample_values:
            reader = open_sampler(workbench, settings)
            cache.learn(reader, budget_s=settings.sample_budget_s)
        return cache

    def _write(self, question: BenchQuestion, model: ChatModel) -> Prediction:
        """Return checked SQL and its badge. The tables are those of Spark's catalog."""
        ports = Ports(
            notebook=NotebookSnapshot(),
            workbench=open_workbench(self._databases.spark),
            model=model,
            cache=self._caches[question.db_id],
        )
        written = write_sql(Question(_asked(question)), ports, self._settings, _silent)
        return Prediction(written.draft.sql, badge=written.badge, signals=written.signals)


class PlainAnswer(PipelineAnswer):
    """Answers as a plain zero-shot prompt does: the schema, the question, one try."""

    def _learn(self, db_id: str) -> None:
        """Learn nothing: a plain prompt knows no values."""

    def _write(self, question: BenchQuestion, model: ChatModel) -> Prediction:
        """Return the SQL of one call. Keys are left out: Spark's catalog does not hold them."""
        tables = self._databases.use(question.db_id).values()
        bare = [replace(table, primary_key=(), foreign_keys=()) for table in tables]
        prompt = Prompt(tuple(plain_messages(bare, _asked(question))), tokens=0, parts=())
        limit = self._settings.answer_tokens
        sql = generate_sql(prompt, model, max_tokens=limit, progress=_silent).sql
        try:
            guard_sql(sql, open_workbench(self._databases.spark), self._settings.policy)
        except GuardError as error:
            error.sql = sql
            raise
        return Prediction(sql)


class GuardedRuns:
    """Runs predicted SQL for the scorer, through the guard like any other.

    Parameters
    ----------
    row_limit
        More rows than this are cut.
    timeout_s
        Wall-clock limit of one query, in seconds.
    """

    def __init__(
        self,
        databases: SetDatabases,
        settings: Settings,
        *,
        row_limit: int = 100_000,
        timeout_s: float = 60.0,
    ) -> None:
        self._databases = databases
        self._settings = settings
        self._row_limit = row_limit
        self._timeout_s = timeout_s

    def __call__(self, db_id: str, sql: str, /) -> Sequence[Sequence[object]]:
        """Return the rows of a predicted query."""
        self._databases.use(db_id)
        workbench = open_workbench(self._databases.spark)
        return _guarded(
            sql, workbench, self._settings.policy, self._row_limit, self._timeout_s
        ).rows


def run_whole(
    sql: str,
    workbench: Workbench,
    policy: Policy,
    *,
    row_limit: int = 100_000,
    timeout_s: float = 60.0,
) -> Sequence[Sequence[object]]:
    """Return all rows of a query that the guard lets through.

    Parameters
    ----------
    row_limit
        The most rows that are fetched to be compared.
    timeout_s
        Wall-clock limit, in seconds.

    Raises
    ------
    GuardError
        When the guard refuses the query.
    EvaluationError
        When there are more rows than the limit.
    """
    result = _guarded(sql, workbench, policy, row_limit, timeout_s)
    if result.more:
        raise EvaluationError(
            f"The result has more than {row_limit} rows, too many to compare.",
            "Leave this answer out, or let its query return totals.",
        )
    return result.rows


def _guarded(
    sql: str, workbench: Workbench, policy: Policy, row_limit: int, timeout_s: float
) -> QueryResult:
    query = guard_sql(sql, workbench, policy)
    return workbench.run(query, row_limit=row_limit, timeout_s=timeout_s, progress=_silent)


def _asked(question: BenchQuestion) -> str:
    return f"{question.question}\n({question.evidence})" if question.evidence else question.question
