"""Which columns of a plan must be equal: what tells a join from a product of all with all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.outputs import expression_id, is_plan
from streamlink_magic.steps.guard.tree import part, short

if TYPE_CHECKING:
    from streamlink_magic.records import PlanNode

Pair = tuple[frozenset[int], frozenset[int]]


@dataclass(slots=True)
class Equalities:
    """The equalities that every row of a result keeps, between columns or expressions of them."""

    pairs: list[Pair] = field(default_factory=list)
    _root: dict[int, int] = field(default_factory=dict)

    def add(self, pair: Pair) -> None:
        """Note that two expressions are equal."""
        self.pairs.append(pair)
        one, other = pair
        if len(one) == 1 and len(other) == 1:
            self._root[self._find(next(iter(one)))] = self._find(next(iter(other)))

    def link(self, left: set[int], right: set[int]) -> bool:
        """Return whether an equality ties the columns of one side to those of the other."""
        if any(
            (one <= left and other <= right) or (one <= right and other <= left)
            for one, other in self.pairs
        ):
            return True
        known = {self._find(one) for one in left if one in self._root}
        return any(self._find(one) in known for one in right if one in self._root)

    def _find(self, one: int) -> int:
        while (above := self._root.setdefault(one, one)) != one:
            one = above
        return one


def equalities_of(root: PlanNode) -> Equalities:
    """Return the equalities of all filters, joins and plain renamings of a plan."""
    equal = Equalities()
    stack = [root]
    while stack:
        node = stack.pop()
        for condition in part(node, "condition") if is_plan(node) else ():
            for pair in _kept(condition):
                equal.add(pair)
        if short(node) == "Alias" and short(node.children[0]) == "AttributeReference":
            _add_renaming(node, equal)
        stack.extend(node.children)
    return equal


def _add_renaming(alias: PlanNode, equal: Equalities) -> None:
    new, old = expression_id(alias), expression_id(alias.children[0])
    if new is not None and old is not None:
        equal.add((frozenset({new}), frozenset({old})))


def _kept(condition: PlanNode) -> frozenset[Pair]:
    """Return the equalities that hold wherever a condition does."""
    kind = short(condition)
    if kind == "And":
        return _kept(condition.children[0]) | _kept(condition.children[1])
    if kind == "Or":
        return _kept(condition.children[0]) & _kept(condition.children[1])
    if kind not in {"EqualTo", "EqualNullSafe"}:
        return frozenset()
    one, other = (_ids(side) for side in condition.children)
    return frozenset({(one, other)}) if one and other else frozenset()


def _ids(expression: PlanNode) -> frozenset[int]:
    found: set[int] = set()
    stack: list[PlanNode] = [expression]
    while stack:
        node = stack.pop()
        if is_plan(node):
            continue
        one = expression_id(node) if short(node) == "AttributeReference" else None
        found.update(() if one is None else (one,))
        stack.extend(node.children)
    return frozenset(found)
