"""Tables as the catalog tells of them."""

from __future__ import annotations

from dataclasses import dataclass, field


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
