"""What flows between the steps: frozen records, free of third-party imports.

The order below is the order in which a question meets them: notebook and catalog, context,
prompt, draft, verdict and guarded query, result, explanation, answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# ---------------------------------------------------------------- the catalog


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """Where a table lives. Parts are as Spark spells them, without backticks.

    Examples
    --------
    >>> TableName("orders", database="sales").sql
    '`sales`.`orders`'
    >>> TableName("orders", database="sales").dotted
    'sales.orders'
    """

    name: str
    database: str = ""
    catalog: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Catalog, database and name, those that are known."""
        return tuple(part for part in (self.catalog, self.database, self.name) if part)

    @property
    def dotted(self) -> str:
        """The name as people write it."""
        return ".".join(self.parts)

    @property
    def sql(self) -> str:
        """The name as Spark SQL takes it, every part in backticks."""
        return ".".join(quote_name(part) for part in self.parts)


def quote_name(part: str) -> str:
    """Return one part of a name in backticks, whatever characters it holds.

    >>> quote_name("odd`name")
    '`odd``name`'
    """
    return "`" + part.replace("`", "``") + "`"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its Spark type as text, and the comment that its owner gave it."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of one table that hold another table's key."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table, view, temporary view or DataFrame variable that a query may read.

    Attributes
    ----------
    kind
        ``table``, ``view``, ``temp view`` or ``dataframe``.
    columns
        Empty until the table has been described, and when it cannot be read.
    unreadable
        Why the table could not be described; empty when it could.
    """

    name: TableName
    kind: str = "table"
    columns: tuple[Column, ...] = ()
    comment: str = ""
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unreadable: str = ""

    @property
    def described(self) -> bool:
        """Whether its columns are known."""
        return bool(self.columns)


@dataclass(frozen=True, slots=True)
class CatalogSnapshot:
    """What was known of the catalog at one moment.

    Attributes
    ----------
    tables
        Sorted by name, so that the same catalog always reads the same.
    current_database
        Where an unqualified name is looked up.
    taken_at
        Seconds on a monotonic clock.
    complete
        False when the deadline passed before every table was described.
    """

    tables: tuple[TableSchema, ...]
    current_database: str = ""
    taken_at: float = 0.0
    complete: bool = True


# ---------------------------------------------------------------- the notebook


@dataclass(frozen=True, slots=True)
class DataFrameVariable:
    """A Spark DataFrame that a notebook variable holds; ``handle`` is the DataFrame itself."""

    name: str
    columns: tuple[Column, ...]
    handle: object = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NotebookSnapshot:
    """What the notebook shows: recent cells (oldest first) and DataFrame variables."""

    cells: tuple[str, ...] = ()
    dataframes: tuple[DataFrameVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of this notebook and the SQL that answered it."""

    question: str
    sql: str


# ---------------------------------------------------------------- question, context, prompt


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it was typed.

    Attributes
    ----------
    text
        The words, untouched.
    tables
        Tables that the user named; empty means: choose.
    """

    text: str
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskContext:
    """Everything a prompt may draw on for one question."""

    question: Question
    catalog: CatalogSnapshot
    cells: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedContext:
    """The context narrowed to the tables that matter for the question."""

    context: AskContext
    tables: tuple[TableSchema, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class SentPart:
    """A stretch of the prompt and what class of information it is.

    ``kind`` is one of: rules, schema, comments, turns, cells, terms, error, question.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages for the model, byte-stable at the front.

    Attributes
    ----------
    messages
        What is sent.
    tokens
        Their length in the model's own tokens.
    parts
        The same bytes by class, for the view that shows what left the kernel.
    tables
        The tables whose schemas it holds.
    """

    messages: tuple[Message, ...]
    tokens: int
    parts: tuple[SentPart, ...]
    tables: tuple[TableSchema, ...] = ()


# ---------------------------------------------------------------- model


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote.

    Attributes
    ----------
    finish_reason
        ``stop`` when it ended by itself, ``length`` when it was cut.
    """

    text: str
    model: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class SqlDraft:
    """One SQL statement, not yet checked."""

    sql: str
    completion: Completion
    repairs: tuple[str, ...] = ()


