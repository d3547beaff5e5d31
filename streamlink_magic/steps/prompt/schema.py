"""Tables as the model reads them, and what data say of them.

The main form is the ``CREATE TABLE`` that code models know; the other one lists full names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.catalog.values import is_category
from streamlink_magic.records import DataProfile, TableName, TableSchema
from streamlink_magic.steps.prompt.names import as_data, comment_clause, plain_name, plain_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from streamlink_magic.records import Column, Join

_NOTHING_KNOWN = DataProfile()
_VALUES_SHOWN = 5
_VALUE_CHARS = 30
_NOTE_CHARS = 200
_BELIEVED = ("high", "medium")


def schema_text(table: TableSchema, database: str, profile: DataProfile = _NOTHING_KNOWN) -> str:
    """Return a table as a ``CREATE TABLE`` statement.

    Parameters
    ----------
    database
        The current database, whose name is left out of the tables' names.
    profile
        Known joins, which become foreign keys, and values, of which a few are shown.
    """
    lines = [_column_text(table, column, profile) for column in table.columns]
    lines += _keys(table, profile)
    body = ",\n".join(f"  {line}" for line in lines)
    name = table_name(table.name, database)
    return f"CREATE TABLE {name} (\n{body}\n){comment_clause(table.comment)};"


def columns_text(table: TableSchema, database: str, profile: DataProfile = _NOTHING_KNOWN) -> str:
    """Return a table as a list of its columns, each under its full name.

    A model that reads every column as ``table.column`` thinks more of where a column is from, and
    so errs elsewhere than over ``CREATE TABLE``: the two forms complement each other.
    """
    name = table_name(table.name, database)
    lines = [f"Table {name}{_note(table.comment)}"]
    for column in table.columns:
        said = _note(column.comment or _values(table, column, profile))
        lines.append(f"- {name}.{plain_name(column.name)} {plain_type(column.type)}{said}")
    return "\n".join(lines)


def _note(text: str) -> str:
    clean = as_data(text, _NOTE_CHARS)
    return f" -- {clean}" if clean else ""


def joins_text(tables: Sequence[TableSchema], database: str, profile: DataProfile) -> str:
    """Return how tables join, a condition a line; empty where nothing is known."""
    shown = {table.name: table_name(table.name, database) for table in tables}
    found: dict[str, None] = {}
    for table in tables:
        for key in table.foreign_keys:
            ends = zip(key.columns, key.references, strict=False)
            found[_condition(shown[table.name], plain_name(key.table), ends)] = None
        for join in profile.joins:
            if join.left == table.name and join.right in shown and _is_believed(join):
                ends = zip(join.left_columns, join.right_columns, strict=True)
                found[_condition(shown[join.left], shown[join.right], ends)] = None
    return "\n".join(found)


def _condition(left: str, right: str, ends: Iterable[tuple[str, str]]) -> str:
    return " AND ".join(
        f"{left}.{plain_name(one)} = {right}.{plain_name(two)}" for one, two in ends
    )


def _is_believed(join: Join) -> bool:
    return join.source != "inferred" or join.confidence in _BELIEVED


def shows_values(table: TableSchema, profile: DataProfile) -> bool:
    """Return whether the text of a table holds values from its rows."""
    return any(_values(table, column, profile) for column in table.columns if not column.comment)


def _column_text(table: TableSchema, column: Column, profile: DataProfile) -> str:
    comment = column.comment or _values(table, column, profile)
    return f"{plain_name(column.name)} {plain_type(column.type)}{comment_clause(comment)}"


def _values(table: TableSchema, column: Column, profile: DataProfile) -> str:
    """Return a few values of a text column that has few; its owner's comment says more."""
    known = profile.of(table.name, column.name)
    if known is None or not is_category(known):
        return ""
    shown = [as_data(value, _VALUE_CHARS) for value in known.values[:_VALUES_SHOWN]]
    more = ", …" if len(known.values) > _VALUES_SHOWN else ""
    return "values: " + ", ".join(shown) + more


def _keys(table: TableSchema, profile: DataProfile) -> Iterator[str]:
    if table.primary_key:
        yield f"PRIMARY KEY ({_names(table.primary_key)})"
    told = set()
    for key in table.foreign_keys:
        told.add(key.columns)
        target = f"{plain_name(key.table)} ({_names(key.references)})"
        yield f"FOREIGN KEY ({_names(key.columns)}) REFERENCES {target}"
    for join in profile.joins:
        own = join.left == table.name and join.left_columns not in told
        if own and _is_believed(join):
            target = f"{plain_name(join.right.name)} ({_names(join.right_columns)})"
            yield f"FOREIGN KEY ({_names(join.left_columns)}) REFERENCES {target}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(plain_name, names))


def table_name(name: TableName, database: str) -> str:
    """Return a table's name as SQL takes it, without the current database."""
    current = name.database.casefold() == database.casefold()  # Spark's names ignore case
    parts = (name.name,) if current else name.parts
    return ".".join(map(plain_name, parts))
