"""Look at a statement beside its question and what is known of the data, before it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.records import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import DataProfile, TableName, TableSchema

_MOST = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|longest|heaviest|maximum|top)\b|最多|最高|最大|最长",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:least|fewest|lowest|smallest|shortest|lightest|minimum|cheapest)\b|最少|最低|最小|最短",
    re.IGNORECASE,
)
_DATES = ("date", "timestamp")
_FEW = 0.01  # a share of nulls that changes no average worth a word
_DAY = 10  # characters of a day in the text of a point in time


def find_doubts(
    sql: str, question: str, tables: Sequence[TableSchema], profile: DataProfile
) -> tuple[Check, ...]:
    """Return what stands out in a statement, a sentence each.

    A sum or mean over rows that a join repeats; an order against the question's *most* or
    *least*; the share of nulls in what is averaged; and which dates the data hold where a date is
    looked at. Nothing is run: joins, nulls and dates are those of the profile, dates only where a
    table was read to its end.

    Parameters
    ----------
    tables
        The tables that the statement may read.

    Examples
    --------
    >>> from streamlink_magic.records import DataProfile
    >>> sql = "SELECT name FROM shops ORDER BY sales LIMIT 1"
    >>> find_doubts(sql, "Which shop has the highest sales?", (), DataProfile())[0].level
    'warning'
    """
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except (SqlglotError, RecursionError):
        return ()
    if not isinstance(tree, exp.Query):
        return ()
    named = {table.name.name.casefold(): table for table in tables}
    found = [*_order(tree, question)]
    for query in tree.find_all(exp.Select):
        read = _sources(query, named)
        found += _repeated(query, read, profile)
        found += _nulls(query, read, profile)
        found += _dates(query, read, profile)
    return tuple(dict.fromkeys(found))


def _order(tree: exp.Query, question: str) -> Iterator[Check]:
    """Yield a warning where the first row is the least and the most is asked for, or else."""
    order, most, least = tree.args.get("order"), _MOST.search(question), _LEAST.search(question)
    if order is None or tree.args.get("limit") is None or bool(most) == bool(least):
        return
    first = order.expressions[0]
    down = isinstance(first, exp.Ordered) and bool(first.args.get("desc"))
    if down != bool(most):
        word = (most or least).group(0)  # type: ignore[union-attr]  # one of them was found
        way = "downward" if down else "upward"
        yield Check("warning", f"The question says «{word}», and the rows are ordered {way}.")


def _sources(query: exp.Select, named: dict[str, TableSchema]) -> dict[str, TableSchema]:
    """Return the tables that a query itself reads, by folded alias."""
    begin = query.args.get("from_")
    places = [begin, *(query.args.get("joins") or ())]
    nodes = [one.this for one in places if one is not None and isinstance(one.this, exp.Table)]
    known = ((node.alias_or_name.casefold(), named.get(node.name.casefold())) for node in nodes)
    return {alias: table for alias, table in known if table is not None}


def _repeated(
    query: exp.Select, read: dict[str, TableSchema], profile: DataProfile
) -> Iterator[Check]:
    """Yield a warning for a sum or mean of a table whose rows a join repeats."""
    if len(read) < 2:  # noqa: PLR2004  no join, no repetition
        return
    tables = {table.name for table in read.values()}
    for total in query.find_all(exp.Sum, exp.Avg):
        column = total.this
        if not isinstance(column, exp.Column) or total.find_ancestor(exp.Select) is not query:
            continue
        home = _home(column, read)
        other = _many_side(home.name, tables, profile) if home else None
        if home is not None and other is not None:
            said, one = total.sql(dialect="spark"), home.name.name
            yield Check(
                "warning",
                f"{said} takes a row of {one} once for each row of {other.name} joined to it.",
            )


def _home(column: exp.Column, read: dict[str, TableSchema]) -> TableSchema | None:
    if column.table:
        return read.get(column.table.casefold())
    name = column.name.casefold()
    homes = [one for one in read.values() if name in {each.name.casefold() for each in one.columns}]
    return homes[0] if len(homes) == 1 else None


def _many_side(table: TableName, read: set[TableName], profile: DataProfile) -> TableName | None:
    """Return a table of the query whose rows refer to rows of this one."""
    for join in profile.joins:
        if join.right == table and join.left in read and join.left != table:
            return join.left
    return None


def _nulls(
    query: exp.Select, read: dict[str, TableSchema], profile: DataProfile
) -> Iterator[Check]:
    """Yield how many rows a mean leaves out because they have no value."""
    for mean in query.find_all(exp.Avg):
        column = mean.this
        table = _home(column, read) if isinstance(column, exp.Column) else None
        values = profile.of(table.name, column.name) if table else None
        if table is None or values is None or values.nulls < _FEW * values.rows or not values.nulls:
            continue
        place = f"{table.name.name}.{column.name}"
        where = "of its rows" if values.complete else f"of the {values.rows:,} rows looked at"
        share = f"{100 * values.nulls / values.rows:.1f} %"
        yield Check("note", f"{place} is null in {share} {where}; the average leaves them out.")


def _dates(
    query: exp.Select, read: dict[str, TableSchema], profile: DataProfile
) -> Iterator[Check]:
    """Yield from when to when the data are, for a date that a condition looks at."""
    where = query.args.get("where")
    for column in where.find_all(exp.Column) if where is not None else ():
        table = _home(column, read)
        values = profile.of(table.name, column.name) if table else None
        if table is None or values is None or not values.complete or not values.lowest:
            continue
        kinds = [one.type for one in table.columns if one.name.casefold() == column.name.casefold()]
        if kinds and kinds[0].casefold().startswith(_DATES):
            low, high = values.lowest[:_DAY], values.highest[:_DAY]
            place = f"{table.name.name}.{column.name}"
            yield Check("note", f"{place} goes from {low} to {high}.")
