"""How the tables join: see it, and correct it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.commands.catalog import find_table
from streamlink_magic.errors import CatalogError
from streamlink_magic.memory.joins import parse_join, say_join
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.records import TableName, TableSchema


def show_joins(desk: Desk, rest: str) -> Listing:
    """See how the tables join and how that is known, or correct it (--add, --remove)."""
    tables = desk.catalog().tables
    for option, there in (("--add", True), ("--remove", False)):
        if rest.startswith(option):
            return _corrected(desk, rest.removeprefix(option).strip(), tables, there=there)
    problems = desk.asks.remember(desk.settings).problems
    wanted = find_table(rest, tables).name if rest else None
    rows = tuple(
        (join.condition, join.source, join.confidence, join.reason)
        for join in desk.asks.cache.profile.joins
        if wanted in {None, join.left, join.right}
    )
    note = "Correct them: %streamlink joins --remove orders.buyer_id = people.id, or --add …"
    return Listing(
        "Joins", ("join", "known from", "confidence", "because"), rows, (note, *problems)
    )


def _corrected(desk: Desk, text: str, tables: Sequence[TableSchema], *, there: bool) -> Listing:
    said = parse_join(text)
    join = replace(
        said,
        left=_known(said.left, said.left_columns, tables),
        right=_known(said.right, said.right_columns, tables),
    )
    say_join(desk.joins_path(), join, there=there)
    desk.asks.remember(desk.settings)
    return Listing(f"From now on {join.condition} is {'a' if there else 'no'} join")


def _known(name: TableName, columns: Sequence[str], tables: Sequence[TableSchema]) -> TableName:
    """Return the table's whole name, after a look whether it has the columns."""
    table = find_table(name.dotted, tables)
    there = {column.name.casefold() for column in table.columns}
    missing = [column for column in columns if column.casefold() not in there]
    if missing:
        raise CatalogError(
            f"{table.name.dotted} has no column {missing[0]!r}.",
            f"It has: {', '.join(column.name for column in table.columns)}.",
        )
    return table.name
