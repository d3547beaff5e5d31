"""Look at an answer for what should make a reader doubt it, without running anything."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from streamlink_magic.records import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import QueryResult

_FILTERS = 6
_FILTER_CHARS = 80
_NAMES = 5
_ORDERS = ("order", "sort", "cluster")


def check_answer(sql: str, result: QueryResult) -> tuple[Check, ...]:
    """Return what stands out in an answer, a sentence each; one ``ok`` when nothing does.

    Parameters
    ----------
    sql
        The statement that ran.
    result
        Its first rows.

    Examples
    --------
    >>> from streamlink_magic.records import Column, QueryResult
    >>> check_answer("SELECT 1 AS one", QueryResult((Column("one", "int"),), ((1,),)))[0].level
    'ok'
    """
    tree = _parsed(sql)
    found = (*_emptiness(tree, result), *_order(tree, result), *_names(result))
    return found or (Check("ok", "The answer has rows, values in every column, and clear names."),)


def _parsed(sql: str) -> exp.Query | None:
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except (SqlglotError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Query) else None


def _emptiness(tree: exp.Query | None, result: QueryResult) -> Iterator[Check]:
    if not result.columns:
        yield Check("warning", "The answer has no columns.")
    elif not result.rows:
        yield Check("warning", _no_rows(tree))
    else:
        yield from _nulls(result)


def _no_rows(tree: exp.Query | None) -> str:
    filters = list(dict.fromkeys(_filters(tree))) if tree else []
    if not filters:
        return "No row came back."
    listed = "; ".join(filters[:_FILTERS]) + ("; …" if len(filters) > _FILTERS else "")
    return f"No row came back; what may have left none is: {listed}."


def _filters(tree: exp.Query) -> Iterator[str]:
    """Yield every condition that a row must meet, as SQL."""
    for clause in tree.find_all(exp.Where, exp.Having, exp.Qualify):
        terms = clause.this.flatten() if isinstance(clause.this, exp.And) else (clause.this,)
        yield from map(_shortened, terms)


def _shortened(term: exp.Expr) -> str:
    text = _written(term)
    return text if len(text) <= _FILTER_CHARS else f"{text[:_FILTER_CHARS]}…"


def _written(term: exp.Expr) -> str:
    if isinstance(term, exp.Not) and isinstance(term.this, exp.Is):
        return f"{_written(term.this.this)} IS NOT {_written(term.this.expression)}"
    sql = term.sql(dialect="spark", unsupported_level=ErrorLevel.IGNORE)
    return " ".join(sql.split())


def _nulls(result: QueryResult) -> Iterator[Check]:
    empty = [
        column.name
        for index, column in enumerate(result.columns)
        if all(row[index] is None for row in result.rows)
    ]
    if not empty:
        return
    if len(result.rows) > 1:
        yield Check("warning", f"Without a value in every row shown: {_listed(empty)}.")
        return
    cause = "an aggregate over no rows gives null" if len(empty) == len(result.columns) else ""
    yield Check(
        "warning", f"The only row has no value for {_listed(empty)}{cause and ': '}{cause}."
    )


def _order(tree: exp.Query | None, result: QueryResult) -> Iterator[Check]:
    unordered = tree is not None and not _ordered(tree)
    if result.more:
        which = "which ones is arbitrary, since the query has no ORDER BY" if unordered else ""
        count = f"{len(result.rows):,}"
        if result.cut_at:
            yield Check("warning", f"The result was cut at {result.cut_at}: only its first rows.")
        yield Check(
            "note", f"The result has more rows than the {count} shown{which and '; '}{which}."
        )
    if tree is not None and any(_cuts_arbitrarily(limit) for limit in tree.find_all(exp.Limit)):
        yield Check(
            "note", "The query uses LIMIT without ORDER BY: which rows it keeps is arbitrary."
        )


def _ordered(tree: exp.Query) -> bool:
    query = tree.unnest() if isinstance(tree, exp.Subquery) else tree
    return any(each.args.get(order) for each in (tree, query) for order in _ORDERS)


def _cuts_arbitrarily(limit: exp.Limit) -> bool:
    query = limit.parent
    if not isinstance(query, exp.Query) or _ordered(query):
        return False
    # EXISTS asks for any row at all, and one total is one row, in whatever order.
    return not isinstance(query.parent, exp.Exists) and not _is_one_row(query)


def _is_one_row(query: exp.Query) -> bool:
    return (
        isinstance(query, exp.Select)
        and not query.args.get("group")
        and any(item.find(exp.AggFunc) and not item.find(exp.Window) for item in query.expressions)
    )


def _names(result: QueryResult) -> Iterator[Check]:
    counts = Counter(column.name.casefold() for column in result.columns)
    repeated = {
        column.name.casefold(): column.name
        for column in reversed(result.columns)
        if counts[column.name.casefold()] > 1
    }
    if repeated:
        names = _listed(sorted(repeated.values()))
        yield Check("warning", f"More than one column has the same name: {names}.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES]) + (", …" if len(names) > _NAMES else "")
