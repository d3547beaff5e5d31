"""Fakes for the seams, so that one step can be tested without Spark, a server or a notebook.

They are public: an extension of the product is tested with them too. No figure and no claim
about the product rests on them.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.records import (
    Column,
    Completion,
    GuardedQuery,
    Message,
    PlanNode,
    QueryResult,
    TableName,
    TableSchema,
    TableSize,
    TokenLogprob,
    Verdict,
)
from streamlink_magic.settings import RESULT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from threading import Event

    from streamlink_magic.protocols import Progress, Witness
    from streamlink_magic.records import DataFrameVariable, FilePlaces


def table(name: str, columns: str, *, database: str = "shop", kind: str = "table") -> TableSchema:
    """Return a described table.

    Parameters
    ----------
    columns
        ``name type`` pairs with commas between them.

    Examples
    --------
    >>> [column.type for column in table("pets", "name string, age int").columns]
    ['string', 'int']
    """
    pairs = (pair.split() for pair in columns.split(","))
    described = tuple(Column(column, " ".join(rest)) for column, *rest in pairs)
    return TableSchema(TableName(name, database=database), kind=kind, columns=described)


@dataclass
class FakeClock:
    """A clock that moves only when it is told to, or by ``step`` seconds at each look."""

    now: float = 0.0
    step: float = 0.0

    def __call__(self) -> float:
        """Return the time, then move on by ``step``."""
        seen = self.now
        self.now += self.step
        return seen


@dataclass
class FakeModel:
    """A ``ChatModel`` that answers from a list, one answer a call, and keeps what it was sent.

    Attributes
    ----------
    answers
        What to write, in order; the last is repeated.
    finish_reason
        ``length`` lets every answer end as if it were cut.
    samples
        What further drafts say.
    sent, sampled
        The messages of every call.
    temperatures
        How freely each further draft was drawn.
    grammars, sampled_grammars
        The grammar of every call; empty where the answer was free.
    closed
        How many streams were closed before their end.
    surely
        The log-odds of yes over no, whatever is asked; None: it does not tell.
    weighed
        The messages of every such call.
    logprob
        The log-probability of each word that ``stream`` writes; None: it does not tell.
    """

    answers: Sequence[str] = ("SELECT 1",)
    finish_reason: str = "stop"
    name: str = "fake"
    digest: str = ""
    context_tokens: int = 8192
    samples: Sequence[str] = ()
    sent: list[tuple[Message, ...]] = field(default_factory=list)
    sampled: list[tuple[Message, ...]] = field(default_factory=list)
    temperatures: list[float] = field(default_factory=list)
    grammars: list[str] = field(default_factory=list)
    sampled_grammars: list[str] = field(default_factory=list)
    closed: int = 0
    surely: float | None = None
    weighed: list[tuple[Message, ...]] = field(default_factory=list)
    logprob: float | None = None

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Count a token for every four characters."""
        return sum(len(message.content) for message in messages) // 4

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Yield the next answer word by word, then its completion."""
        answer = self.answers[min(len(self.sent), len(self.answers) - 1)]
        self.sent.append(tuple(messages))
        self.grammars.append(grammar)
        try:
            for word in answer.split(" ")[:max_tokens]:
                yield word + " "
            told = self._told(answer)
            yield Completion(answer, self.name, finish_reason=self.finish_reason, logprobs=told)
        except GeneratorExit:
            self.closed += 1
            raise

    def _told(self, answer: str) -> tuple[TokenLogprob, ...]:
        if self.logprob is None:
            return ()
        return tuple(TokenLogprob(f"{word} ", self.logprob) for word in answer.split(" "))

    def sample(
        self,
        messages: Sequence[Message],
        *,
        count: int,
        temperature: float,
        max_tokens: int,  # noqa: ARG002  the seam's
        stopped: Event,  # noqa: ARG002
        grammar: str = "",
    ) -> tuple[Completion, ...]:
        """Return the first ``count`` of ``samples``."""
        self.sampled.append(tuple(messages))
        self.temperatures.append(temperature)
        self.sampled_grammars.append(grammar)
        return tuple(Completion(text, self.name) for text in self.samples[:count])

    def odds(self, messages: Sequence[Message], words: tuple[str, str]) -> float | None:  # noqa: ARG002
        """Return ``surely``."""
        self.weighed.append(tuple(messages))
        return self.surely


@dataclass
class FakeCatalog:
    """A ``CatalogReader`` over tables given to it; counts what it was asked."""

    tables: Sequence[TableSchema] = ()
    database: str = "shop"
    described: list[str] = field(default_factory=list)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def current_catalog(self) -> str:
        """Return the name of Spark's own catalog."""
        return "spark_catalog"

    def current_database(self) -> str:
        """Return the database."""
        return self.database

    def list_tables(self) -> Sequence[TableSchema]:
        """Return the names without columns."""
        return tuple(replace(one, columns=()) for one in self.tables)

    def describe(self, table: TableSchema) -> TableSchema:
        """Return the table with its columns."""
        self.described.append(table.name.name)
        if reason := self.unreadable.get(table.name.name):
            return replace(table, unreadable=reason)
        return next(one for one in self.tables if one.name == table.name)


