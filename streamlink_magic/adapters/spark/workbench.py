"""One Spark session seen through all its seams: catalog, analyser, executor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.adapters.spark.catalog import SparkCatalog
from streamlink_magic.adapters.spark.connect import ConnectAnalyzer
from streamlink_magic.adapters.spark.execute import JobControl, fetch_rows, rows_of_catalog
from streamlink_magic.adapters.spark.jobs import ClassicJobs, ConnectJobs
from streamlink_magic.adapters.spark.recognize import is_connect
from streamlink_magic.errors import SessionError
from streamlink_magic.records import CatalogRows
from streamlink_magic.settings import RESULT_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlink_magic.protocols import CatalogLookup, Progress, Witness, Workbench
    from streamlink_magic.records import (
        CatalogEntry,
        DataFrameVariable,
        FilePlaces,
        GuardedQuery,
        PlanNode,
        QueryResult,
        TableSize,
    )


def open_workbench(
    spark: object, databases: Sequence[str] = (), witness: Witness | None = None
) -> Workbench:
    """Return the workbench for a live session of either kind.

    Parameters
    ----------
    spark
        A live session.
    databases
        The databases whose tables are listed; empty means the current one.
    witness
        Who is told of every query before it runs.
    """
    if is_connect(spark):
        return ConnectWorkbench(spark, databases, witness)
    return ClassicWorkbench(spark, databases, witness)


class _Witnessed(SparkCatalog, ABC):
    """Tells the witness of every query that runs."""

    def __init__(
        self,
        spark: Any,  # noqa: ANN401
        databases: Sequence[str] = (),
        witness: Witness | None = None,
    ) -> None:
        super().__init__(spark, databases)
        self._witness = witness

    def run(
        self,
        query: GuardedQuery,
        *,
        row_limit: int,
        timeout_s: float,
        progress: Progress,
        byte_limit: float = RESULT_BYTES,
    ) -> QueryResult:
        """Run a query under the eyes of the witness (see ``QueryExecutor``)."""
        fetch = partial(
            self._fetch,
            query,
            row_limit=row_limit,
            timeout_s=timeout_s,
            progress=progress,
            byte_limit=byte_limit,
        )
        if self._witness is None:
            return fetch()
        with self._witness.running(query) as told:
            result = fetch()
            told(result)
        return result

    def dataframe(self, query: GuardedQuery) -> object:
        """Return a lazy DataFrame of the user's own session over what was checked."""
        if self._witness is not None:
            self._witness.handing_out(query)
        return self._frame(query)

    @abstractmethod
    def _fetch(
        self,
        query: GuardedQuery,
        *,
        row_limit: int,
        timeout_s: float,
        progress: Progress,
        byte_limit: float,
    ) -> QueryResult: ...

    @abstractmethod
    def _frame(self, query: GuardedQuery) -> object: ...


class ClassicWorkbench(_Witnessed):
    """A classic session: Spark's parser and analyser are at hand, on a hardened clone."""

    guards = True
    unproven_why = ""
    takes_dataframes = True

    def __init__(
        self,
        spark: Any,  # noqa: ANN401
        databases: Sequence[str] = (),
        witness: Witness | None = None,
    ) -> None:
        super().__init__(spark, databases, witness)
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

    def sizes(self, tree: PlanNode, plan: object) -> Mapping[int, TableSize]:
        """Return the sizes of a plan's tables (see ``SqlAnalyzer``)."""
        return self._analyzer.sizes(tree, plan)

    def locations(self, plan: object) -> Sequence[FilePlaces]:
        """Return where a plan's relations lie (see ``SqlAnalyzer``)."""
        return self._analyzer.locations(plan)

    def optimize(self, plan: object, *, timeout_s: float) -> tuple[PlanNode, object]:
        """Return the optimised tree and its plan (see ``SqlAnalyzer``)."""
        return self._analyzer.optimize(plan, timeout_s=timeout_s)

    @property
    def lookup(self) -> CatalogLookup:
        """What the catalog says (see ``SqlAnalyzer``)."""
        return self._analyzer.lookup

    def _fetch(
        self,
        query: GuardedQuery,
        *,
        row_limit: int,
        timeout_s: float,
        progress: Progress,
        byte_limit: float,
    ) -> QueryResult:
        """Run the checked plan on the hardened clone, or hand out what the catalog answered."""
        if isinstance(query.plan, CatalogRows):
            return rows_of_catalog(query.plan, row_limit)
        return fetch_rows(
            partial(self._analyzer.dataframe, query.plan, on_clone=True),
            self._jobs,
            row_limit=row_limit,
            timeout_s=timeout_s,
            progress=progress,
            byte_limit=byte_limit,
        )

    def meaning(self, query: GuardedQuery) -> str:
        """Return the hash of the checked plan without its arbitrary names; nothing is optimised."""
        return str(query.plan.semanticHash())  # type: ignore[attr-defined]  # a JVM object

    def _frame(self, query: GuardedQuery) -> object:
        """Return a lazy DataFrame of the user's own session over the checked plan."""
        if isinstance(query.plan, CatalogRows):
            schema = ", ".join(f"{one.name} {one.type}" for one in query.plan.columns)
            frame: object = self._spark.createDataFrame(list(query.plan.rows), schema)
            return frame
        return self._analyzer.dataframe(query.plan, on_clone=False)


