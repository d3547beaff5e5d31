"""Spark's JSON of a tree, read so that nothing in it can be overlooked.

``TreeNode.toJSON`` writes a tree as a list in pre-order, a node of another tree inside it (a
subquery, a named query) as such a list within a field, and a value that it does not understand
as null. The first two become children here; every null is noted under ``unread``, and the rules
refuse a tree with a null that is not known to be harmless.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from streamlink_magic.records import PlanNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STATEMENT = "Statement"
"""The kind of the root that an analyser puts above Spark's own tree."""

UNREAD = "unread"
_NO_TREES = frozenset({"dataType", "explicitMetadata", "metadata", "schema"})


def read_tree(text: str) -> PlanNode:
    """Return the tree that Spark wrote as JSON.

    Raises
    ------
    ValueError
        When the text is not exactly one tree.

    Examples
    --------
    >>> read_tree('[{"class": "a.Not", "num-children": 1}, {"class": "a.B", "num-children": 0}]')
    PlanNode(kind='a.Not', fields={}, children=(PlanNode(kind='a.B', fields={}, children=()),))
    """
    return _build(json.loads(text))


def walk(root: PlanNode) -> Iterator[PlanNode]:
    """Yield every node, parents first."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def bottom_up(root: PlanNode) -> list[PlanNode]:
    """Return every node, children before their parent and in their order."""
    order: list[PlanNode] = []
    stack = [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(node.children)
    return order[::-1]


def depth(root: PlanNode) -> int:
    """Return the number of nodes on the longest way down."""
    deepest: dict[int, int] = {}
    for node in bottom_up(root):
        deepest[id(node)] = 1 + max((deepest[id(child)] for child in node.children), default=0)
    return deepest[id(root)]


def short(node: PlanNode) -> str:
    """Return the class name without its package."""
    return node.kind.rpartition(".")[2]


def part(node: PlanNode, field: str) -> tuple[PlanNode, ...]:
    """Return the trees that a field of the node holds."""
    return node.parts.get(field, ())


def inputs(node: PlanNode) -> tuple[PlanNode, ...]:
    """Return the node's own children, without the trees that its fields hold."""
    return node.children[sum(map(len, node.parts.values())) :]


def names(node: PlanNode, field: str) -> tuple[str, ...]:
    """Return a sequence of names that Spark wrote as ``[a, b]``."""
    text = node.fields.get(field)
    if not isinstance(text, str) or not text.startswith("["):
        return ()
    return tuple(text[1:-1].split(", "))


def _build(flat: object) -> PlanNode:
    if not isinstance(flat, list):
        raise ValueError("a tree is a list of nodes")  # noqa: TRY004  the text is wrong, not a type
    ready: list[PlanNode] = []
    for raw in reversed(flat):
        count = raw["num-children"]
        if count > len(ready):
            raise ValueError("a node of the tree is missing")
        children = [ready.pop() for _ in range(count)]
        ready.append(_node(raw, children))
    if len(ready) != 1:
        raise ValueError("one tree was expected")
    return ready[0]


def _node(raw: Mapping[str, object], children: list[PlanNode]) -> PlanNode:
    kind = str(raw["class"])
    unread: list[str] = []
    fields: dict[str, object] = {}
    parts: dict[str, tuple[PlanNode, ...]] = {}
    label = kind.rpartition(".")[2]
    for name, value in raw.items():
        if name in {"class", "num-children"}:
            continue
        fields[name] = value
        if _holds(value):
            nested: list[PlanNode] = []
            _look_into(value, name, f"{label}.{name}", nested, unread)
            if nested:
                parts[name] = tuple(nested)
    if unread:
        fields[UNREAD] = tuple(unread)
    held = [one for nodes in parts.values() for one in nodes]
    return PlanNode(kind, fields, (*held, *children), parts)


def _look_into(
    value: object, name: str, label: str, nested: list[PlanNode], unread: list[str]
) -> None:
    if value is None:
        unread.append(label)
    elif isinstance(value, list):
        if value and _is_node(value[0]):
            nested.append(_build(value))
            return
        for item in value:
            if _holds(item):
                _look_into(item, name, label, nested, unread)
    elif isinstance(value, dict):
        if name in _NO_TREES and "product-class" not in value:
            return
        owner = str(value.get("product-class", label)).rpartition(".")[2]
        for key, item in value.items():
            if _holds(item):
                _look_into(item, key, f"{owner}.{key}", nested, unread)


def _holds(value: object) -> bool:
    """Return whether a value must be looked into: JSON has no other that holds or hides one."""
    return value is None or isinstance(value, list | dict)


def _is_node(value: object) -> bool:
    return isinstance(value, dict) and "class" in value and "num-children" in value
