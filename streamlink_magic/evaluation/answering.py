"""How ``streamlink eval`` answers: by the pipeline of ``%%ask``, or by a plain prompt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import GuardError
from streamlink_magic.evaluation.plain import plain_messages
from streamlink_magic.evaluation.predictions import Prediction
from streamlink_magic.evaluation.run import status_of
from streamlink_magic.pipeline import Ports, write_sql
from streamlink_magic.records import Message, NotebookSnapshot, Prompt, Question
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.evaluation.benchmark import BenchQuestion
    from streamlink_magic.evaluation.database import SetDatabases
    from streamlink_magic.protocols import ChatModel
    from streamlink_magic.settings import Settings

_NOTEBOOK = NotebookSnapshot()


def _silent(phase: str, detail: str = "") -> None:
    """Take progress and do nothing with it."""


class PipelineAnswer:
    """Answers as ``%%ask`` does, in a notebook without cells, up to the checked SQL.

    Parameters
    ----------
    spark
        The session that holds the set's databases.
    databases
        Makes a question's database the current one.
    """

    def __init__(
        self,
        spark: Any,  # noqa: ANN401
        databases: SetDatabases,
        model: ChatModel,
        settings: Settings,
    ) -> None:
        self._spark = spark
        self._databases = databases
        self._model = model
        self._settings = settings
        self._caches: dict[str, CatalogCache] = {}

    def __call__(self, question: BenchQuestion, /) -> Prediction:
        """Return the SQL and what it cost; SQL that the guard refused comes with its rule."""
        self._databases.use(question.db_id)
        ports = Ports(
            notebook=_NOTEBOOK,
            workbench=open_workbench(self._spark),
            model=self._model,
            cache=self._caches.setdefault(question.db_id, CatalogCache()),
        )
        started = time.monotonic()
        try:
            written = write_sql(Question(_asked(question)), ports, self._settings, _silent)
        except GuardError as error:
            spent = time.monotonic() - started
            return Prediction(error.sql, 0, spent, status_of(error), self._settings.retries + 1)
        draft = written.draft
        return Prediction(
            sql=draft.sql,
            tokens=written.prompt.tokens + draft.completion.completion_tokens,
            seconds=time.monotonic() - started,
            model_calls=written.model_calls,
        )


class PlainAnswer(PipelineAnswer):
    """Answers as a plain zero-shot prompt does: the schema, the question, one try."""

    def __call__(self, question: BenchQuestion, /) -> Prediction:
        """Return the SQL of one call; nothing mends it."""
        tables = list(self._databases.use(question.db_id).values())
        messages: Sequence[Message] = plain_messages(tables, _asked(question))
        prompt = Prompt(tuple(messages), tokens=0, parts=())
        limit = self._settings.answer_tokens
        started = time.monotonic()
        draft = generate_sql(prompt, self._model, max_tokens=limit, progress=_silent)
        spent = time.monotonic() - started
        tokens = draft.completion.prompt_tokens + draft.completion.completion_tokens
        try:
            guard_sql(draft.sql, open_workbench(self._spark), self._settings.policy)
        except GuardError as error:
            return Prediction(draft.sql, tokens, spent, status_of(error))
        return Prediction(draft.sql, tokens, spent)


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
        spark: Any,  # noqa: ANN401
        databases: SetDatabases,
        settings: Settings,
        *,
        row_limit: int = 100_000,
        timeout_s: float = 60.0,
    ) -> None:
        self._spark = spark
        self._databases = databases
        self._settings = settings
        self._row_limit = row_limit
        self._timeout_s = timeout_s

    def __call__(self, db_id: str, sql: str, /) -> Sequence[Sequence[object]]:
        """Return the rows of a predicted query."""
        self._databases.use(db_id)
        workbench = open_workbench(self._spark)
        query = guard_sql(sql, workbench, self._settings.policy)
        result = workbench.run(
            query, row_limit=self._row_limit, timeout_s=self._timeout_s, progress=_silent
        )
        return result.rows


def _asked(question: BenchQuestion) -> str:
    return f"{question.question}\n({question.evidence})" if question.evidence else question.question
