"""The seams between the steps and the world outside, each as small as it can be.

Adapters implement them for IPython, Spark and vLLM; ``testing`` has fakes for unit tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from streamlink_magic.settings import RESULT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from threading import Event

    from streamlink_magic.records import (
        CatalogEntry,
        Column,
        Completion,
        DataFrameVariable,
        FilePlaces,
        GuardedQuery,
        Message,
        NotebookSnapshot,
        PlanNode,
        QueryResult,
        TableSample,
        TableSchema,
        TableSize,
    )


class Clock(Protocol):
    """Seconds that only go forward."""

    def __call__(self) -> float:
        """Return the time in seconds; only differences mean anything."""
        ...


class Progress(Protocol):
    """Somebody who wants to know what is happening."""

    def __call__(self, phase: str, detail: str = "") -> None:
        """Take note of the phase now under way. MUST be quick and MUST NOT raise."""
        ...


class NotebookReader(Protocol):
    """The notebook, as far as a question may see it."""

    def read(self) -> NotebookSnapshot:
        """Return recent cells and DataFrame variables. MUST NOT include cell outputs."""
        ...


class CatalogReader(Protocol):
    """The Spark catalog, read by cheap calls only."""

    def current_catalog(self) -> str:
        """Return the catalog in which names without one are looked up."""
        ...

    def current_database(self) -> str:
        """Return the database in which unqualified names are looked up."""
        ...

    def list_tables(self) -> Sequence[TableSchema]:
        """Return every visible table by name, undescribed. MUST NOT touch data."""
        ...

    def describe(self, table: TableSchema) -> TableSchema:
        """Return the table with its columns, or with ``unreadable`` set. MUST NOT raise."""
        ...


class ValueReader(Protocol):
    """Reads the first rows of a table: bounded, and only what may be read."""

    def sample(self, table: TableSchema) -> TableSample | str:
        """Return the first rows, or why there are none.

        MUST NOT read a hidden column or a table that the policy does not open, MUST end within
        its time limit and MUST NOT raise for a table that cannot be read.
        """
        ...


class ChatModel(Protocol):
    """A chat model behind some wire."""

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        ...

    @property
    def digest(self) -> str:
        """A digest of the model's weights; empty where they are not known."""
        ...

    @property
    def context_tokens(self) -> int:
        """The model's context length in tokens."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the messages in the model's own tokens."""
        ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Yield text as it is written, and the whole ``Completion`` last.

        Closing the iterator MUST end the generation on the server. A ``grammar`` is Lark text
        that the answer SHOULD keep to; where the server cannot bind the model to one, the answer
        is free.
        """
        ...

    def sample(
        self,
        messages: Sequence[Message],
        *,
        count: int,
        temperature: float,
        max_tokens: int,
        stopped: Event,
        grammar: str = "",
    ) -> tuple[Completion, ...]:
        """Return so many answers drawn at random, all at once, each kept to the ``grammar``.

        MUST end the generation on the server soon after ``stopped`` is set, from another thread,
        and return the answers that had ended by then.
        """
        ...

    def odds(self, messages: Sequence[Message], words: tuple[str, str]) -> float | None:
        """Return the log-odds that an answer begins with the first word and not the second.

        None where the server does not tell.
        """
        ...


class CatalogLookup(Protocol):
    """Names and types from the session's own catalog; MUST NOT run, load or touch data."""

    def current(self) -> Mapping[str, str]:
        """Return the current ``catalog`` and ``database``."""
        ...

    def databases(self) -> Sequence[str]:
        """Return the databases of Spark's own catalog."""
        ...

    def tables(self, database: str, *, views_only: bool) -> Sequence[str]:
        """Return the tables and views of a database of Spark's own catalog.

        Raises
        ------
        InvalidSqlError
            When there is no such database.
        """
        ...

    def temp_views(self) -> Sequence[str]:
        """Return the session's temporary views."""
        ...

    def database_comment(self, database: str) -> str:
        """Return the comment that the database's owner gave it."""
        ...

    def function_usage(self, name: str) -> Sequence[str]:
        """Return how one of Spark's own functions is used, a line an item."""
        ...

    def schema(self, plan: object) -> tuple[Column, ...]:
        """Return the columns of a plan that ``SqlAnalyzer.analyze`` gave."""
        ...


