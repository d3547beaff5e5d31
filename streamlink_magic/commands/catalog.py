"""What there is to ask about: tables, and what values their columns hold."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.catalog.values import index_values
from streamlink_magic.errors import AskUsageError, CatalogError
from streamlink_magic.records import TableSample
from streamlink_magic.sampling import open_sampler
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.records import Column, ColumnValues, TableSchema

_SHOWN = 300
_NAMES_CHARS = 160
_VALUES = 12


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


def show_values(desk: Desk, rest: str) -> Listing:
    """See what values the columns of a table hold, as far as its first rows tell."""
    if not rest:
        raise AskUsageError("%streamlink values wants a table: %streamlink values flights")
    table = find_table(rest, desk.catalog().tables)
    known, note = _known(table, desk)
    rows = tuple(_row(column, known.get(column.name.casefold())) for column in table.columns)
    headings = ("column", "type", "values", "distinct", "comment")
    return Listing(table.name.dotted, headings, rows, (note,))


def _known(table: TableSchema, desk: Desk) -> tuple[dict[str, ColumnValues], str]:
    """Return what is known of the columns' values, by name, and where it comes from."""
    if not desk.settings.sample_values:
        return {}, "Values are not read: %config AskMagics.sample_values = True lets them be."
    values = [one for one in desk.asks.cache.profile.values if one.table == table.name]
    if not values:
        reader = open_sampler(desk.asks.workbench(desk.settings), desk.settings)
        sample = reader.sample(table)
        if not isinstance(sample, TableSample):
            return {}, f"No values are known: {sample}."
        values = list(index_values([sample]))
    rows = max((one.rows for one in values), default=0)
    whole = all(one.complete for one in values if one.values)
    read = f"all {rows:,} rows" if whole else f"the first {rows:,} rows"
    return {one.column.casefold(): one for one in values}, f"As {read} have it."


def _row(column: Column, known: ColumnValues | None) -> tuple[str, ...]:
    held = distinct = ""
    if known is not None:
        more = ", …" if len(known.values) > _VALUES else ""
        between = f"{known.lowest} to {known.highest}" if known.lowest else ""
        held = ", ".join(known.values[:_VALUES]) + more if known.values else between
        distinct = f"{known.distinct:,}" if known.distinct else ""
    return column.name, column.type, held, distinct, column.comment


def find_table(name: str, tables: Sequence[TableSchema]) -> TableSchema:
    """Return the table of that name, with or without its database.

    Raises
    ------
    CatalogError
        When there is none; the hint names the nearest.
    """
    folded = name.replace("`", "").strip("'\"").casefold()
    for table in tables:
        if folded in {table.name.dotted.casefold(), table.name.name.casefold()}:
            return table
    names = [table.name.name for table in tables]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    said = f"Did you mean {', '.join(near)}?" if near else "%streamlink tables lists them."
    raise CatalogError(f"There is no table {name!r}.", said)
