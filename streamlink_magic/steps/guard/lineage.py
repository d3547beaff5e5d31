"""Which columns a query truly reads: followed through aliases, views, named queries and unions.

Spark gives every column of an analysed plan an id. A table hands up all of its columns, but only
those are read that reach the result or stand in a condition, a key or an order. Where a plan is
of a kind that is not known here, everything below it counts as read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.outputs import expression_id, is_plan, output
from streamlink_magic.steps.guard.tree import inputs, part, short, walk
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlink_magic.records import PlanNode

_COMPARES_ROWS = words("Deduplicate Distinct Except Intersect")
_HANDS_UP = {
    "Aggregate": "aggregateExpressions",
    "Project": "projectList",
    "Window": "windowExpressions",
}
_DECLARED = words("output generatorOutput dataCols partitionCols projections")
_UNSEEN_SUBQUERY = "Exists"
_SUBQUERIES = words("ScalarSubquery ListQuery LateralSubquery")
_COPIES = words("Alias Cast UpCast")


@dataclass(frozen=True, slots=True)
class Usage:
    """The ids of the columns that a query uses.

    Attributes
    ----------
    read
        Their values reach the result or decide about it.
    counted
        They stand alone inside ``count``.
    """

    read: frozenset[int]
    counted: frozenset[int]


def usage(root: PlanNode) -> Usage | None:
    """Return what an analysed plan uses of the columns below it; None where that is not known."""
    links = _Links()
    for node in walk(root):
        if is_plan(node):
            _follow(node, links)
        elif short(node) in _SUBQUERIES:
            links.hand_up(plan for plan in node.children if is_plan(plan))
    _follow_references(root, links)
    links.hand_up([root])
    return None if links.lost else links.usage()


@dataclass(slots=True)
class _Links:
    """Where values come from: by id, the ids that a column is computed from, copies or counts."""

    read: set[int] = field(default_factory=set)
    counted: set[int] = field(default_factory=set)
    values: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    copies: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    counts: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    lost: bool = False

    def hand_up(self, plans: Iterable[PlanNode]) -> None:
        """Count as read whatever some plans hand up."""
        for plan in plans:
            columns = output(plan)
            if columns is None:
                self.lost = True
            else:
                self.read.update(columns)

    def name(self, above: PlanNode, below: PlanNode) -> None:
        """Let the columns of one plan stand for those of another, by position."""
        mine, theirs = output(above), output(below)
        if mine is None or theirs is None or len(mine) != len(theirs):
            self.lost = True
            return
        for one, other in zip(mine, theirs, strict=True):
            if one != other:
                self.copies[one].add(other)

    def use(self, expression: PlanNode, *, for_id: int | None = None) -> None:
        """Note the columns that an expression holds: read at once, or as a value of ``for_id``."""
        read, counted = _columns(expression)
        if for_id is None:
            self.read |= read
            self.counted |= counted
        elif _is_copy(expression):
            self.copies[for_id] |= read - {for_id}
        else:
            self.values[for_id] |= read
            self.counts[for_id] |= counted

    def use_all(self, expressions: Iterable[PlanNode]) -> None:
        """Note the columns of expressions that decide about rows."""
        for expression in expressions:
            self.use(expression)

    def usage(self) -> Usage:
        """Return everything that is reached from what the query shows and decides by."""
        read = _reached(self.read, self.values, self.copies)
        counted = self.counted.union(*(self.counts[one] for one in read if one in self.counts))
        copied = _reached(counted, self.copies)
        computed = set().union(*(self.values[one] for one in copied if one in self.values))
        inner = set().union(*(self.counts[one] for one in copied if one in self.counts))
        read |= _reached(computed | inner, self.values, self.copies)
        return Usage(frozenset(read), frozenset(copied))


def _follow(node: PlanNode, links: _Links) -> None:
    kind = short(node)
    if kind == "Union":
        for plan in inputs(node):
            links.name(node, plan)
    elif kind == "Expand":
        _follow_projections(node, links)
    elif kind in _COMPARES_ROWS:
        links.hand_up(inputs(node))
    links.lost = links.lost or output(node) is None
    _follow_expressions(node, _HANDS_UP.get(kind, ""), links)


def _follow_expressions(node: PlanNode, handed_up: str, links: _Links) -> None:
    for one in part(node, handed_up):
        if short(one) == "Alias":
            links.use(one.children[0], for_id=expression_id(one))
        elif short(one) != "AttributeReference":
            links.use(one)
    for name, expressions in node.parts.items():
        if name != handed_up and name not in _DECLARED:
            links.use_all(one for one in expressions if not is_plan(one))


def _follow_references(root: PlanNode, links: _Links) -> None:
    named = {node.fields.get("id"): node for node in walk(root) if short(node) == "CTERelationDef"}
    for node in walk(root):
        if short(node) == "CTERelationRef":
            definition = named.get(node.fields.get("cteId"))
            if definition is None:
                links.lost = True
            else:
                links.name(node, definition)


def _follow_projections(node: PlanNode, links: _Links) -> None:
    """Follow a plan that makes several rows of one: each column comes from those at its place."""
    columns, projected = output(node), part(node, "projections")
    if not columns or not projected or len(projected) % len(columns):
        links.lost = True
        return
    for place, one in enumerate(projected):
        links.use(one, for_id=columns[place % len(columns)])


def _columns(expression: PlanNode) -> tuple[set[int], set[int]]:
    """Return the ids of the columns that an expression reads and of those that it only counts."""
    read: set[int] = set()
    counted: set[int] = set()
    stack = [expression]
    while stack:
        node = stack.pop()
        if is_plan(node):
            continue  # a subquery's plan is followed by itself
        if short(node) == "Count" and node.children:
            alone = [_bare(child) for child in node.children]
            if all(one is not None for one in alone):
                counted.update(one for one in alone if one is not None)
                continue
        if short(node) == "AttributeReference":
            found = expression_id(node)
            if found is not None:
                read.add(found)
        stack.extend(node.children)
    return read, counted


def _bare(node: PlanNode) -> int | None:
    while short(node) in _COPIES and node.children:
        node = node.children[-1]
    return expression_id(node) if short(node) == "AttributeReference" else None


def _is_copy(expression: PlanNode) -> bool:
    return _bare(expression) is not None


def _reached(start: set[int], *ways: defaultdict[int, set[int]]) -> set[int]:
    found = set(start)
    stack = list(start)
    while stack:
        one = stack.pop()
        for way in ways:
            for other in way.get(one, ()):
                if other not in found:
                    found.add(other)
                    stack.append(other)
    return found
