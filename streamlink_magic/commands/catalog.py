"""What there is to ask about: tables, how they join, what values they hold."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.catalog.corrections import parse_join, read_corrections, write_corrections
from streamlink_magic.catalog.profile import JoinCorrections
from streamlink_magic.errors import AskUsageError, CatalogError
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.records import ColumnValues, TableSchema

_SHOWN = 300
_NAMES_CHARS = 160
_VALUES = 8


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


def show_joins(desk: Desk, rest: str) -> Listing:
    """See how the tables join, and how that is known; add or remove one."""
    tables = desk.catalog().tables
    cache = desk.asks.cache
    if rest:
        cache.correct_joins(_corrected(desk, rest, tables))
    elif desk.settings.memory_path:
        cache.correct_joins(read_corrections(desk.joins_path(), tables))
    rows = tuple(
        (join.condition, join.source, join.confidence, join.reason) for join in cache.profile.joins
    )
    notes = (
        "Correct them: %streamlink joins add orders.buyer = people.id, or joins remove …",
        "" if rows else "No key is declared, and no name or value tells of a join.",
    )
    told = tuple(filter(None, notes))
    return Listing("Joins", ("join", "known from", "confidence", "reason"), rows, told)


def _corrected(desk: Desk, rest: str, tables: Sequence[TableSchema]) -> JoinCorrections:
    """Take the user's word on a join into the project's file, and return all of it."""
    say, _, text = rest.partition(" ")
    if say not in {"add", "remove"}:
        raise AskUsageError(
            f"%streamlink joins does not know {say!r}: %streamlink joins add orders.buyer = "
            "people.id, or %streamlink joins remove …"
        )
    join = parse_join(text, tables)
    file = desk.joins_path()
    said = read_corrections(file, tables)
    added = tuple(one for one in said.added if one.ends != join.ends)
    removed = tuple(one for one in said.removed if one.ends != join.ends)
    if say == "add":
        corrections = JoinCorrections((*added, join), removed)
    else:
        corrections = JoinCorrections(added, (*removed, join))
    write_corrections(file, corrections)
    return corrections


def show_values(desk: Desk, rest: str) -> Listing:
    """See the columns of a table, with types, comments and what a sample shows of them."""
    if not rest:
        raise AskUsageError("%streamlink values wants a table: %streamlink values flights")
    table = find_table(rest, desk.catalog().tables)
    profile = desk.asks.cache.profile
    rows = tuple(
        (column.name, column.type, column.comment, _seen(profile.of(table.name, column.name)))
        for column in table.columns
    )
    missing = dict(profile.missing).get(table.name, "")
    notes = (f"It was not sampled: {missing}.",) if missing else ()
    headings = ("column", "type", "comment", "values in a sample")
    return Listing(table.name.dotted, headings, rows, notes)


def _seen(values: ColumnValues | None) -> str:
    if values is None:
        return ""
    if values.lowest or values.highest:
        return f"{values.lowest} … {values.highest}"
    told = ", ".join(values.values[:_VALUES])
    return f"{told}, … ({values.distinct:,})" if values.distinct > _VALUES else told


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
