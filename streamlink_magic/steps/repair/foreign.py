"""A name compared with a number that stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.nearness import folded
from streamlink_magic.steps.repair.fitness import compared_texts
from streamlink_magic.steps.repair.ways import free_alias, join_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import Column, Join, TableSchema
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement


@dataclass(frozen=True, slots=True)
class _Name:
    """A column of names, and the join to it from a number that stands for them."""

    join: Join
    table: TableSchema
    column: Column


_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def name_foreign(statement: Statement, known: Known) -> Iterator[str]:
    """Compare a name with the table that holds it, where it is compared with that table's key.

    ``flights.airline = 'JetBlue'`` fails as soon as it runs where ``airline`` is the number of
    a row in ``airlines``. The table is joined, and its own column compared, where one of its
    columns alone holds that text.
    """
    for view in statement.views(known.tables):
        for column in list(view.columns()) if isinstance(view.query, exp.Select) else ():
            texts = [one.name for one in compared_texts(column) if not _is_number(one.name)]
            source = _numeric_home(view, column) if texts else None
            found = _holders(source, column, texts, known) if source else []
            if source and len(found) == 1:
                yield _compared(view, column, source, found[0])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numeric_home(view: ScopeView, column: exp.Column) -> Source | None:
    homes = [one for one in view.sources if column.table.casefold() in {"", one.alias.casefold()}]
    homes = [one for one in homes if one.table and one.has(column.name)]
    if len(homes) != 1 or homes[0].table is None:
        return None
    kinds = [
        one.type for one in homes[0].table.columns if one.name.casefold() == column.name.casefold()
    ]
    return homes[0] if kinds and kinds[0].casefold().startswith(_NUMBERS) else None


def _holders(source: Source, column: exp.Column, texts: list[str], known: Known) -> list[_Name]:
    """Return the columns behind a key in which all of the texts are known to be."""
    found = []
    for join in known.profile.joins:
        own = tuple(name.casefold() for name in join.left_columns) == (column.name.casefold(),)
        there = known.table(join.right.name) if own else None
        if source.table is None or there is None or join.left != source.table.name:
            continue
        held = (one for one in there.columns if _holds(known, there, one, texts))
        found += [_Name(join, there, one) for one in held]
    return found


def _holds(known: Known, table: TableSchema, column: Column, texts: list[str]) -> bool:
    values = known.profile.of(table.name, column.name)
    held = {folded(value) for value in values.values} if values else set()
    return bool(held) and all(folded(text) in held for text in texts)


def _compared(view: ScopeView, column: exp.Column, source: Source, name: _Name) -> str:
    joins = list(view.query.args.get("joins") or ())
    table, join = name.table, name.join
    there = next((one for one in view.sources if one.table == table), None)
    alias = there.alias if there else free_alias(view, joins, table.name.name)
    if there is None:
        _keep_meaning(view, table)
        joins.append(join_node(join, join.left, source.alias, join.right, alias))
        view.query.set("joins", joins)
    written = column.sql(dialect="spark")
    column.set("table", exp.to_identifier(alias))
    column.set("this", exp.to_identifier(name.column.name))
    real = f"{table.name.name}.{name.column.name}"
    return f"{written} is a number: its name was looked for in {real}."


def _keep_meaning(view: ScopeView, table: TableSchema) -> None:
    """Qualify the names that the table to come would make unclear."""
    names = {one.name.casefold() for one in table.columns}
    for column in view.columns():
        holders = [one for one in view.sources if one.has(column.name)]
        if not column.table and column.name.casefold() in names and len(holders) == 1:
            column.set("table", exp.to_identifier(holders[0].alias))
