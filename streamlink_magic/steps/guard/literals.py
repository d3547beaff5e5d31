"""What a literal expression of a parsed tree comes to, as far as it matters for bounds."""

from __future__ import annotations

import operator
import re
from datetime import date
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.tree import names, short, walk
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.records import PlanNode

_UNITS = {
    "microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0, "hour": 3600.0,
    "day": 86_400.0, "week": 604_800.0, "month": 2_592_000.0, "quarter": 7_776_000.0,
    "year": 31_536_000.0,
}  # fmt: skip
_CASTS = words("tinyint smallint int bigint float double decimal string")
_ATTRIBUTES = words(
    """
    UnresolvedAttribute UnresolvedStar UnresolvedNamedLambdaVariable ScalarSubquery Exists
    """
)
_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "Add": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
    "Divide": operator.truediv,
    "IntegralDivide": operator.truediv,
    "pow": operator.pow,
    "power": operator.pow,
}
_DATE = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")


def constant(node: PlanNode) -> float | None:
    """Return the number that an expression of literals comes to, None where it is no such thing."""
    kind = short(node)
    if kind == "Literal":
        return _number(node)
    values = [constant(child) for child in node.children]
    known = [value for value in values if value is not None]
    if not known or len(known) != len(values):
        return None
    name = names(node, "nameParts")[-1:]
    if kind == "Cast" or (name and name[0].lower() in _CASTS):
        return known[0]
    try:
        return _arithmetic(kind, name[0].lower() if name else "", known)
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return None


def is_free(node: PlanNode) -> bool:
    """Return whether an expression holds no column, variable or subquery."""
    return not any(short(inner) in _ATTRIBUTES for inner in walk(node))


def duration_s(node: PlanNode) -> float | None:
    """Return the length in seconds of an interval literal or of a text such as ``5 minutes``."""
    if short(node) == "UnaryMinus":
        return duration_s(node.children[0])
    text, kind = str(node.fields.get("value", "")), node.fields.get("dataType")
    if short(node) != "Literal" or not isinstance(kind, str):
        return None
    if kind.startswith("interval") and text.lstrip("-").isdigit():
        months = kind.startswith(("interval year", "interval month"))
        return abs(int(text)) * (_UNITS["month"] if months else 1e-6)
    found = re.findall(r"(-?\d+(?:\.\d+)?)\s*([a-z]+?)s?\b", text.lower())
    if not found or any(unit not in _UNITS for _, unit in found):
        return None
    return abs(sum(float(count) * _UNITS[unit] for count, unit in found))


def days_between(start: PlanNode, stop: PlanNode) -> float | None:
    """Return the days between two dates or timestamps that are written out."""
    first, last = _day(start), _day(stop)
    return None if first is None or last is None else abs((last - first).days) + 1.0


def _number(node: PlanNode) -> float | None:
    kind = node.fields.get("dataType")
    if not isinstance(kind, str) or kind.startswith(("interval", "date", "timestamp", "boolean")):
        return None
    try:
        return float(str(node.fields.get("value", "")))
    except ValueError:
        return None


def _arithmetic(kind: str, name: str, known: list[float]) -> float | None:
    if kind == "UnaryMinus":
        return -known[0]
    operation = _OPERATIONS.get(kind) or _OPERATIONS.get(name)
    return float(operation(known[0], known[1])) if operation is not None else None


def _day(node: PlanNode) -> date | None:
    for inner in walk(node):
        match = _DATE.search(str(inner.fields.get("value", "")))
        if short(inner) == "Literal" and match:
            year, month, day = match.groups()
            try:
                return date(int(year), int(month), int(day or 1))
            except ValueError:
                return None
    return None
