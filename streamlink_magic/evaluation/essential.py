"""Which column or table a question cannot be answered without, read from its gold query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlglot.optimizer.scope import Scope

    from streamlink_magic.records import TableSchema

# Columns of these words may stand for each other, so none is the only one with its meaning
_ALIKE = (
    {"name", "title", "label", "caption"},
    {"age", "birth", "birthday", "birthdate", "born", "dob"},
    {"year", "date", "time", "day", "month", "since", "founded", "opened"},
    {"price", "cost", "amount", "fee", "charge", "salary", "wage", "pay", "income", "earning"},
    {"country", "nation", "nationality", "citizenship", "land"},
    {"city", "town", "place", "location", "address", "district", "region", "state", "hometown"},
    {"sex", "gender"},
    {"type", "kind", "category", "class", "genre"},
    {"number", "num", "no", "count", "total", "quantity", "size", "capacity"},
    {"id", "code", "key", "uid"},
    {"rank", "ranking", "rating", "score", "grade", "point", "level"},
    {"phone", "email", "contact"},
    {"description", "detail", "note", "text", "content", "comment"},
)
_USES = ("expressions", "where")


@dataclass(frozen=True, slots=True, order=True)
class Removal:
    """A column that is taken out of a schema, or a whole table where no column is named."""

    table: str
    column: str = ""

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


def removals(sql: str, tables: Sequence[TableSchema]) -> tuple[Removal, ...]:
    """Return what a query cannot do without, and what nothing else in the schema stands for.

    A column counts when it is returned or filtered by, is no key, is joined with no other, and
    shares no word and no near meaning with another column or table. Where there is none, a table
    that is read counts, by the same test of its name.

    Parameters
    ----------
    sql
        A gold query. One that sqlglot cannot resolve has no removals.
    tables
        All tables of its database.

    Examples
    --------
    >>> from streamlink_magic.records import Column, TableName, TableSchema
    >>> columns = (Column("pet_id", "int"), Column("weight", "double"))
    >>> pet = TableSchema(TableName("pet"), columns=columns, primary_key=("pet_id",))
    >>> str(removals("SELECT pet_id FROM pet WHERE weight > 3", [pet])[0])
    'pet.weight'
    """
    try:
        scopes = traverse_scope(_qualified(sql, tables))
    except SqlglotError:
        return ()
    columns = {found for scope in scopes for found in _columns_used(scope, tables)}
    alone = sorted(one for one in columns if _has_no_equal(one, tables))
    return tuple(alone) or tuple(_tables_alone(scopes, tables))


def _qualified(sql: str, tables: Sequence[TableSchema]) -> exp.Expr:
    """Return the query with every column under its table; a star stays: it wants what there is."""
    schema: dict[str, object] = {
        table.name.name: {f"`{column.name}`": "string" for column in table.columns}
        for table in tables
    }
    tree = sqlglot.parse_one(sql, dialect="spark")
    return qualify(
        tree, schema=schema, dialect="spark", expand_stars=False, validate_qualify_columns=False
    )


def _columns_used(scope: Scope, tables: Sequence[TableSchema]) -> Iterator[Removal]:
    for column in scope.columns:
        table = _source(column, scope, tables)
        if table is None or not _is_used(column, scope) or _is_joined(column):
            continue
        found = [one.name for one in table.columns if one.name.lower() == column.name.lower()]
        if found and found[0].lower() not in _keys(table) | _referred(table, tables):
            yield Removal(table.name.name, found[0])


def _source(column: exp.Column, scope: Scope, tables: Sequence[TableSchema]) -> TableSchema | None:
    source = scope.sources.get(column.table)
    name = source.name.lower() if isinstance(source, exp.Table) else ""
    return next((table for table in tables if table.name.name.lower() == name), None)


def _is_used(column: exp.Column, scope: Scope) -> bool:
    """Whether a column is returned or filtered by; to count rows, any column will do."""
    counted = column.find_ancestor(exp.Count)
    if counted and not isinstance(counted.this, exp.Distinct):
        return False
    node: exp.Expr = column
    while node.parent is not None and node.parent is not scope.expression:
        node = node.parent
    return node.parent is scope.expression and node.arg_key in _USES


def _is_joined(column: exp.Column) -> bool:
    equation = column.parent
    sides = (equation.this, equation.expression) if isinstance(equation, exp.EQ) else ()
    return bool(sides) and all(isinstance(side, exp.Column) for side in sides)


def _keys(table: TableSchema) -> set[str]:
    """Return the columns by which a table's rows are told apart or tied to others."""
    tied = [name for key in table.foreign_keys for name in key.columns]
    return {name.lower() for name in (*table.primary_key, *tied)}


def _referred(table: TableSchema, tables: Sequence[TableSchema]) -> set[str]:
    """Return the columns of a table whose values other tables hold as well."""
    return {
        name.lower()
        for other in tables
        for key in other.foreign_keys
        if key.table.lower() == table.name.name.lower()
        for name in key.references
    }


def _has_no_equal(removal: Removal, tables: Sequence[TableSchema]) -> bool:
    own = (removal.table, removal.column)
    others = [
        column.name
        for table in tables
        for column in table.columns
        if (table.name.name, column.name) != own
    ]
    return _is_alone(removal.column, [*others, *(table.name.name for table in tables)])


def _tables_alone(scopes: Sequence[Scope], tables: Sequence[TableSchema]) -> Iterator[Removal]:
    """Yield tables that are read for more than others hold, and that no other is like."""
    sources = [source for scope in scopes for source in scope.sources.values()]
    read = {source.name.lower() for source in sources if isinstance(source, exp.Table)}
    for table in tables:
        if table.name.name.lower() not in read or _is_elsewhere(table, scopes, tables):
            continue
        others = [other for other in tables if other is not table]
        names = [name for other in others for name in _names_beside(table, other)]
        if others and _is_alone(table.name.name, names):
            yield Removal(table.name.name)


def _names_beside(table: TableSchema, other: TableSchema) -> Iterator[str]:
    """Yield another table's name and columns, without those that only point at the table."""
    yield other.name.name
    pointing = {
        name.lower()
        for key in other.foreign_keys
        if key.table.lower() == table.name.name.lower()
        for name in key.columns
    }
    yield from (one.name for one in other.columns if one.name.lower() not in pointing)


def _is_elsewhere(
    table: TableSchema, scopes: Sequence[Scope], tables: Sequence[TableSchema]
) -> bool:
    """Whether the keys in other tables are all that is read of a table."""
    used = {
        column.name.lower()
        for scope in scopes
        for column in scope.columns
        if _source(column, scope, tables) is table
    }
    referred = _referred(table, tables)
    return bool(referred) and used <= referred


def _is_alone(name: str, others: Sequence[str]) -> bool:
    meaning = _meaning(name)
    return not any(meaning & _meaning(other) for other in others)


def _meaning(name: str) -> set[str]:
    """Return the words of a name and those that may stand for them."""
    words = set(words_of(name))
    return words.union(*(group for group in _ALIKE if group & words))
