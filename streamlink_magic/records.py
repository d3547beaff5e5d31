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
    """A column: its name, its Spark type as text, and the comment that its owner gave it.

    Attributes
    ----------
    counted_only
        Whether the policy hides its values: a query may count them and nothing else.
    """

    name: str
    type: str
    comment: str = ""
    counted_only: bool = False


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
    closed
        Names of columns that the policy closes and that are not among ``columns``. They are
        never shown: they tell which other texts to leave out.
    """

    name: TableName
    kind: str = "table"
    columns: tuple[Column, ...] = ()
    comment: str = ""
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unreadable: str = ""
    closed: tuple[str, ...] = field(default=(), repr=False)

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


# ---------------------------------------------------------------- the data, as samples show it


@dataclass(frozen=True, slots=True)
class Join:
    """Columns of one table whose values name rows of another.

    Attributes
    ----------
    left, right
        The table that refers, and the one whose rows the right columns identify.
    source
        ``declared`` by the catalog, ``inferred`` from names, types and values, or ``user``.
    confidence
        ``high``, ``medium`` or ``low``.
    reason
        Why it is believed, in words.

    Examples
    --------
    >>> Join(TableName("orders"), ("buyer",), TableName("people"), ("id",)).condition
    'orders.buyer = people.id'
    """

    left: TableName
    left_columns: tuple[str, ...]
    right: TableName
    right_columns: tuple[str, ...]
    source: str = "inferred"
    confidence: str = "low"
    reason: str = ""

    @property
    def condition(self) -> str:
        """The join's condition as people read it, with the tables' bare names."""
        pairs = zip(self.left_columns, self.right_columns, strict=True)
        return " AND ".join(
            f"{self.left.name}.{left} = {self.right.name}.{right}" for left, right in pairs
        )

    @property
    def ends(self) -> frozenset[tuple[TableName, tuple[str, ...]]]:
        """Both ends without a direction: the same for a join and its reverse."""
        return frozenset({(self.left, self.left_columns), (self.right, self.right_columns)})


@dataclass(frozen=True, slots=True)
class TableSample:
    """The first rows of a table, read with leave and within bounds.

    Attributes
    ----------
    columns
        Those that may be shown; a hidden column is not here.
    rows
        Python values; text is cut, so that no value is longer than the reader's limit.
    complete
        True when these are all rows of the table.
    """

    table: TableName
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """What a sample shows of one column.

    Attributes
    ----------
    values
        Distinct texts of a text column, the commonest first; empty for other types and for
        columns with too many.
    complete
        True when ``values`` are all that the table holds: it was read to its end.
    distinct
        How many distinct values the sample holds.
    rows
        How many rows the sample holds.
    lowest, highest
        The ends of the range of dates and numbers, as text; empty for text.
    """

    table: TableName
    column: str
    values: tuple[str, ...] = ()
    complete: bool = False
    distinct: int = 0
    rows: int = 0
    lowest: str = ""
    highest: str = ""


@dataclass(frozen=True, slots=True)
class ValueHint:
    """A value of the data that the question mentions.

    Attributes
    ----------
    words
        The stretch of the question.
    exact
        Whether it is spelled as in the data; False where only case, spaces or a letter differ.
    """

    words: str
    table: TableName
    column: str
    value: str
    exact: bool = True

    @property
    def text(self) -> str:
        """The hint as people read it.

        >>> ValueHint("jetblue", TableName("airlines"), "name", "JetBlue Airways").text
        "'JetBlue Airways' in airlines.name"
        """
        return f"'{self.value}' in {self.table.name}.{self.column}"


@dataclass(frozen=True, slots=True)
class DataProfile:
    """What is known of the data beside its schema: how tables join, and what values there are.

    Attributes
    ----------
    joins
        Declared, inferred and the user's own; what the user took away is not here.
    values
        One entry a sampled column.
    missing
        Tables that were not sampled, each with the reason.
    """

    joins: tuple[Join, ...] = ()
    values: tuple[ColumnValues, ...] = ()
    missing: tuple[tuple[TableName, str], ...] = ()

    def of(self, table: TableName, column: str) -> ColumnValues | None:
        """Return what is known of one column; names ignore case, as Spark's do."""
        folded = column.casefold()
        for one in self.values:
            if one.table == table and one.column.casefold() == folded:
                return one
        return None


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
    """An earlier question of this notebook and the SQL that answered it.

    Attributes
    ----------
    follows
        Whether that question itself edited the one before it.
    """

    question: str
    sql: str
    follows: bool = False


# ---------------------------------------------------------------- memory


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the users' own and the Spark SQL expression that it stands for."""

    name: str
    condition: str


@dataclass(frozen=True, slots=True)
class Example:
    """A solved question that the prompt may show.

    Attributes
    ----------
    source
        ``kept`` when a user confirmed it, ``pattern`` when it is one of the built-in patterns.
    key
        The kept answer's id, or the pattern's name.
    """

    question: str
    sql: str
    source: str = "kept"
    key: str = ""


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
    """Everything a prompt may draw on for one question.

    Attributes
    ----------
    turns
        The earlier questions that this one follows on, the one it edits last; empty when it
        stands by itself.
    terms
        The glossary's terms that the question uses.
    examples
        Solved questions like this one, the most similar last.
    notes
        What the reader should know of all this, a sentence each.
    closed
        Names that the policy closes: no text that is sent may hold them.
    """

    question: Question
    catalog: CatalogSnapshot
    cells: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    terms: tuple[Term, ...] = ()
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    profile: DataProfile = DataProfile()
    closed: frozenset[str] = frozenset()


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

    ``kind`` is one of: rules, schema, values, comments, examples, terms, turns, cells, error,
    question.
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


@dataclass(frozen=True, slots=True)
class Vote:
    """One way to read a question: its statement, how many drafts agree, what speaks for it."""

    sql: str
    count: int
    weight: float


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
    warnings
        What a reader of an allowed statement should look at, a sentence each.
    """

    allowed: bool
    rule: str
    clause: str = ""
    why: str = ""
    tables: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


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
class FilePlaces:
    """Where the files of one relation of a plan lie.

    Attributes
    ----------
    table
        Its dotted name; empty where it was read by its path.
    places
        Addresses, ``scheme://owner/path``. An empty one is not known; a database has none.
    """

    table: str
    places: tuple[str, ...]


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
    location
        Where a table's files lie; empty where the catalog does not tell it.
    partitioned
        Whether it has partitions, each of which may lie elsewhere.
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
    location: str = ""
    partitioned: bool = False


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
    cut_at
        The limit of bytes at which the rows were cut, as people read it; empty where they were
        not.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    more: bool = False
    seconds: float = 0.0
    arrow: object = field(default=None, repr=False, compare=False)
    cut_at: str = ""


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

    Attributes
    ----------
    notes
        What else went into the answer: an earlier question, glossary terms, kept answers.
    read
        The schemas of the tables that the SQL reads.
    follows
        Whether the question edited the one before it.
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
    notes: tuple[str, ...] = ()
    read: tuple[TableSchema, ...] = field(default=(), repr=False)
    follows: bool = False
