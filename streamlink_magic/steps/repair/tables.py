"""Tables that are not there under the name that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.names import near_name, spelled_otherwise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import TableSchema
    from streamlink_magic.steps.repair.statement import Known, Statement


def rename_tables(statement: Statement, known: Known) -> Iterator[str]:
    """Read an unknown table as the only one whose name is near and that has the columns."""
    ctes = {cte.alias.casefold() for cte in statement.tree.find_all(exp.CTE)}
    for node in list(statement.tree.find_all(exp.Table)):
        if not node.name or node.name.casefold() in ctes or known.table(node.name):
            continue
        table = _meant(node, known)
        if table is not None:
            written, alias = node.sql(dialect="spark"), node.alias_or_name
            _rename(node, table)
            _requalify(statement, alias, node.alias_or_name)
            yield f"{written} was read as {table.name.name}, the table's real name."


def _meant(node: exp.Table, known: Known) -> TableSchema | None:
    names = {one.name.name: one for one in known.tables}
    name = spelled_otherwise(node.name, names) or near_name(node.name, list(names))
    return names[name] if name else None


def _rename(node: exp.Table, table: TableSchema) -> None:
    node.set("this", exp.to_identifier(table.name.name))
    database = table.name.database if node.db else ""
    node.set("db", exp.to_identifier(database) if database else None)
    node.set("catalog", None)


def _requalify(statement: Statement, old: str, new: str) -> None:
    """Let columns that were qualified with the old name follow."""
    if old.casefold() == new.casefold():
        return
    for column in statement.tree.find_all(exp.Column):
        if column.table.casefold() == old.casefold():
            column.set("table", exp.to_identifier(new))
