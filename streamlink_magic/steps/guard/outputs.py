"""Which columns a node of an analysed plan hands up, told apart by the ids that Spark gave them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard import plans
from streamlink_magic.steps.guard.tree import inputs, part, short
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from streamlink_magic.records import PlanNode

_SAME_AS_INPUT = words(
    """
    CTERelationDef Deduplicate Distinct Filter GlobalLimit LimitAll LocalLimit Offset
    RebalancePartitions Repartition RepartitionByExpression ResolvedHint Sample Sort SubqueryAlias
    Tail View
    """
)
_OWN = {
    "Aggregate": ("aggregateExpressions",),
    "CTERelationRef": ("output",),
    "CommandResult": ("output",),
    "DataSourceV2Relation": ("output",),
    "Expand": ("output",),
    "HiveTableRelation": ("dataCols", "partitionCols"),
    "LocalRelation": ("output",),
    "LogicalRDD": ("output",),
    "LogicalRelation": ("output",),
    "OneRowRelation": (),
    "Project": ("projectList",),
    "Range": ("output",),
}
_RELATIONS = plans.RELATIONS | {plans.CACHED}
_ADDED = {"Generate": "generatorOutput", "Window": "windowExpressions"}
_HALF_JOINS = ("LeftSemi", "LeftAnti")


def is_plan(node: PlanNode) -> bool:
    """Return whether a node is a plan: it hands up rows, where an expression hands up a value."""
    return ".plans.logical." in node.kind or node.kind in _RELATIONS


def expression_id(node: PlanNode) -> int | None:
    """Return the id of a named expression, None where it has none."""
    identity = node.fields.get("exprId")
    number = identity.get("id") if isinstance(identity, Mapping) else None
    return number if isinstance(number, int) else None


def output(node: PlanNode) -> tuple[int, ...] | None:
    """Return the ids of the columns that a plan hands up, None where that is not known."""
    kind, below = short(node), inputs(node)
    if kind in _OWN:
        return _ids(tuple(one for field in _OWN[kind] for one in part(node, field)))
    if kind in _SAME_AS_INPUT:
        return output(below[0]) if len(below) == 1 else None
    way = _WAYS.get(kind)
    return way(node, below) if way is not None and below else None


def _of_first(_: PlanNode, below: tuple[PlanNode, ...]) -> tuple[int, ...] | None:
    return output(below[0])


def _of_last(_: PlanNode, below: tuple[PlanNode, ...]) -> tuple[int, ...] | None:
    return output(below[-1])


def _with_added(node: PlanNode, below: tuple[PlanNode, ...]) -> tuple[int, ...] | None:
    return _joined(output(below[0]), _ids(part(node, _ADDED[short(node)])))


def _of_lateral_join(node: PlanNode, below: tuple[PlanNode, ...]) -> tuple[int, ...] | None:
    inner = [plan for right in part(node, "right") for plan in part(right, "plan")]
    return _joined(output(below[0]), *map(output, inner)) if inner else None


def _of_join(node: PlanNode, below: tuple[PlanNode, ...]) -> tuple[int, ...] | None:
    left, right = below
    kind = str(node.fields.get("joinType"))
    if any(half in kind for half in _HALF_JOINS):
        return output(left)
    if "Existence" in kind:
        return None
    return _joined(output(left), output(right))


def _ids(named: tuple[PlanNode, ...]) -> tuple[int, ...] | None:
    found = [expression_id(one) for one in named]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else None


def _joined(*sides: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if any(side is None for side in sides):
        return None
    return tuple(one for side in sides if side is not None for one in side)


_WAYS: dict[str, Callable[[PlanNode, tuple[PlanNode, ...]], tuple[int, ...] | None]] = {
    "Except": _of_first,
    "Generate": _with_added,
    "Intersect": _of_first,
    "Join": _of_join,
    "LateralJoin": _of_lateral_join,
    "Union": _of_first,
    "Window": _with_added,
    "WithCTE": _of_last,
}
