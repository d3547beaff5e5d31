"""How tables join: declared keys, joins read from names and values, the user's corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.records import Join, TableName, TableSample, TableSchema


def find_joins(
    tables: Sequence[TableSchema],
    samples: Iterable[TableSample] = (),
    *,
    added: Iterable[Join] = (),
    removed: Iterable[Join] = (),
) -> tuple[Join, ...]:
    """Return the known joins, the surest first (signature; filled in next)."""
    raise NotImplementedError


def shortest_paths(
    joins: Iterable[Join], starts: Iterable[TableName], goal: TableName
) -> tuple[tuple[Join, ...], ...]:
    """Return every shortest chain of joins from any of the starts to the goal."""
    raise NotImplementedError
