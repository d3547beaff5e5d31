"""What in a statement makes Spark work hard, as far as its text tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.advise.read import Read, is_one_row, joins_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MADE = (exp.Explode, exp.ExplodeOuter, exp.Posexplode, exp.Inline)


def find_costs(read: Read) -> tuple[str, ...]:
    """Return what is costly, a sentence each.

    Examples
    --------
    >>> from streamlink_magic.steps.advise import read_statement
    >>> find_costs(read_statement("SELECT a.x FROM a WHERE x > 1 ORDER BY x"))
    ('Sorts all rows of the result; with a LIMIT only the first are kept.',)
    """
    found = (text for look in _LOOKS for text in look(read))
    return tuple(dict.fromkeys(found))


def _whole_tables(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        start = select.args.get("from_")
        source = start.this if start is not None else None
        limited = select.args.get("limit") and not select.args.get("order")
        if not isinstance(source, exp.Table) or select.args.get("where") or limited:
            continue
        if not _is_named_query(source):
            yield f"Reads all rows of {source.name}: no WHERE narrows them."
    for select in read.tree.find_all(exp.Select):
        if any(isinstance(one, exp.Star) for one in select.expressions):
            yield "Reads every column (*); naming a few lets files of columns be read in part."


def _is_named_query(table: exp.Table) -> bool:
    names = {cte.alias.casefold() for cte in table.root().find_all(exp.CTE)}
    return not table.db and table.name.casefold() in names


def _products(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        for join in joins_of(select):
            named = join.args.get("using") or join.args.get("method") == "NATURAL"
            on = join.args.get("on")
            if on is None and not named and not _joined_in_where(select, join):
                yield f"Joins every row with every row of {join.alias_or_name}: no condition."
            elif on is not None and not list(on.find_all(exp.EQ)):
                yield (
                    f"Compares every pair of rows: ON {written(on)} has no equality "
                    "by which rows could be sorted together."
                )


def _joined_in_where(select: exp.Select, join: exp.Join) -> bool:
    where = select.args.get("where")
    alias = join.alias_or_name.casefold()
    return where is not None and any(
        isinstance(one.this, exp.Column)
        and isinstance(one.expression, exp.Column)
        and alias in {one.this.table.casefold(), one.expression.table.casefold()}
        for one in where.find_all(exp.EQ)
    )


def _sorts(read: Read) -> Iterator[str]:
    for order in read.tree.find_all(exp.Order):
        query = order.parent
        if isinstance(query, exp.Query) and not query.args.get("limit") and not is_one_row(query):
            yield "Sorts all rows of the result; with a LIMIT only the first are kept."


def _windows(read: Read) -> Iterator[str]:
    for window in read.tree.find_all(exp.Window):
        if not window.args.get("partition_by") and not window.args.get("alias"):
            yield f"{written(window)} has no PARTITION BY: all rows go through one single task."


def _made_rows(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(*_MADE):
        yield f"{written(node)} makes a row of each item, and repeats the other columns in each."


def _distinct(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(exp.Union):
        if node.args.get("distinct"):
            yield "UNION compares all rows to leave out repeated ones; UNION ALL does not."
    for select in read.tree.find_all(exp.Select):
        if select.args.get("distinct"):
            yield "DISTINCT compares all rows of the result with each other."
    for count in read.tree.find_all(exp.Count):
        if isinstance(count.this, exp.Distinct):
            yield f"{written(count)} keeps every different value; approx_count_distinct need not."


def _unpushed(read: Read) -> Iterator[str]:
    for where in read.tree.find_all(exp.Where):
        for node in where.find_all(exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between):
            side = node.this.unnest()
            computed = isinstance(side, (exp.Func, exp.Cast)) and side.find(exp.Column)
            if computed and not side.find(exp.AggFunc, exp.Query):
                yield (
                    f"{written(node)} computes before it compares, so files and partitions "
                    "cannot be left unread by it; compare the bare column with a range."
                )
        for like in where.find_all(exp.Like):
            pattern = like.expression
            if isinstance(pattern, exp.Literal) and pattern.this.startswith("%"):
                yield f"{written(like)} begins with %: every value must be looked at."


def _correlated(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        outer = select.parent_select
        inside = isinstance(select.parent, (exp.Subquery, exp.Exists, exp.In))
        if outer is None or not inside:
            continue
        own = {one.alias_or_name.casefold() for one in select.find_all(exp.Table)}
        above = {one.alias_or_name.casefold() for one in outer.find_all(exp.Table)} - own
        if any(one.table.casefold() in above for one in select.find_all(exp.Column)):
            yield "A nested query looks at rows of the outer one: Spark makes a join of it."


_LOOKS: tuple[Callable[[Read], Iterator[str]], ...] = (
    _whole_tables,
    _products,
    _windows,
    _made_rows,
    _sorts,
    _distinct,
    _unpushed,
    _correlated,
)
