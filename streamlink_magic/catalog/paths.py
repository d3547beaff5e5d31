"""Ways from one table to another along known joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlink_magic.records import Join, TableName

    Path = tuple[Join, ...]

_LONGEST = 4


def shortest_paths(
    joins: Iterable[Join], starts: Iterable[TableName], goal: TableName
) -> tuple[Path, ...]:
    """Return every shortest chain of joins from any of the starts to the goal.

    Parameters
    ----------
    joins
        The joins that may be used, each in both directions.
    starts
        The tables that are there already.

    Returns
    -------
    tuple
        Chains of at most four joins, in the order in which they are walked. More than one
        means that there are several readings. Empty where there is no way, or the goal is a
        start.
    """
    known = tuple(joins)
    reached = set(starts)
    if goal in reached:
        return ()
    front: list[tuple[TableName, Path]] = [(start, ()) for start in reached]
    for _ in range(_LONGEST):
        front = [
            (there, (*path, join))
            for here, path in front
            for join in known
            if (there := other_end(join, here)) is not None and there not in reached
        ]
        found = tuple(path for there, path in front if there == goal)
        if found:
            return found
        reached |= {there for there, _ in front}
    return ()


def other_end(join: Join, table: TableName) -> TableName | None:
    """Return the table at the other end of a join; None when the table is at neither."""
    if join.left == table:
        return join.right
    return join.left if join.right == table else None
