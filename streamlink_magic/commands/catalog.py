"""What there is to ask about: tables, how they join, what values they hold."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.errors import AskUsageError, CatalogError
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.records import TableSchema

_SHOWN = 300
_NAMES_CHARS = 160


def show_tables(desk: Desk, _rest: str) -> Listing:
    """See the tables that can be asked about, with their columns."""
    catalog = desk.catalog()
    rows = tuple(
        (table.name.dotted, table.kind, _columns(table), table.comment)
        for table in catalog.tables[:_SHOWN]
    )
    notes = []
    if len(catalog.tables) > _SHOWN:
        notes.append(f"{_SHOWN} of {len(catalog.tables):,} tables are shown.")
    if not catalog.complete:
        notes.append("The deadline passed before every table was described.")
    where = catalog.current_database or "no database"
    return Listing(
        f"{len(catalog.tables):,} tables; the current database is {where}",
        ("table", "kind", "columns", "comment"),
        rows,
        tuple(notes),
    )


def _columns(table: TableSchema) -> str:
    if not table.described:
        return f"unreadable: {table.unreadable}" if table.unreadable else "not described yet"
    names = ", ".join(column.name for column in table.columns)
    cut = names if len(names) <= _NAMES_CHARS else f"{names[:_NAMES_CHARS]}…"
    return f"{len(table.columns)}: {cut}"


def show_joins(desk: Desk, _rest: str) -> Listing:
    """See how the tables join, and how that is known."""
    rows = tuple(row for table in desk.catalog().tables for row in _declared(table))
    return Listing(
        "Joins", ("join", "known from"), rows, () if rows else ("The catalog declares no keys.",)
    )


def _declared(table: TableSchema) -> Iterator[tuple[str, str]]:
    for key in table.foreign_keys:
        pairs = zip(key.columns, key.references, strict=False)
        condition = " AND ".join(
            f"{table.name.name}.{column} = {key.table}.{reference}" for column, reference in pairs
        )
        yield condition, "declared in the catalog"


def show_values(desk: Desk, rest: str) -> Listing:
    """See the columns of a table, with types and comments."""
    if not rest:
        raise AskUsageError("%streamlink values wants a table: %streamlink values flights")
    table = find_table(rest, desk.catalog().tables)
    rows = tuple((column.name, column.type, column.comment) for column in table.columns)
    return Listing(table.name.dotted, ("column", "type", "comment"), rows)


def find_table(name: str, tables: Sequence[TableSchema]) -> TableSchema:
    """Return the table of that name, with or without its database.

    Raises
    ------
    CatalogError
        When there is none; the hint names the nearest.
    """
    folded = name.strip("`'\"").casefold()
    for table in tables:
        if folded in {table.name.dotted.casefold(), table.name.name.casefold()}:
            return table
    names = [table.name.name for table in tables]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    said = f"Did you mean {', '.join(near)}?" if near else "%streamlink tables lists them."
    raise CatalogError(f"There is no table {name!r}.", said)