class ConnectWorkbench(_Witnessed):
    """A Connect session: Spark's parser runs beside it; where it cannot, nothing is proven."""

    takes_dataframes = False

    def __init__(
        self,
        spark: Any,  # noqa: ANN401
        databases: Sequence[str] = (),
        witness: Witness | None = None,
    ) -> None:
        super().__init__(spark, databases, witness)
        self._jobs: JobControl = ConnectJobs(spark)

    @property
    def guards(self) -> bool:
        """Whether Spark's parser is at hand; the first look starts it."""
        return not self.unproven_why

    @cached_property
    def unproven_why(self) -> str:
        """Why nothing can be proven here; empty where it can."""
        try:
            self._analyzer.ready()
        except SessionError as error:
            return str(error)
        return ""

    @cached_property
    def _analyzer(self) -> ConnectAnalyzer:
        return ConnectAnalyzer(self._spark)

    def add_dataframes(self, dataframes: Sequence[DataFrameVariable]) -> None:
        """Do nothing: a view on Connect would stay in the user's session."""

    def parse(self, sql: str) -> PlanNode:
        """Return the syntax tree of one query (see ``NameAnalyzer``)."""
        return self._analyzer.parse(sql)

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Refuse: every analysis call of Connect may execute what it analyses."""
        raise _unproven(sql)

    def parse_view(self, view: CatalogEntry) -> PlanNode:
        """Return the syntax tree of a view's query (see ``NameAnalyzer``)."""
        return self._analyzer.parse_view(view)

    def look_up(self, parts: Sequence[str]) -> CatalogEntry | None:
        """Return what a name means (see ``NameAnalyzer``)."""
        return self._analyzer.look_up(parts)

    def user_functions(self) -> frozenset[str]:
        """Return the functions that users registered (see ``NameAnalyzer``)."""
        return self._analyzer.user_functions()

    def bind(self, sql: str) -> tuple[object, bool]:
        """Return a checked statement, resolved (see ``NameAnalyzer``)."""
        return self._analyzer.bind(sql)

    def sizes(self, tree: PlanNode, plan: object) -> Mapping[int, TableSize]:  # noqa: ARG002
        """Refuse: there is no plan."""
        raise _unproven("")

    def locations(self, plan: object) -> Sequence[FilePlaces]:  # noqa: ARG002
        """Refuse: there is no plan."""
        raise _unproven("")

    def optimize(self, plan: object, *, timeout_s: float) -> tuple[PlanNode, object]:  # noqa: ARG002
        """Refuse: there is no plan."""
        raise _unproven("")

    @property
    def lookup(self) -> CatalogLookup:
        """Refuse: nothing is allowed here, a question about the catalog neither."""
        raise _unproven("")

    def _fetch(
        self,
        query: GuardedQuery,
        *,
        row_limit: int,
        timeout_s: float,
        progress: Progress,
        byte_limit: float,
    ) -> QueryResult:
        """Run the text that was checked on the clone where it was; else on the user's word."""
        proven = query.plan is not None
        return fetch_rows(
            (lambda: query.plan) if proven else partial(self._frame, query),
            self._clone_jobs(query) if proven else self._jobs,
            row_limit=row_limit,
            timeout_s=timeout_s,
            progress=progress,
            byte_limit=byte_limit,
        )

    def meaning(self, query: GuardedQuery) -> str:
        """Return the statement: there is no plan to compare."""
        return query.sql

    def _frame(self, query: GuardedQuery) -> object:
        """Return a lazy DataFrame of the user's own session over the text that was checked."""
        frame: object = self._spark.sql(query.sql)
        return frame

    def _clone_jobs(self, query: GuardedQuery) -> JobControl:
        """Return the control of the clone's operations: tags belong to one session."""
        frame: Any = query.plan
        return ConnectJobs(frame.sparkSession)


def _unproven(sql: str) -> SessionError:
    error = SessionError(
        "On Spark Connect no analysed plan is within reach.",
        "Read the SQL, then run it on your word: answer.run()",
    )
    error.sql = sql
    return error
