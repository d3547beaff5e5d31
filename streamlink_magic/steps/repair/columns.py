"""Columns looked for in the wrong place, or under a name that is nearly theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.fitness import may_hold
from streamlink_magic.steps.repair.names import near_name, same_name, spelled_otherwise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement


def respell(statement: Statement, known: Known) -> Iterator[str]:
    """Mend names that differ from a real one only in case, underscores or spaces."""
    for view in statement.views(known.tables):
        for column in view.missing():
            yield from _renamed(column, _own(view, column), spelled_otherwise)


def use_alias(statement: Statement, known: Known) -> Iterator[str]:
    """Qualify with the alias where a table that has one is called by its name."""
    for view in statement.views(known.tables):
        for column in view.missing():
            named = [one for one in view.sources if one.table and _is_called(one, column)]
            yield from _requalified(column, [one for one in named if one.has(column.name)])


def _is_called(source: Source, column: exp.Column) -> bool:
    name = source.table.name.name if source.table else ""
    return name.casefold() == column.table.casefold()


def rename_same(statement: Statement, known: Known) -> Iterator[str]:
    """Read a name as its own table's only one that says the same in other words."""
    for view in statement.views(known.tables):
        for column in view.missing():
            if column.table:
                yield from _renamed(column, _own(view, column), same_name)


def requalify(statement: Statement, known: Known) -> Iterator[str]:
    """Take a column from the only source of its query that has it."""
    for view in statement.views(known.tables):
        for column in view.missing():
            holders = [one for one in view.sources if one.has(column.name)]
            fitting = [one for one in holders if may_hold(known, one.table, column.name, column)]
            if not _names_absent_table(view, column, known):
                yield from _requalified(column, _unnamed(view, column, fitting))


def respell_elsewhere(statement: Statement, known: Known) -> Iterator[str]:
    """Take a column, spelled otherwise, from the only other source that has it."""
    for view in statement.views(known.tables):
        for column in view.missing():
            if not _names_absent_table(view, column, known):
                yield from _renamed(column, view.sources, spelled_otherwise)


def rename_near(statement: Statement, known: Known) -> Iterator[str]:
    """Read a name as the only one that is near to it; first in its own table, then in others."""
    for view in statement.views(known.tables):
        for column in view.missing():
            if _names_absent_table(view, column, known):
                continue
            done = list(_renamed(column, _own(view, column), near_name))
            yield from done or _renamed(column, view.sources, near_name)


def tell_apart(statement: Statement, known: Known) -> Iterator[str]:
    """Qualify a name that two joined tables share where the join makes both equal."""
    for view in statement.views(known.tables):
        equal = list(_equal_pairs(view))
        for column in view.columns():
            holders = [one.alias for one in view.sources if one.has(column.name)]
            if column.table or len(holders) != 2 or view.made_here(column):  # noqa: PLR2004
                continue
            ends = {(alias.casefold(), column.name.casefold()) for alias in holders}
            if ends in equal:
                column.set("table", exp.to_identifier(holders[0]))
                yield f"{column.name} was read from {holders[0]}; the join makes both equal."


def _names_absent_table(view: ScopeView, column: exp.Column, known: Known) -> bool:
    """Return whether a column says that it is of a table which has it and is not in the query."""
    table = known.table(column.table) if column.table else None
    if table is None or view.source(column.table) is not None:
        return False
    return spelled_otherwise(column.name, [one.name for one in table.columns]) is not None


def _unnamed(view: ScopeView, column: exp.Column, holders: Sequence[Source]) -> Sequence[Source]:
    """Of several holders return those whose column the same clause does not name already.

    Of one, too, among the outputs: nobody asks for the same column twice.
    """
    clause: exp.Expr = column
    while clause.parent is not None and clause.parent is not view.query:
        clause = clause.parent
    output = any(clause is one for one in view.selects)
    if len(holders) < 2 and not output:  # noqa: PLR2004
        return holders
    clauses = view.selects if output else (clause,)
    said = {
        other.table.casefold()
        for each in clauses
        for other in each.find_all(exp.Column)
        if other is not column and other.name.casefold() == column.name.casefold()
    }
    return [one for one in holders if one.alias.casefold() not in said]


def _own(view: ScopeView, column: exp.Column) -> Sequence[Source]:
    """Return where a column says that it is from: its qualifier, or any source."""
    if not column.table:
        return view.sources
    own = view.source(column.table)
    return (own,) if own else ()


def _requalified(column: exp.Column, holders: Sequence[Source]) -> Iterator[str]:
    if len(holders) != 1 or _equals_itself(column, holders[0].alias):
        return
    written = column.sql(dialect="spark")
    column.set("table", exp.to_identifier(holders[0].alias))
    yield f"{written} was read from {holders[0].alias}, the table that has it."


def _renamed(
    column: exp.Column, sources: Sequence[Source], find: Callable[..., str | None]
) -> Iterator[str]:
    """Rename a column where exactly one source offers exactly one such name."""
    found = [(one, real) for one in sources if (real := _find(find, column.name, one))]
    if len(found) != 1:
        return
    source, real = found[0]
    if _equals_itself(column, source.alias, real):
        return
    written = column.sql(dialect="spark")
    column.set("this", exp.to_identifier(real))
    if column.table and column.table.casefold() != source.alias.casefold():
        column.set("table", exp.to_identifier(source.alias))
    yield f"{written} was read as {column.sql(dialect='spark')}, the column's real name."


def _find(find: Callable[..., str | None], name: str, source: Source) -> str | None:
    if source.columns is None:
        return None
    names = list(source.columns.values())
    if find is not spelled_otherwise and source.table is not None:
        return find(name, names, source.table.name.name)
    return find(name, names)


def _equals_itself(column: exp.Column, alias: str, name: str = "") -> bool:
    """Return whether the column, read from this table, would be compared with itself."""
    compared = column.parent
    if not isinstance(compared, exp.Binary):
        return False
    other = compared.right if compared.left is column else compared.left
    return (
        isinstance(other, exp.Column)
        and other.name.casefold() == (name or column.name).casefold()
        and other.table.casefold() == alias.casefold()
    )


def _equal_pairs(view: ScopeView) -> Iterator[set[tuple[str, str]]]:
    """Yield the pairs of columns that inner joins make equal."""
    for join in view.query.args.get("joins") or ():
        if join.side or not join.args.get("on"):
            continue
        for equal in join.args["on"].find_all(exp.EQ):
            ends = (equal.left, equal.right)
            if all(isinstance(end, exp.Column) for end in ends):
                yield {(end.table.casefold(), end.name.casefold()) for end in ends}
