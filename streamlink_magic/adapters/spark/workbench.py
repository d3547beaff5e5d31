"""One Spark session seen through all its seams: catalog, analyser, executor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.adapters.spark.catalog import SparkCatalog
from streamlink_magic.adapters.spark.execute import JobControl, fetch_rows
from streamlink_magic.adapters.spark.jobs import ClassicJobs, ConnectJobs
from streamlink_magic.adapters.spark.recognize import is_connect
from streamlink_magic.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.protocols import Progress, Workbench
    from streamlink_magic.records import DataFrameVariable, GuardedQuery, PlanNode, QueryResult


def open_workbench(spark: object, databases: Sequence[str] = ()) -> Workbench:
    """Return the workbench for a live session of either kind.

    Parameters
    ----------
    spark
        A live session.
    databases
        The databases whose tables are listed; empty means the current one.
    """
    if is_connect(spark):
        return ConnectWorkbench(spark, databases)
    return ClassicWorkbench(spark, databases)


class ClassicWorkbench(SparkCatalog):
    """A classic session: Spark's parser and analyser are at hand, on a hardened clone."""

    guards = True

    def __init__(self, spark: Any, databases: Sequence[str] = ()) -> None:  # noqa: ANN401
        super().__init__(spark, databases)
        self._analyzer = ClassicAnalyzer(spark)
        self._jobs: JobControl = ClassicJobs(spark)

    def add_dataframes(self, dataframes: Sequence[DataFrameVariable]) -> None:
        """Register DataFrame variables on the clone alone."""
        for variable in dataframes:
            self._analyzer.add_view(variable.name, variable.handle)

    def parse(self, sql: str) -> PlanNode:
        """Return the syntax tree of one query (see ``SqlAnalyzer``)."""
        return self._analyzer.parse(sql)

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Return the analysed tree and its plan (see ``SqlAnalyzer``)."""
        return self._analyzer.analyze(sql)

    def run(
        self, query: GuardedQuery, *, row_limit: int, timeout_s: float, progress: Progress
    ) -> QueryResult:
        """Run the checked plan on the hardened clone."""
        return fetch_rows(
            partial(self._analyzer.dataframe, query.plan, on_clone=True),
            self._jobs,
            row_limit=row_limit,
            timeout_s=timeout_s,
            progress=progress,
        )

    def meaning(self, query: GuardedQuery) -> str:
        """Return the hash of the checked plan without its arbitrary names; nothing is optimised."""
        return str(query.plan.semanticHash())  # type: ignore[attr-defined]  # a JVM object

    def dataframe(self, query: GuardedQuery) -> object:
        """Return a lazy DataFrame of the user's own session over the checked plan."""
        return self._analyzer.dataframe(query.plan, on_clone=False)


class ConnectWorkbench(SparkCatalog):
    """A Connect session: no parser within reach, so nothing runs but on the user's word."""

    guards = False

    def __init__(self, spark: Any, databases: Sequence[str] = ()) -> None:  # noqa: ANN401
        super().__init__(spark, databases)
        self._jobs: JobControl = ConnectJobs(spark)

    def add_dataframes(self, dataframes: Sequence[DataFrameVariable]) -> None:
        """Do nothing: a view on Connect would stay in the user's session."""

    def parse(self, sql: str) -> PlanNode:
        """Refuse: Connect has no parser call."""
        raise _unproven(sql)

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Refuse: every analysis call of Connect may execute what it analyses."""
        raise _unproven(sql)

    def run(
        self, query: GuardedQuery, *, row_limit: int, timeout_s: float, progress: Progress
    ) -> QueryResult:
        """Run SQL that the user approved after reading it."""
        return fetch_rows(
            partial(self.dataframe, query),
            self._jobs,
            row_limit=row_limit,
            timeout_s=timeout_s,
            progress=progress,
        )

    def meaning(self, query: GuardedQuery) -> str:
        """Return the statement: there is no plan to compare."""
        return query.sql

    def dataframe(self, query: GuardedQuery) -> object:
        """Return the lazy DataFrame of an approved query."""
        frame: object = self._spark.sql(query.sql)
        return frame


def _unproven(sql: str) -> SessionError:
    error = SessionError(
        "On Spark Connect no parser is within reach, so nothing can be proven about a statement.",
        "Read the SQL, then run it on your word: answer.run()",
    )
    error.sql = sql
    return error
