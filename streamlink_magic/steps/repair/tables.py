"""Tables that are not there under the name that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.names import near_name, spelled_otherwise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import TableSchema
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement


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


def swap_table(statement: Statement, known: Known) -> Iterator[str]:
    """Read another table under an alias where only that one has all columns taken from it.

    Two columns at least, and the question must speak of it, or not of the one that was written.
    """
    for view in statement.views(known.tables):
        lacking = {c.table.casefold() for c in view.missing() if view.source(c.table)}
        for source in [one for one in view.sources if one.alias.casefold() in lacking]:
            names = {
                c.name for c in view.columns() if c.table.casefold() == source.alias.casefold()
            }
            having = [one for one in known.tables if all(_has(one, name) for name in names)]
            if len(having) != 1 or len(names) < 2 or source.table is None:  # noqa: PLR2004
                continue
            table, read = having[0], {one.table for one in view.sources}
            if table in read or (
                known.never_mentions(table) and not known.never_mentions(source.table)
            ):
                continue
            yield from _swapped(view, source, table)


def _has(table: TableSchema, name: str) -> bool:
    return any(column.name.casefold() == name.casefold() for column in table.columns)


def _swapped(view: ScopeView, source: Source, table: TableSchema) -> Iterator[str]:
    for node in view.query.find_all(exp.Table):
        if node.alias_or_name == source.alias and node.alias and source.table:
            written = source.table.name.name
            _rename(node, table)
            yield f"{source.alias} was read as {table.name.name} instead of {written}."


def drop_unknown(statement: Statement, known: Known) -> Iterator[str]:
    """Leave a joined table out that is none where another of the query has all of its columns."""
    for view in statement.views(known.tables):
        for join in list(view.query.args.get("joins") or ()):
            alias = join.alias_or_name
            source = view.source(alias)
            is_table = isinstance(join.this, exp.Table)
            if source is None or source.columns is not None or join.side or not is_table:
                continue
            inside = {id(column) for column in join.find_all(exp.Column)}
            columns = [
                column
                for column in view.query.find_all(exp.Column)
                if column.table.casefold() == alias.casefold() and id(column) not in inside
            ]
            holders = [one for one in view.sources if all(one.has(c.name) for c in columns)]
            if columns and len(holders) == 1:
                for column in columns:
                    column.set("table", exp.to_identifier(holders[0].alias))
                joins = [one for one in view.query.args["joins"] if one is not join]
                view.query.set("joins", joins)
                name = join.this.name
                yield f"There is no table {name}; its columns were read from {holders[0].alias}."


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