# ---------------------------------------------------------------- guard


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a statement may run, and if not, which rule stops it where and why.

    Attributes
    ----------
    allowed
        True only when every rule was satisfied.
    rule
        The rule's short name, ``ok`` when allowed.
    clause
        The part of the statement that broke the rule, as it was written where known.
    why
        One sentence.
    tables
        The tables that the analysed plan reads, as dotted names.
    """

    allowed: bool
    rule: str
    clause: str = ""
    why: str = ""
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One node of a parsed or analysed Spark plan, free of the JVM.

    Attributes
    ----------
    kind
        The JVM class name.
    fields
        What the guard's rules look at, by name.
    children
        Every plan and expression below, subqueries included.
    parts
        Those of the children that a field holds, by field, in the children's order and before
        the node's own inputs.
    """

    kind: str
    fields: Mapping[str, object] = field(default_factory=dict)
    children: tuple[PlanNode, ...] = ()
    parts: Mapping[str, tuple[PlanNode, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class TableSize:
    """How much a query would read of a table.

    Attributes
    ----------
    bytes
        By Spark's estimate; None where Spark does not know.
    files
        0 where they were not counted, since the table is small or Spark has not listed them.
    """

    bytes: float | None
    files: int = 0
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class CatalogRows:
    """What a question about the catalog comes to; nothing of it is run.

    Attributes
    ----------
    tables
        The tables that it tells of, as dotted names.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What a catalog has under a name, as far as a verdict without an analysed plan needs it.

    Attributes
    ----------
    columns
        Names only; empty where the catalog does not tell them.
    temporary
        A temporary view: it has neither catalog nor database.
    view_text
        A view's own query; empty for tables and for views that were made of a DataFrame.
    view_owner
        Catalog and database in which the names of that text are looked up.
    view_settings
        The settings under which that text is parsed; empty means the session's.
    """

    name: str
    database: str = ""
    catalog: str = ""
    columns: tuple[str, ...] = ()
    temporary: bool = False
    is_view: bool = False
    view_text: str = ""
    view_owner: tuple[str, ...] = ()
    view_settings: tuple[tuple[str, str], ...] = ()


_SEAL = object()


@dataclass(frozen=True, slots=True)
class GuardedQuery:
    """A query that the guard let through, with the very plan that was checked.

    Only ``steps.guard`` makes one: the constructor wants its seal. ``plan`` is opaque here; the
    adapter that analysed it is the one that runs it. Where the catalog answers, ``plan`` holds
    the rows.
    """

    sql: str
    verdict: Verdict
    plan: object = field(repr=False, compare=False)
    seal: object = field(repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL or not self.verdict.allowed:
            raise TypeError("a GuardedQuery is made by the guard alone; call check_sql or ask")


# ---------------------------------------------------------------- result


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The first rows of a result.

    Attributes
    ----------
    columns
        Names and types, in order; names may repeat.
    rows
        Python values, at most the row limit.
    more
        True when the result holds more rows than these.
    seconds
        How long Spark worked.
    arrow
        The same rows as a ``pyarrow.Table``.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    more: bool = False
    seconds: float = 0.0
    arrow: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Check:
    """One look at the answer. ``level`` is ``ok``, ``note`` or ``warning``."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in words: a headline, then how it was made, a sentence an item."""

    headline: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """How long one phase took, in seconds."""

    phase: str
    seconds: float


@dataclass(frozen=True, slots=True)
class AnswerView:
    """All that a reader is shown, in any form.

    ``result`` is None when the SQL was not run; ``status`` then says why.
    """

    question: str
    sql: str
    verdict: Verdict
    explanation: Explanation
    result: QueryResult | None = None
    checks: tuple[Check, ...] = ()
    repairs: tuple[str, ...] = ()
    sent: tuple[SentPart, ...] = ()
    times: tuple[PhaseTime, ...] = ()
    model: str = ""
    tokens: int = 0
    status: str = ""