def _ignored(_result: QueryResult) -> None:
    """Take a result and do nothing with it."""


_PROJECT = "org.apache.spark.sql.catalyst.plans.logical.Project"
_ONE_ROW = "org.apache.spark.sql.catalyst.plans.logical.OneRowRelation"


@dataclass
class FakeLookup:
    """A ``CatalogLookup`` over names and columns in memory."""

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    views: Sequence[str] = ()
    columns: tuple[Column, ...] = ()

    def current(self) -> Mapping[str, str]:
        """Return the first database as the current one."""
        return {"catalog": "spark_catalog", "database": next(iter(self.names), "")}

    def databases(self) -> Sequence[str]:
        """Return the databases."""
        return tuple(self.names)

    def tables(self, database: str, *, views_only: bool) -> Sequence[str]:
        """Return the tables of a database; none of them is a view."""
        return () if views_only else self.names[database]

    def temp_views(self) -> Sequence[str]:
        """Return the temporary views."""
        return self.views

    def database_comment(self, database: str) -> str:
        """Return a comment."""
        return f"about {database}"

    def function_usage(self, name: str) -> Sequence[str]:
        """Return the function's name."""
        return (f"Function: {name}",)

    def schema(self, plan: object) -> tuple[Column, ...]:  # noqa: ARG002  the seam's
        """Return the columns, whatever the plan."""
        return self.columns


@dataclass
class FakeWorkbench(FakeCatalog):
    """A ``Workbench`` whose parser takes everything, except what ``invalid`` names.

    Attributes
    ----------
    invalid
        Statements that fail, with Spark's message.
    result
        What every query returns.
    ran
        The statements that were run.
    witness
        Who is told of them.
    """

    invalid: Mapping[str, str] = field(default_factory=dict)
    result: QueryResult = field(default_factory=lambda: QueryResult((Column("n", "int"),), ((1,),)))
    guards: bool = True
    unproven_why: str = ""
    takes_dataframes: bool = True
    ran: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    lookup: FakeLookup = field(default_factory=FakeLookup)
    witness: Witness | None = None

    def add_dataframes(self, dataframes: Sequence[DataFrameVariable]) -> None:
        """Keep the names."""
        self.added += [one.name for one in dataframes]

    def parse(self, sql: str) -> PlanNode:
        """Return the tree of a query that reads nothing."""
        if message := self.invalid.get(sql):
            raise InvalidSqlError(Verdict(allowed=False, rule="unknown-column", why=message))
        return PlanNode(_PROJECT, children=(PlanNode(_ONE_ROW),))

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Return the same tree and the text as the plan."""
        return self.parse(sql), sql

    def sizes(self, tree: PlanNode, plan: object) -> Mapping[int, TableSize]:  # noqa: ARG002
        """Return no sizes: nothing is known."""
        return {}

    def locations(self, plan: object) -> Sequence[FilePlaces]:  # noqa: ARG002
        """Return no relation: there are none."""
        return ()

    def optimize(self, plan: object, *, timeout_s: float) -> tuple[PlanNode, object]:
        """Do not come to an end in time."""
        raise TimeoutError(f"{plan} within {timeout_s} s")

    def run(
        self,
        query: GuardedQuery,
        *,
        row_limit: int,
        timeout_s: float,  # noqa: ARG002  the seam's
        progress: Progress,
        byte_limit: float = RESULT_BYTES,  # noqa: ARG002
    ) -> QueryResult:
        """Return the result, cut at the limit."""
        with self.witness.running(query) if self.witness else nullcontext(_ignored) as told:
            progress("Spark", "1 of 1 tasks")
            self.ran.append(query.sql)
            rows = self.result.rows
            result = replace(self.result, rows=rows[:row_limit], more=len(rows) > row_limit)
            told(result)
        return result

    def meaning(self, query: GuardedQuery) -> str:
        """Return the statement."""
        return query.sql

    def dataframe(self, query: GuardedQuery) -> object:
        """Return the statement."""
        if self.witness:
            self.witness.handing_out(query)
        return query.sql
