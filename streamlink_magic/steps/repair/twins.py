"""Two tables of one query under the same alias."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import TableSchema
    from streamlink_magic.steps.repair.statement import Known, Statement

_PAIR = 2


def part_twins(statement: Statement, known: Known) -> Iterator[str]:
    """Give the second of two tables with one alias its own name, and each its columns.

    ``employee e JOIN evaluation e ON e.id = e.id`` reads as a join on the column of both. A
    column that only one of the tables has is that one's; of the two in a condition of the join
    the first is the first table's; any other is taken from the first.
    """
    for query in list(statement.tree.find_all(exp.Select)):
        nodes = _tables(query)
        for index, node in enumerate(nodes):
            twin = next((one for one in nodes[:index] if _alias(one) == _alias(node)), None)
            first, second = known.table(twin.name) if twin else None, known.table(node.name)
            if first is None or second is None or first == second:
                continue
            written, new = node.alias_or_name, _free_name(second, nodes)
            own = new == node.name
            node.set("alias", None if own else exp.TableAlias(this=exp.to_identifier(new)))
            _share(query, written, new, first, second)
            yield f"{second.name.name} is called {new}: {written} stood for two tables."


def _tables(query: exp.Select) -> list[exp.Table]:
    begin = query.args.get("from_")
    places = [begin, *(query.args.get("joins") or ())]
    return [one.this for one in places if one is not None and isinstance(one.this, exp.Table)]


def _alias(table: exp.Table) -> str:
    return table.alias_or_name.casefold()


def _free_name(table: TableSchema, nodes: list[exp.Table]) -> str:
    taken, name = {_alias(one) for one in nodes}, table.name.name
    return name if name.casefold() not in taken else f"{name}_2"


def _share(
    query: exp.Select, written: str, new: str, first: TableSchema, second: TableSchema
) -> None:
    for column in list(query.find_all(exp.Column)):
        if column.table.casefold() != written.casefold():
            continue
        holders = [table for table in (first, second) if _has(table, column.name)]
        if holders == [second] or (len(holders) == _PAIR and _is_second(column)):
            column.set("table", exp.to_identifier(new))


def _is_second(column: exp.Column) -> bool:
    """Return whether a column is the right side of a join's equality."""
    equal = column.parent
    if not isinstance(equal, exp.EQ) or equal.right is not column:
        return False
    return isinstance(equal.find_ancestor(exp.Join, exp.Select), exp.Join)


def _has(table: TableSchema, name: str) -> bool:
    return name.casefold() in {column.name.casefold() for column in table.columns}
