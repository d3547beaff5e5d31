"""What in a statement is valid and may still not mean what its writer meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.advise.read import Read, is_one_row, joins_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SLASHED = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_NUMBERS = ("int", "bigint", "smallint", "tinyint", "float", "double", "decimal")
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ADDED = (exp.Sum, exp.Avg, exp.Count)
_ARBITRARY = (exp.First, exp.Last, exp.AnyValue, exp.ArrayAgg)
_NUMBERED = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)


def find_traps(read: Read) -> tuple[str, ...]:
    """Return what could go wrong, a sentence each, without knowing the data.

    Examples
    --------
    >>> from streamlink_magic.steps.advise import read_statement
    >>> find_traps(read_statement("SELECT * FROM a WHERE x = NULL"))
    ('x = NULL is never true; write x IS NULL.',)
    """
    found = (text for look in _LOOKS for text in look(read))
    return tuple(dict.fromkeys(found))


def _not_in(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(exp.Not):
        inner = node.this.unnest()
        if isinstance(inner, exp.In) and inner.args.get("query") is not None:
            yield (
                f"NOT IN gives no row at all as soon as the query in it returns one null; "
                f"write NOT EXISTS, or leave nulls of {written(inner.this)} out of it."
            )


def _compared_with_null(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(exp.EQ, exp.NEQ):
        if isinstance(node.expression, exp.Null):
            no = " NOT" if isinstance(node, exp.NEQ) else ""
            yield f"{written(node)} is never true; write {written(node.this)} IS{no} NULL."
    for inside in read.tree.find_all(exp.In):
        if any(isinstance(one, exp.Null) for one in inside.expressions):
            yield f"A NULL in {written(inside)} matches nothing; add OR … IS NULL."


def _nulls_left_out(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(exp.NEQ):
        if isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Literal):
            yield f"{written(node)} also leaves out the rows where {written(node.this)} is null."


def _arbitrary_rows(read: Read) -> Iterator[str]:
    for limit in read.tree.find_all(exp.Limit):
        query = limit.parent
        ordered = query is not None and any(query.args.get(one) for one in ("order", "sort"))
        if query is None or ordered or isinstance(query.parent, exp.Exists) or is_one_row(query):
            continue
        yield "LIMIT without ORDER BY: which rows it keeps is arbitrary and may change."


def _arbitrary_values(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(*_ARBITRARY):
        if not isinstance(node.parent, exp.Window):
            yield f"{written(node)} takes rows in whatever order they come."
    for window in read.tree.find_all(exp.Window):
        if isinstance(window.this, _NUMBERED) and not window.args.get("order"):
            yield f"{written(window)} has no ORDER BY: which row is which is arbitrary."


def _lost_order(read: Read) -> Iterator[str]:
    for query in read.tree.find_all(exp.Select):
        nested = isinstance(query.parent, (exp.Subquery, exp.CTE))
        if nested and query.args.get("order") and not query.args.get("limit"):
            yield "ORDER BY in a nested query is lost; order the outermost query."


def _undone_outer_join(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        where = select.args.get("where")
        for join in joins_of(select):
            if where is None or (join.side or "").upper() != "LEFT":
                continue
            alias = join.alias_or_name.casefold()
            for term in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
                if _needs_value_of(term, alias):
                    yield (
                        f"WHERE {written(term)} drops the rows without a match, so the LEFT JOIN "
                        f"of {join.alias_or_name} works as an inner join; move it into ON."
                    )


def _needs_value_of(term: exp.Expr, alias: str) -> bool:
    compared = isinstance(term, (*_COMPARED, exp.In, exp.Like, exp.Between))
    columns = term.find_all(exp.Column)
    return compared and any(one.table.casefold() == alias for one in columns)


def _counted_twice(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        joined = [
            join
            for join in joins_of(select)
            if (join.kind or "").upper() not in {"SEMI", "ANTI", "CROSS"}
            and not _is_key(read, join)
        ]
        added = [one for item in select.expressions for one in item.find_all(*_ADDED)]
        plain = [one for one in added if not isinstance(one.this, exp.Distinct)]
        if joined and plain:
            yield (
                f"{written(plain[0])} counts a row once for each match in "
                f"{joined[0].alias_or_name}; that is more than once where it has several."
            )


def _is_key(read: Read, join: exp.Join) -> bool:
    """Return whether a join can find one row at most: it names the table's whole key."""
    name = join.this.name.casefold()
    table = next((one for one in read.tables if one.name.name.casefold() == name), None)
    if table is None or not table.primary_key:
        return False
    on = join.args.get("on")
    alias = join.alias_or_name.casefold()
    named = {
        one.name.casefold()
        for one in (on.find_all(exp.Column) if on is not None else ())
        if one.table.casefold() == alias
    }
    return {column.casefold() for column in table.primary_key} <= named


