"""Link the question to tables: all of them when they fit, the likeliest otherwise."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import rank_tables
from streamlink_magic.errors import CatalogError
from streamlink_magic.records import AskContext, LinkedContext, TableSchema

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHARS_A_TOKEN = 3.0
_CHARS_A_COLUMN = 24


def link_tables(context: AskContext, *, budget_tokens: int) -> LinkedContext:
    """Return the context narrowed to the tables that go into the prompt.

    Tables that the user named are taken as they are. Otherwise every described table is taken
    when they fit the budget, so that the prompt's front is the same for every question; when
    they do not, the likeliest that fit are. Either way they stay in the catalog's order.

    Parameters
    ----------
    budget_tokens
        Room for schemas, in tokens, estimated at three characters a token.

    Raises
    ------
    CatalogError
        When a named table does not exist or no table can be read.
    """
    if context.question.tables:
        chosen = _named(context.catalog.tables, context.question.tables)
    else:
        readable = tuple(table for table in context.catalog.tables if table.described)
        if not readable:
            raise _nothing_readable(context.catalog.tables)
        chosen = _fitting(context, readable, budget_tokens)
    return LinkedContext(context, chosen, left_out=len(context.catalog.tables) - len(chosen))


def _named(tables: Sequence[TableSchema], names: Sequence[str]) -> tuple[TableSchema, ...]:
    wanted = [_find(tables, name) for name in names]
    for table in wanted:
        if not table.described:
            raise CatalogError(
                f"Table {table.name.dotted!r} cannot be read: {table.unreadable or 'no columns'}.",
                "Name other tables, or repair it: DESCRIBE TABLE shows Spark's own message.",
            )
    return tuple(table for table in tables if table in wanted)


def _find(tables: Sequence[TableSchema], name: str) -> TableSchema:
    folded = name.replace("`", "").casefold()
    for table in tables:
        if folded in {table.name.dotted.casefold(), table.name.name.casefold()}:
            return table
    names = [table.name.name for table in tables]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(names[:10])}."
    raise CatalogError(f"There is no table {name!r}.", hint)


def _fitting(
    context: AskContext, readable: Sequence[TableSchema], budget_tokens: int
) -> tuple[TableSchema, ...]:
    if sum(map(size_tokens, readable)) <= budget_tokens:
        return tuple(readable)
    hints = [
        *(turn.sql for turn in context.turns),
        *(term.condition for term in context.terms),
        *(example.sql for example in context.examples if example.source == "kept"),
    ]
    chosen: set[TableSchema] = set()
    left = float(budget_tokens)
    for table in rank_tables(context.question.text, readable, also=hints):
        if size_tokens(table) <= left:
            chosen.add(table)
            left -= size_tokens(table)
    return tuple(table for table in readable if table in chosen)


def size_tokens(table: TableSchema) -> float:
    """Return about how many tokens a table's schema takes in a prompt."""
    names = sum(
        len(column.name) + len(column.comment) + len(column.type) for column in table.columns
    )
    return (names + len(table.comment) + _CHARS_A_COLUMN) / _CHARS_A_TOKEN + 2 * len(table.columns)


def _nothing_readable(tables: Sequence[TableSchema]) -> CatalogError:
    first = next((table for table in tables if table.unreadable), tables[0])
    return CatalogError(
        f"None of the {len(tables)} tables can be read; {first.name.dotted}: "
        f"{first.unreadable or 'the deadline passed'}.",
        "Check your permissions, or wait longer: %config AskMagics.catalog_deadline_s = 60",
    )
