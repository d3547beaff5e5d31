"""The seams between the steps and the world outside, each as small as it can be.

Adapters implement them for IPython, Spark and vLLM; ``testing`` has fakes for unit tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from streamlink_magic.records import (
        Completion,
        DataFrameVariable,
        GuardedQuery,
        Message,
        NotebookSnapshot,
        PlanNode,
        QueryResult,
        TableSample,
        TableSchema,
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
    def context_tokens(self) -> int:
        """The model's context length in tokens."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the messages in the model's own tokens."""
        ...

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[str | Completion]:
        """Yield text as it is written, and the whole ``Completion`` last.

        Closing the iterator MUST end the generation on the server.
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
    ) -> tuple[Completion, ...]:
        """Return so many answers drawn at random, all at once.

        MUST end the generation on the server soon after ``stopped`` is set, from another thread.
        """
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


class QueryExecutor(Protocol):
    """Runs guarded queries and nothing else."""

    def run(
        self, query: GuardedQuery, *, row_limit: int, timeout_s: float, progress: Progress
    ) -> QueryResult:
        """Return the first rows. An interrupt or the limit MUST cancel the work in the cluster."""
        ...

    def dataframe(self, query: GuardedQuery) -> object:
        """Return a lazy Spark DataFrame over the checked plan."""
        ...


class Workbench(CatalogReader, SqlAnalyzer, QueryExecutor, Protocol):
    """One Spark session seen through all its seams."""

    @property
    def guards(self) -> bool:
        """Whether this kind of session lets the guard prove a statement (classic: yes)."""
        ...

    def meaning(self, query: GuardedQuery) -> str:
        """Return a text that is the same for plans that surely mean the same."""
        ...

    def add_dataframes(self, dataframes: Sequence[DataFrameVariable]) -> None:
        """Make DataFrame variables readable by name, leaving no trace in the user's session."""
        ...


__all__ = [
    "CatalogReader",
    "ChatModel",
    "Clock",
    "NotebookReader",
    "Progress",
    "QueryExecutor",
    "SqlAnalyzer",
    "ValueReader",
    "Workbench",
]
