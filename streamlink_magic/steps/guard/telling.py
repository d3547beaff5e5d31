"""What a checked plan would cost to run, in sentences: what is read, how much, joined how.

It is read off the analysed plan that the guard has already looked at; nothing is planned or run
for it. What a view is made of is its owner's affair: of a view only the name and the size are
told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.cost import LEAVES, cost_of
from streamlink_magic.steps.guard.outputs import is_plan, output
from streamlink_magic.steps.guard.tree import names, part, short, walk
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import PlanNode, TableSize

_TABLE_IN = {"LogicalRelation": "catalogTable", "HiveTableRelation": "tableMeta", "View": "desc"}
_JOINS = {
    "Inner": "only rows with a match",
    "Cross": "every row with every row",
    "LeftOuter": "all rows of the first kept",
    "RightOuter": "all rows of the second kept",
    "FullOuter": "all rows of both kept",
    "LeftSemi": "only whether there is a match",
    "LeftAnti": "only rows without a match",
}
_MOVES = {"Aggregate": "grouping", "Sort": "sort", "Window": "window", "Join": "join"}
_DISTINCT = words("Distinct Deduplicate")
_KB, _MB, _GB, _TB = 1e3, 1e6, 1e9, 1e12
_PAIRS = 4


@dataclass(slots=True)
class _Read:
    """One table or view, and the sizes of the tables below it."""

    view: bool = False
    sizes: list[TableSize | None] = field(default_factory=list)


def tell_plan(root: PlanNode, sizes: Mapping[int, TableSize]) -> tuple[str, ...]:
    """Return what the plan of a checked query reads and does, a sentence each.

    Parameters
    ----------
    root
        The analysed tree.
    sizes
        The sizes of its tables, by the id of each table's first column.
    """
    reads: dict[str, _Read] = {}
    steps: list[PlanNode] = []
    for node, view in _in_the_open(root):
        if short(node) in LEAVES:
            read = reads.setdefault(
                view or _table(node) or "rows held in memory", _Read(bool(view))
            )
            first = (output(node) or (-1,))[0]
            read.sizes.append(sizes.get(first))
        elif is_plan(node) and not view:
            steps.append(node)
    return (
        *(_reading(name, read) for name, read in reads.items()),
        *(_join(node) for node in steps if short(node) == "Join"),
        *_moving(steps),
        *(_work(root, sizes) if reads and all(map(_is_known, reads.values())) else ()),
    )


def _in_the_open(root: PlanNode) -> Iterator[tuple[PlanNode, str]]:
    """Yield every node, and the name of the outermost view that it stands under."""
    stack = [(root, "")]
    while stack:
        node, view = stack.pop()
        yield node, view
        if not view and short(node) == "View":
            view = _table(node) or "a view"
        stack.extend((child, view) for child in reversed(node.children))


def _table(node: PlanNode) -> str:
    described = node.fields.get(_TABLE_IN.get(short(node), ""))
    identifier = described.get("identifier") if isinstance(described, Mapping) else None
    if not isinstance(identifier, Mapping):
        return ""
    return ".".join(str(identifier[one]) for one in ("database", "table") if identifier.get(one))


def _reading(name: str, read: _Read) -> str:
    kind = "the view " if read.view else ""
    if not _is_known(read):
        return f"Reads {kind}{name}; Spark has no size noted for it."
    known = [size for size in read.sizes if size is not None]
    amounts = [_bytes(sum(size.bytes or 0.0 for size in known))]
    for count, unit in (
        (sum(one.files for one in known), "file"),
        (sum(one.partitions for one in known), "partition"),
    ):
        if count:
            amounts.append(f"{count:,} {unit}{'' if count == 1 else 's'}")
    return f"Reads {kind}{name}: about {', '.join(amounts)}."


def _is_known(read: _Read) -> bool:
    return all(size is not None and size.bytes is not None for size in read.sizes)


def _bytes(count: float) -> str:
    """Return a number of bytes as people read it.

    >>> _bytes(968), _bytes(34_200_000)
    ('968 bytes', '34.2 MB')
    """
    for size, unit in ((_TB, "TB"), (_GB, "GB"), (_MB, "MB"), (_KB, "kB")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} bytes"


def _join(node: PlanNode) -> str:
    told = node.fields.get("joinType")
    name = str(told.get("object", "")) if isinstance(told, Mapping) else ""
    kind = _JOINS.get(name.rpartition(".")[2].strip("$"), "")
    pairs = [pair for one in part(node, "condition") for pair in _equal(one)]
    if not pairs:
        return "Joins without a key: every pair of rows is looked at."
    listed = " and ".join(pairs[:_PAIRS]) + (" and more" if len(pairs) > _PAIRS else "")
    return f"Joins on {listed}{f', {kind}' if kind else ''}."


def _equal(condition: PlanNode) -> Iterator[str]:
    kind = short(condition)
    if kind == "And":
        for side in condition.children:
            yield from _equal(side)
    elif kind in {"EqualTo", "EqualNullSafe"}:
        sides = [next(map(_column, _columns(side)), "an expression") for side in condition.children]
        yield " = ".join(sides)


def _columns(expression: PlanNode) -> Iterator[PlanNode]:
    return (node for node in walk(expression) if short(node) == "AttributeReference")


def _column(node: PlanNode) -> str:
    return ".".join((*names(node, "qualifier")[-1:], str(node.fields.get("name", ""))))


def _moving(steps: list[PlanNode]) -> Iterator[str]:
    """Tell what makes rows travel between tasks: the costly part of most queries."""
    kinds = Counter(_MOVES[short(one)] for one in steps if short(one) in _MOVES)
    kinds["removal of repeats"] = sum(short(one) in _DISTINCT for one in steps)
    told = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items() if count]
    if told:
        yield f"Rows may travel between tasks for {', '.join(told)}."


def _work(root: PlanNode, sizes: Mapping[int, TableSize]) -> Iterator[str]:
    cost = cost_of(root.children[0], sizes)
    yield (
        f"By those sizes, a rough guess: {cost.read:,.0f} rows are read, and each is handled "
        f"{max(cost.amplification, 1.0):,.0f} times."
    )