class SqlAnalyzer(Protocol):
    """Spark's own parser and analyser, without running anything."""

    def parse(self, sql: str) -> PlanNode:
        """Return the syntax tree of one query.

        Raises
        ------
        InvalidSqlError
            When the text is not one query. MUST NOT analyse, optimise, explain or run it.
        """
        ...

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Return the analysed tree and the plan object that would run.

        MUST be called only after ``parse`` was accepted by the guard's grammar rules, since
        analysing some statements executes them. MUST NOT optimise.

        Raises
        ------
        InvalidSqlError
            When a name does not resolve or types do not fit.
        """
        ...

    def sizes(self, tree: PlanNode, plan: object) -> Mapping[int, TableSize]:
        """Return the sizes of a plan's tables, by the id of each table's first column.

        Tables whose size is not to be had are left out. MUST NOT start a job.
        """
        ...

    def locations(self, plan: object) -> Sequence[FilePlaces]:
        """Return where the relations of an analysed plan lie, one entry each. MUST NOT read."""
        ...

    def optimize(self, plan: object, *, timeout_s: float) -> tuple[PlanNode, object]:
        """Return the optimised tree of the plan that was analysed last, and its plan object.

        MUST be called only after the guard's rules on the analysed plan are satisfied, since
        optimising some plans runs what they hold.

        Raises
        ------
        TimeoutError
            When it takes longer than that.
        """
        ...

    @property
    def lookup(self) -> CatalogLookup:
        """What the catalog says where a question about it is allowed."""
        ...


@runtime_checkable
class NameAnalyzer(Protocol):
    """Spark's own parser beside a session whose analysed plans are out of reach.

    What an analysed plan would tell is asked of the catalog, name by name.
    """

    def parse(self, sql: str) -> PlanNode:
        """Return the syntax tree of one query, as ``SqlAnalyzer.parse`` does."""
        ...

    def parse_view(self, view: CatalogEntry) -> PlanNode:
        """Return the syntax tree of a view's own query, as ``parse`` does."""
        ...

    def look_up(self, parts: Sequence[str]) -> CatalogEntry | None:
        """Return what a name means where the statement would run; None where there is nothing.

        MUST NOT resolve the statement, only the name.
        """
        ...

    def user_functions(self) -> frozenset[str]:
        """Return the names, in small letters, of the functions that users registered."""
        ...

    def bind(self, sql: str) -> tuple[object, bool]:
        """Return the statement, resolved where it was checked, and whether it reads a stream.

        MUST be called only after the guard accepted every name: resolving may execute.

        Raises
        ------
        InvalidSqlError
            When a name does not resolve or types do not fit.
        """
        ...


class QueryExecutor(Protocol):
    """Runs guarded queries and nothing else."""

    def run(
        self,
        query: GuardedQuery,
        *,
        row_limit: int,
        timeout_s: float,
        progress: Progress,
        byte_limit: float = RESULT_BYTES,
    ) -> QueryResult:
        """Return the first rows, as many as the bytes allow.

        An interrupt or the time limit MUST cancel the work in the cluster.
        """
        ...

    def dataframe(self, query: GuardedQuery) -> object:
        """Return a lazy Spark DataFrame over the checked plan."""
        ...


class Witness(Protocol):
    """Somebody who must be told of every query before it runs."""

    def running(self, query: GuardedQuery) -> AbstractContextManager[Callable[[QueryResult], None]]:
        """Return the block in which the query runs; it is handed the result.

        What it raises on entering MUST keep the query from running.
        """
        ...

    def handing_out(self, query: GuardedQuery) -> None:
        """Take note that the user gets the query as a DataFrame. What it raises MUST keep it."""
        ...


class Workbench(CatalogReader, SqlAnalyzer, QueryExecutor, Protocol):
    """One Spark session seen through all its seams."""

    @property
    def guards(self) -> bool:
        """Whether this session lets the guard prove a statement."""
        ...

    @property
    def unproven_why(self) -> str:
        """Why it does not, in one sentence; empty where it does."""
        ...

    @property
    def takes_dataframes(self) -> bool:
        """Whether DataFrame variables can be made readable by name."""
        ...

    def meaning(self, query: GuardedQuery) -> str:
        """Return a text that is the same for plans that surely mean the same."""
        ...

    def add_dataframes(self, dataframes: Sequence[DataFrameVariable]) -> None:
        """Make DataFrame variables readable by name, leaving no trace in the user's session."""
        ...


__all__ = [
    "CatalogLookup",
    "CatalogReader",
    "ChatModel",
    "Clock",
    "NameAnalyzer",
    "NotebookReader",
    "Progress",
    "QueryExecutor",
    "SqlAnalyzer",
    "ValueReader",
    "Witness",
    "Workbench",
]
