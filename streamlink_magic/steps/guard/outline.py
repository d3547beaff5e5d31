"""An analysed plan in words: what a query reads and does, one step a line, the last step first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.outputs import is_plan
from streamlink_magic.steps.guard.tree import part, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import PlanNode

MAX_LINES = 500
_NAMED_BY = {"Aggregate": "aggregateExpressions", "Project": "projectList"}
_TABLE_IN = {"LogicalRelation": "catalogTable", "HiveTableRelation": "tableMeta", "View": "desc"}
_SHOWN_NAMES = 12


def outline(statement: PlanNode) -> tuple[str, ...]:
    """Return the analysed plan of a statement as indented lines."""
    lines = list(_lines(statement.children[0], 0))
    more = len(lines) - MAX_LINES
    return (*lines[:MAX_LINES], f"… {more} more steps") if more > 0 else tuple(lines)


def _lines(root: PlanNode, level: int) -> Iterator[str]:
    stack = [(root, level)]
    while stack:
        node, level = stack.pop()
        if is_plan(node):
            yield "  " * level + _step(node)
            level += 1
        if short(node) == "View":
            continue  # what a view is made of is its owner's affair
        stack.extend((child, level) for child in reversed(node.children))


def _step(node: PlanNode) -> str:
    kind = short(node)
    if kind in _TABLE_IN:
        return f"{'View' if kind == 'View' else 'Table'} {_table(node, _TABLE_IN[kind])}".strip()
    if kind in _NAMED_BY:
        return f"{kind} {_names(part(node, _NAMED_BY[kind]))}".strip()
    if kind == "Join":
        return f"Join {_join_type(node)}".strip()
    identifier = node.fields.get("identifier")
    if kind == "SubqueryAlias" and isinstance(identifier, Mapping):
        return f"As {identifier.get('name', '')}"
    return kind


def _table(node: PlanNode, field: str) -> str:
    table = node.fields.get(field)
    identifier = table.get("identifier") if isinstance(table, Mapping) else None
    if not isinstance(identifier, Mapping):
        return ""
    parts = (identifier.get("database"), identifier.get("table"))
    return ".".join(str(one) for one in parts if one)


def _names(columns: tuple[PlanNode, ...]) -> str:
    names = [str(one.fields.get("name", "")) for one in columns[:_SHOWN_NAMES]]
    return ", ".join(names) + (", …" if len(columns) > _SHOWN_NAMES else "")


def _join_type(node: PlanNode) -> str:
    kind = node.fields.get("joinType")
    name = str(kind.get("object", "")) if isinstance(kind, Mapping) else ""
    return name.rpartition(".")[2].strip("$")
