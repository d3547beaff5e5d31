"""Aggregates beside plain columns, and conditions on aggregates in the wrong clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.steps.repair.statement import Known, Statement

_GROUPING = ("MISSING_AGGREGATION", "MISSING_GROUP_BY", "UNRESOLVED_COLUMN")
_ORDERED = "UNSUPPORTED_EXPR_FOR_OPERATOR"
_EXTREMES = (exp.Max, exp.Min)


def move_to_having(statement: Statement, known: Known) -> Iterator[str]:
    """Move a condition on an aggregate from WHERE, where Spark takes none, to HAVING."""
    if not known.failed_with("INVALID_WHERE_CONDITION"):
        return
    for select in statement.tree.find_all(exp.Select):
        where = select.args.get("where")
        if where is None:
            continue
        terms = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
        moved = [term for term in terms if _aggregates(term, select)]
        rest = [term for term in terms if term not in moved]
        if moved:
            select.set("where", exp.Where(this=exp.and_(*rest)) if rest else None)
            select.having(*moved, copy=False)
        for term in moved:
            written = term.sql(dialect="spark")
            yield f"{written} was moved from WHERE to HAVING, since it is about groups."


def group_by_selected(statement: Statement, known: Known) -> Iterator[str]:
    """Group by every selected column that is not aggregated.

    Where an aggregate stands in ORDER BY alone, Spark complains otherwise; then the rows of a
    join are meant, since each row of one table is a group of its own.
    """
    ordered = known.failed_with(_ORDERED)
    if not ordered and not known.failed_with(*_GROUPING[:2]):
        return
    for select in statement.tree.find_all(exp.Select):
        if ordered and not select.args.get("joins"):
            continue
        bare = [item for item in select.expressions if _is_bare(item, select)]
        if not bare or not _is_grouped(select):
            continue
        if select.args.get("group") is None and _one_extreme(select):
            yield from _of_the_extreme(select, bare)
            continue
        for item in bare:
            column = item.unalias()
            select.group_by(column.copy(), copy=False)
            yield f"GROUP BY was completed with {column.sql(dialect='spark')}, which is selected."


def order_distinct(statement: Statement, known: Known) -> Iterator[str]:
    """Order distinct rows by a column that is not among them: by its extreme in each."""
    if not known.failed_with(*_GROUPING):
        return
    for select in statement.tree.find_all(exp.Select):
        order = select.args.get("order")
        plain = all(isinstance(item.unalias(), exp.Column) for item in select.expressions)
        if not select.args.get("distinct") or order is None or not plain:
            continue
        chosen = {item.unalias().sql().casefold() for item in select.expressions}
        names = {item.alias_or_name.casefold() for item in select.expressions}
        for ordered in order.expressions:
            column = ordered.this
            if not isinstance(column, exp.Column) or column.name.casefold() in names:
                continue
            if column.sql().casefold() in chosen:
                continue
            down = ordered.args.get("desc")
            ordered.set("this", (exp.Max if down else exp.Min)(this=column.copy()))
            if select.args.get("distinct"):
                select.set("distinct", None)
                select.group_by(*(item.unalias().copy() for item in select.expressions), copy=False)
            which = "largest" if down else "smallest"
            yield f"Distinct rows were ordered by their {which} {column.name}."


def _is_grouped(select: exp.Select) -> bool:
    clauses = [*select.expressions, *(select.args.get(one) for one in ("order", "having"))]
    return bool(select.args.get("group")) or any(
        _aggregates(one, select) for one in clauses if one is not None
    )


def _aggregates(node: exp.Expr, select: exp.Select) -> bool:
    """Return whether an expression aggregates the rows of this very query."""
    return any(
        found.find_ancestor(exp.Select) is select and not isinstance(found.parent, exp.Window)
        for found in node.find_all(exp.AggFunc)
    )


def _is_bare(item: exp.Expr, select: exp.Select) -> bool:
    """Return whether a selected column is neither aggregated nor grouped."""
    column = item.unalias()
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star):
        return False
    group = select.args.get("group")
    for grouped in group.expressions if group else ():
        tables = {grouped.text("table").casefold(), column.table.casefold()} - {""}
        same = grouped.name.casefold() == column.name.casefold() and len(tables) < 2  # noqa: PLR2004
        if same or (grouped.name and grouped.name.casefold() == item.alias.casefold()):
            return False
    return True


def _one_extreme(select: exp.Select) -> bool:
    """Return whether the only aggregate is one MAX or MIN: the row that has it is meant."""
    found = [item.unalias() for item in select.expressions if _aggregates(item, select)]
    return len(found) == 1 and isinstance(found[0], _EXTREMES) and not select.args.get("having")


def _of_the_extreme(select: exp.Select, bare: list[exp.Expr]) -> Iterator[str]:
    extreme = next(i.unalias() for i in select.expressions if isinstance(i.unalias(), _EXTREMES))
    kind = exp.ArgMax if isinstance(extreme, exp.Max) else exp.ArgMin
    for item in bare:
        column = item.unalias()
        name = column.name
        new = kind(this=column.copy(), expression=extreme.this.copy())
        item.replace(exp.alias_(new, item.alias or name, quoted=True))
        yield f"{name} was taken from the row with the {extreme.sql(dialect='spark')}."
