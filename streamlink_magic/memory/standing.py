"""How a kept answer stands today: whether its tables changed and the guard would let it run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.memory.fingerprint import find_tables, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.memory.entries import KeptAnswer
    from streamlink_magic.memory.recall import Vet
    from streamlink_magic.records import TableSchema


def standing(entry: KeptAnswer, tables: Sequence[TableSchema], vet: Vet) -> str:
    """Return ``in use``, or why the answer serves as no example, in words.

    Parameters
    ----------
    tables
        What the catalog shows now.
    vet
        The guard's word on a statement.
    """
    found = find_tables(entry.tables, tables)
    if found is None:
        return "not used: a table of it is not here"
    changed = bool(entry.schema) and fingerprint(found) != entry.schema
    reason = vet(entry.sql)
    if reason:
        return f"stale, since its tables changed: {reason}" if changed else f"not used: {reason}"
    return "in use; checked again, since its tables changed" if changed else "in use"
