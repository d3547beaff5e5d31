"""The answer in one sentence, made from the rows."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from streamlink_magic.records import QueryResult

_COLUMNS = 3
_CHARS = 60
_GROUPED_FLOATS = 1e15
_TINY_FLOATS = 1e-5


def headline(tree: exp.Query | None, result: QueryResult | None) -> str:
    """Return one sentence about the result; ``tree`` tells whether a column was named."""
    if result is None:
        return "The SQL was not run."
    if not result.rows or not result.columns:
        return "The answer is empty: no row came back."
    if len(result.rows) > 1 or result.more:
        count = "More than " * result.more + f"{len(result.rows):,} rows"
        return f"{count}; the first is {_row(result)}"
    return f"One row: {_row(result)}" if len(result.columns) > 1 else _single(tree, result)


def _single(tree: exp.Query | None, result: QueryResult) -> str:
    value = spoken(result.rows[0][0])
    name = _given_name(tree)
    words = f"{_humanised(name)}: {value}" if name else f"The answer is {value}"
    return _ended(words)


def _ended(words: str) -> str:
    """Return a sentence with its full stop; ``Frontier Airlines Inc.`` has one."""
    return words if words.endswith((".", "…")) else f"{words}."


def _given_name(tree: exp.Query | None) -> str:
    """Return the alias of the only column, where the query gives one."""
    query = tree.unnest() if isinstance(tree, exp.Subquery) else tree
    if not isinstance(query, exp.Select) or len(query.expressions) != 1:
        return ""
    return str(query.expressions[0].alias)


def _humanised(name: str) -> str:
    """Return ``total_flights`` or ``totalFlights`` as ``Total flights``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").split()
    text = " ".join(word if word.isupper() else word.lower() for word in words)
    return _short(text[:1].upper() + text[1:])


def _row(result: QueryResult) -> str:
    pairs = zip(result.columns, result.rows[0], strict=True)
    shown = [f"{_short(column.name)} = {spoken(value)}" for column, value in pairs]
    return _ended(", ".join(shown[:_COLUMNS]) + (", …" if len(shown) > _COLUMNS else ""))


def spoken(value: object) -> str:
    """Return a value as it reads in a sentence.

    Examples
    --------
    >>> spoken(336776), spoken(7.3956001), spoken(None)
    ('336,776', '7.3956', 'null')
    """
    match value:
        case None:
            return "null"
        case bool() | int() | float() | Decimal():
            return _number(value)
        case bytes() | bytearray():
            return _short(f"0x{bytes(value[:_CHARS]).hex()}")
        case dict() | list():
            return _short(json.dumps(value, ensure_ascii=False, default=str))
        case _:
            return _short(str(value))


def _number(value: float | Decimal) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return f"{value:,f}" if value.is_finite() else str(value)
    return f"{value:,}"


def _float(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value and not _TINY_FLOATS <= abs(value) < _GROUPED_FLOATS:
        return f"{value:.6g}"
    places = 5 - (math.floor(math.log10(abs(value))) if value else 0)
    whole, _, rest = f"{value:,.{max(2, places)}f}".partition(".")
    digits = rest.rstrip("0")
    return f"{whole}.{digits}" if digits else whole


def _short(text: str) -> str:
    return text if len(text) <= _CHARS else f"{text[:_CHARS]}…"
