"""Columns, constants and computations in words; SQL itself where words would say less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ErrorLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.steps.explain.words import Words

_SQL_CHARS = 120
_RANKS: dict[type[exp.Expr], str] = {
    exp.RowNumber: "the row number",
    exp.Rank: "the rank",
    exp.DenseRank: "the rank without gaps",
}
_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "the total of",
    exp.Avg: "the average of",
    exp.Min: "the smallest",
    exp.Max: "the largest",
    exp.Median: "the median of",
    exp.Stddev: "the standard deviation of",
    exp.Variance: "the variance of",
    exp.ArrayUniqueAgg: "the different values of",
    exp.ArrayAgg: "all values of",
    exp.ApproxDistinct: "roughly the number of different values of",
}


# What the wordings below tell; an expression that holds anything else is shown as SQL.
_TOLD = frozenset(
    (
        "this",
        "expression",
        "expressions",
        "alias",
        "low",
        "high",
        "query",
        "negate",
        "table",
        "db",
        "catalog",
        "to",
        "partition_by",
        "order",
        "over",
        "decimals",
        "big_int",
    )
)


def holds_more(node: exp.Expr) -> bool:
    """Return whether an expression says more than its wording would tell."""
    return any(part for name, part in node.args.items() if name not in _TOLD)


def say_value(words: Words, node: exp.Expr) -> str:
    """Return what an expression gives."""
    say = _sql if holds_more(node) else _VALUES.get(type(node), _sql)
    return say(words, node)


def _alias(words: Words, node: exp.Expr) -> str:
    return f"{words.value(node.this)} as {node.alias}"


def _paren(words: Words, node: exp.Expr) -> str:
    return f"({words.value(node.this)})"


def _star(words: Words, node: exp.Expr) -> str:
    return _sql(words, node) if any(node.args.values()) else "all columns"


def _column(words: Words, node: exp.Expr) -> str:
    parts = [part.name for part in node.parts] if isinstance(node, exp.Column) else [node.name]
    if len(parts) == 1:
        return words.value(node.this) if isinstance(node.this, exp.Star) else parts[0]
    table = words.tables.get(parts[0].lower(), parts[0])
    if isinstance(node.this, exp.Star):
        return f"all columns of {table}"
    # A single table needs no mention with each of its columns.
    only = len(words.tables) == 1 and parts[0].lower() in words.tables
    return ".".join(parts[1:] if only else [table, *parts[1:]])


def _subquery(words: Words, node: exp.Expr) -> str:
    return f"({words.query(node)})"


def _filtered(words: Words, node: exp.Expr) -> str:
    return f"{words.value(node.this)} where {words.condition(node.expression.this)}"


def _cast(words: Words, node: exp.Expr) -> str:
    # DATE '2013-01-01' is a cast in the tree; readers wrote a date.
    kind = node.args["to"].this
    moment = isinstance(node.this, exp.Literal) and kind in exp.DataType.TEMPORAL_TYPES
    return _sql(words, node.this if moment else node)


def _rank(_: Words, node: exp.Expr) -> str:
    return _RANKS[type(node)]


def _aggregate(words: Words, node: exp.Expr) -> str:
    what = node.this
    if node.expressions:
        return _sql(words, node)
    if isinstance(what, exp.Distinct):
        return f"{_AGGREGATES[type(node)]} the different {words.listed(what.expressions)}"
    return f"{_AGGREGATES[type(node)]} {words.value(what)}"


def _count(words: Words, node: exp.Expr) -> str:
    what = node.this
    if node.expressions:
        return _sql(words, node)
    if isinstance(what, exp.Distinct):
        return f"the number of different {words.listed(what.expressions)}"
    if isinstance(what, exp.Column) and not isinstance(what.this, exp.Star):
        return f"the number of rows with a {words.value(what)}"
    every = isinstance(what, (exp.Star, exp.Literal))
    return "the number of rows" if every else _sql(words, node)


def _rounded(words: Words, node: exp.Expr) -> str:
    places = node.args.get("decimals")
    how = f" to {words.value(places)} places" if places else ""
    return f"{words.value(node.this)} (rounded{how})"


def _window(words: Words, node: exp.Expr) -> str:
    text = words.value(node.this)
    if parts := node.args.get("partition_by"):
        text += f" within each {words.listed(parts)}"
    if order := node.args.get("order"):
        text += f" in order of {words.ordering(order.expressions)}"
    return text


def _sql(words: Words, node: exp.Expr) -> str:
    """Return the SQL itself, with tables in place of their aliases."""
    copy = node.copy()
    for column in list(copy.find_all(exp.Column)):
        column.replace(exp.Column(this=exp.Identifier(this=_column(words, column))))
    for identifier in copy.find_all(exp.Identifier):
        identifier.set("quoted", value=False)
    text = " ".join(copy.sql(dialect="spark", unsupported_level=ErrorLevel.IGNORE).split())
    return text if len(text) <= _SQL_CHARS else f"{text[:_SQL_CHARS]}…"


_VALUES: dict[type[exp.Expr], Callable[[Words, exp.Expr], str]] = {
    **dict.fromkeys(_AGGREGATES, _aggregate),
    **dict.fromkeys(_RANKS, _rank),
    exp.Alias: _alias,
    exp.Paren: _paren,
    exp.Column: _column,
    exp.Star: _star,
    exp.Window: _window,
    exp.Count: _count,
    exp.Subquery: _subquery,
    exp.Filter: _filtered,
    exp.Round: _rounded,
    exp.Cast: _cast,
}
