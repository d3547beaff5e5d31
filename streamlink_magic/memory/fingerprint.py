"""Whether the tables of a kept answer still look as they did."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.records import TableSchema

_CHARS = 16


def fingerprint(tables: Iterable[TableSchema]) -> str:
    """Return a short digest of the tables' names, columns and types.

    The order of the tables, letter case and comments do not count: none changes what a query
    means.
    """
    lines = sorted(
        [
            one.name.name.casefold(),
            *sorted(f"{column.name} {column.type}".casefold() for column in one.columns),
        ]
        for one in tables
    )
    return hashlib.sha256(repr(lines).encode("utf-8", "surrogatepass")).hexdigest()[:_CHARS]


def find_tables(
    names: Iterable[str], tables: Sequence[TableSchema]
) -> tuple[TableSchema, ...] | None:
    """Return the described tables of those dotted names; None when one is not there.

    A name fits however much of catalog and database it spells out.
    """
    found = [_find(name.casefold(), tables) for name in names]
    known = tuple(table for table in found if table is not None)
    return known if len(known) == len(found) else None


def _find(name: str, tables: Sequence[TableSchema]) -> TableSchema | None:
    fitting = [table for table in tables if table.described and _fits(name, table)]
    exact = [table for table in fitting if table.name.dotted.casefold() == name]
    return next(iter(exact or fitting), None)


def _fits(name: str, table: TableSchema) -> bool:
    dotted = table.name.dotted.casefold()
    return name == dotted or name.endswith(f".{dotted}") or dotted.endswith(f".{name}")