def _counted_without_match(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        outer = [one for one in joins_of(select) if (one.side or "").upper() in {"LEFT", "FULL"}]
        counts = [one for item in select.expressions for one in item.find_all(exp.Count)]
        if outer and any(isinstance(one.this, exp.Star) for one in counts):
            yield (
                "count(*) over an outer join counts 1 where there is no match; "
                f"count a column of {outer[0].alias_or_name} instead."
            )


def _division(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(exp.Div):
        divisor = node.expression.unnest()
        if not isinstance(divisor, (exp.Literal, exp.Nullif)):
            yield (
                f"{written(node)} fails where {written(divisor)} is zero; "
                f"try_divide or nullif({written(divisor)}, 0) gives null instead."
            )


def _casts(read: Read) -> Iterator[str]:
    # sqlglot reads Spark's CAST as a cast that may fail quietly; only TRY_CAST is marked safe.
    for node in read.tree.find_all(exp.Cast):
        safe = node.args.get("safe") or isinstance(node.this, (exp.Literal, exp.Null))
        if not safe and read.type_of(node.this) in {"", "string"}:
            yield f"{written(node)} fails on the first text that does not fit; try_cast does not."


def _dates(read: Read) -> Iterator[str]:
    for text in read.tree.find_all(exp.Literal):
        if text.is_string and _SLASHED.match(text.this):
            yield f"'{text.this}' can be read as two dates; write it as DATE'yyyy-mm-dd'."
    for node in read.tree.find_all(exp.Between):
        high = node.args["high"].unnest()
        day = high.this if isinstance(high, exp.Cast) else high
        is_day = isinstance(day, exp.Literal) and bool(_DAY.match(day.this))
        if is_day and read.type_of(node.this).startswith("timestamp"):
            yield f"{written(node)} ends at the last day's midnight; compare with < the next day."


def _texts_as_numbers(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(*_COMPARED):
        sides = (node.this.unnest(), node.expression.unnest())
        for column, value in (sides, sides[::-1]):
            kind = read.type_of(column)
            if not isinstance(value, exp.Literal) or not kind:
                continue
            number = kind.startswith(_NUMBERS)
            if (kind == "string" and value.is_number) or (number and value.is_string):
                yield (
                    f"{written(node)} compares a {kind} with a {'text' if number else 'number'}: "
                    "a text that is no number makes the query fail."
                )


def _mixed_and_or(read: Read) -> Iterator[str]:
    for node in read.tree.find_all(exp.Or):
        if any(isinstance(side, exp.And) for side in (node.this, node.expression)):
            yield f"AND binds before OR in {written(node)}; brackets would say which is meant."


def _joined_rows(read: Read) -> Iterator[str]:
    for select in read.tree.find_all(exp.Select):
        if joins_of(select) and any(isinstance(one, exp.Star) for one in select.expressions):
            yield "SELECT * over a join returns columns that have the same name."


_LOOKS: tuple[Callable[[Read], Iterator[str]], ...] = (
    _not_in,
    _compared_with_null,
    _nulls_left_out,
    _undone_outer_join,
    _counted_twice,
    _counted_without_match,
    _division,
    _casts,
    _dates,
    _texts_as_numbers,
    _mixed_and_or,
    _arbitrary_rows,
    _arbitrary_values,
    _lost_order,
    _joined_rows,
)
