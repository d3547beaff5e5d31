"""What the data of tables say: how they join, and which values columns hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlink_magic.records.catalog import Column, TableName


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
    nulls
        How many rows of the sample have no value.
    """

    table: TableName
    column: str
    values: tuple[str, ...] = ()
    complete: bool = False
    distinct: int = 0
    rows: int = 0
    lowest: str = ""
    highest: str = ""
    nulls: int = 0


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
