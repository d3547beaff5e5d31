"""Cheap bounds on what a statement's own literals can blow up.

Analysing folds some expressions and building a plan copies named queries, so these bounds come
before either. One pass bottom-up estimates for each node how large a value it makes, how many
rows it invents (tables count as one: their size is no business of this rule) and how many nodes
it grows to once named queries are written out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.literals import constant, days_between, duration_s, is_free
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.tree import bottom_up, names, short, walk
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from streamlink_magic.records import PlanNode

MAX_VALUE = 1e7
MAX_ROWS = 1e8
MAX_VOLUME = 1e9
MAX_NODES = 100_000
MAX_CUBE = 8
MAX_RECURSION = 1_000
MAX_WINDOWS = 1_000
_STEP_AT = 2
_MINUTE_S = 60
_MANY_TIMES = 10
_COUNT_AT = {
    "repeat": 1, "space": 0, "lpad": 1, "rpad": 1, "array_repeat": 1, "randstr": 0,
    "format_number": 1, "array_insert": 1, "stack": 0,
}  # fmt: skip
_TIMES_FIRST = frozenset({"repeat", "array_repeat"})
_LOOPS = words(
    """
    transform filter exists forall aggregate reduce zip_with map_filter map_zip_with
    transform_keys transform_values array_sort
    """
)
_GENERATORS = words("explode explode_outer posexplode posexplode_outer")
_GROWING = frozenset({"concat", "array_union", "concat_ws", "flatten"})
_JOINING = words("Concat CreateNamedStruct LambdaFunction")
_SUMS = words("Union Except Intersect")
_SLOW_PATTERN = re.compile(r"\([^()]*[*+][^()]*\)\{(\d+)|\(\.[*+]\)[*+]|\([^().]{1,3}[*+]\)[*+]")


_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)[*+]")
_LONG_OPTION = 20


@dataclass(slots=True)
class _Growth:
    """What a node comes to: the size of its value, the rows it invents, its nodes written out."""

    value: float = 1.0
    rows: float = 1.0
    nodes: float = 1.0


def check_bounds(statement: PlanNode) -> None:
    """Check a parsed statement.

    Raises
    ------
    Refusal
        When its literals ask for too much.
    """
    growth: dict[int, _Growth] = {}
    named: dict[str, _Growth] = {}
    largest = 1.0
    for node in bottom_up(statement):
        _check_shape(node)
        below = [growth[id(child)] for child in node.children]
        own = _grow(node, below, named)
        growth[id(node)] = own
        largest = max(largest, own.value)
        if own.value > MAX_VALUE:
            raise Refusal("size", "One value would grow past ten million elements.", _name(node))
        if own.rows > MAX_ROWS or own.rows * largest > MAX_VOLUME:
            raise Refusal("size", "The statement makes up too many rows.", _name(node))
        if own.nodes > MAX_NODES:
            raise Refusal("size", "Its named queries grow without bound when written out.")


def _grow(node: PlanNode, below: list[_Growth], named: dict[str, _Growth]) -> _Growth:
    kind = short(node)
    own = _Growth(
        value=_value(node, [each.value for each in below]),
        rows=_rows(node, below),
        nodes=1 + sum(each.nodes for each in below),
    )
    if kind == "UnresolvedRelation":
        return named.get(".".join(names(node, "multipartIdentifier")).lower(), own)
    identifier = node.fields.get("identifier")
    if kind == "SubqueryAlias" and isinstance(identifier, Mapping):
        alias = str(identifier.get("name", "")).lower()
        named[alias] = _larger(own, named.get(alias, own))
    return own


def _rows(node: PlanNode, below: list[_Growth]) -> float:
    kind, name = short(node), _name(node)
    if kind == "UnresolvedTableValuedFunction" and name == "range":
        return _steps(node.children)
    if kind in _SUMS:
        return sum(each.rows for each in below)
    rows = math.prod(each.rows for each in below)
    if kind.startswith("Unresolved") and name in _GENERATORS:
        rows *= max([each.value for each in below], default=1.0)
    return rows


def _value(node: PlanNode, values: list[float]) -> float:
    kind = short(node)
    if kind == "UnresolvedFunction":
        return _result(_name(node), node, values)
    if kind == "Literal":
        return max(1.0, float(len(str(node.fields.get("value", "")))))
    if kind in _JOINING:
        return max(1.0, sum(values))
    return max(values, default=1.0)


def _larger(one: _Growth, other: _Growth) -> _Growth:
    """Return the worse of two: a name may be given twice, and only Spark knows which is meant."""
    return _Growth(
        max(one.value, other.value), max(one.rows, other.rows), max(one.nodes, other.nodes)
    )


def _result(name: str, node: PlanNode, values: list[float]) -> float:
    if name in _COUNT_AT:
        at = _COUNT_AT[name]
        count = _count(name, node.children[at]) if len(values) > at else 1.0
        return count * (values[0] if name in _TIMES_FIRST else 1.0)
    if name == "sequence":
        return _steps(node.children, inclusive=1)
    if name in _LOOPS:
        return math.prod(max(1.0, value) for value in values)
    return max(1.0, sum(values))


def _count(name: str, argument: PlanNode) -> float:
    value = constant(argument)
    if value is not None:
        return max(1.0, abs(value))
    if is_free(argument) and short(argument) != "Literal":
        raise Refusal("size", f"The count given to {name} cannot be foreseen.", name)
    return 1.0


def _steps(arguments: tuple[PlanNode, ...], *, inclusive: int = 0) -> float:
    numbers = [constant(argument) for argument in arguments]
    if None in numbers:
        return _time_steps(arguments)
    known = [number for number in numbers if number is not None]
    start, stop = (0.0, known[0]) if len(known) == 1 else (known[0], known[1])
    step = known[2] if len(known) > _STEP_AT and known[_STEP_AT] else 1.0
    return max(1.0, abs(stop - start) / abs(step) + inclusive)


def _time_steps(arguments: tuple[PlanNode, ...]) -> float:
    """Return the steps between two moments; moments that columns decide are left to run time."""
    if not all(is_free(argument) for argument in arguments):
        return 1.0
    step = duration_s(arguments[_STEP_AT]) if len(arguments) > _STEP_AT else 86_400.0
    days = days_between(arguments[0], arguments[1]) if len(arguments) > 1 else None
    if step is None or (days is None and step < _MINUTE_S):
        raise Refusal("size", "The length of this sequence cannot be foreseen.", "sequence")
    return max(1.0, (days if days is not None else 366.0) * 86_400 / step)


def _check_shape(node: PlanNode) -> None:
    kind, name = short(node), _name(node)
    if kind == "Cube" and len(node.children) > MAX_CUBE:
        raise Refusal("size", f"CUBE may have {MAX_CUBE} columns at most.", "CUBE")
    if kind == "UnresolvedWith":
        _check_recursion(node)
    if name == "window" and kind == "UnresolvedFunction":
        _check_time_window(node)
    if name in {"aggregate", "reduce"} and kind == "UnresolvedFunction":
        _check_fold(node)
    if kind == "RLike" or name.startswith("regexp") or name == "rlike":
        _check_pattern(node)
    if name in {"format_string", "printf"}:
        _check_format(node)


def _check_recursion(node: PlanNode) -> None:
    relations = node.fields.get("cteRelations")
    for relation in relations if isinstance(relations, list) else ():
        level = relation.get("_3") if isinstance(relation, Mapping) else None
        if isinstance(level, int) and level > MAX_RECURSION:
            raise Refusal("size", f"Recursion may go {MAX_RECURSION} deep at most.", "RECURSION")
    if node.fields.get("allowRecursion"):
        for child in node.children[:-1]:
            for inner in walk(child):
                _refuse_doubling(inner)


def _check_fold(node: PlanNode) -> None:
    for inner in walk(node):
        if inner is not node:
            _refuse_doubling(inner)


def _refuse_doubling(node: PlanNode) -> None:
    """Refuse a value that is joined to itself: each round would double it."""
    if short(node) != "Concat" and _name(node) not in _GROWING:
        return
    seen: set[tuple[str, ...]] = set()
    for inner in walk(node):
        if short(inner) in {"UnresolvedAttribute", "UnresolvedNamedLambdaVariable"}:
            name = names(inner, "nameParts")
            if name in seen:
                raise Refusal("size", "A value joined to itself in a loop doubles.", name[-1])
            seen.add(name)


def _check_time_window(node: PlanNode) -> None:
    if len(node.children) <= _STEP_AT:
        return
    length, slide = duration_s(node.children[1]), duration_s(node.children[2])
    if not length or not slide or length / slide > MAX_WINDOWS:
        raise Refusal("size", f"Windows may overlap {MAX_WINDOWS} times at most.", "window")


def _check_pattern(node: PlanNode) -> None:
    for child in node.children:
        # A pattern may be put together of pieces, none of which is slow by itself.
        pieces = [one for one in walk(child) if short(one) == "Literal"]
        slow = _slow_part("".join(str(one.fields.get("value", "")) for one in pieces))
        if slow:
            raise Refusal("pattern", "This pattern can take for ever on some texts.", slow)


def _slow_part(pattern: str) -> str:
    """Return the part of a pattern that can match one text in very many ways; empty for none.

    >>> _slow_part("^(a+)+$"), _slow_part("(a|aa)+b"), _slow_part("(foo|bar)+")
    ('(a+)+', '(a|aa)+', '')
    """
    match = _SLOW_PATTERN.search(pattern)
    if match and int(match.group(1) or _MANY_TIMES) >= _MANY_TIMES:
        return match.group()
    for choice in _CHOICE.finditer(pattern):
        options = choice.group(1).removeprefix("?:").split("|")
        if _is_ambiguous([one for one in options if one]):
            return choice.group()
    return ""


def _is_ambiguous(options: list[str]) -> bool:
    """Return whether some option is written twice, or is itself a row of options."""
    row = re.compile(f"(?:{'|'.join(map(re.escape, options))}){{2,}}") if options else None
    return len(set(options)) < len(options) or any(
        row is not None and len(one) <= _LONG_OPTION and row.fullmatch(one) for one in options
    )


def _check_format(node: PlanNode) -> None:
    template = str(node.children[0].fields.get("value", "")) if node.children else ""
    if re.search(r"%[^a-zA-Z%]*\d{5,}", template):
        raise Refusal("size", "A field of this format is too wide.", template)


def _name(node: PlanNode) -> str:
    name = node.fields.get("name")
    if isinstance(name, Mapping):
        return str(name.get("funcName", "")).lower()
    return (names(node, "nameParts") or names(node, "name") or ("",))[-1].lower()
