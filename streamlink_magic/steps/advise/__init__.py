"""What a statement of the user's own costs, and what about it could go wrong; nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.steps.advise.costly import find_costs
from streamlink_magic.steps.advise.read import Read
from streamlink_magic.steps.advise.traps import find_traps
from streamlink_magic.steps.advise.writes import say_statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import TableSchema

__all__ = ["Read", "find_costs", "find_traps", "read_statement", "say_statement"]


def read_statement(sql: str, tables: Sequence[TableSchema] = ()) -> Read | None:
    """Return a statement's tree beside the tables that are known; None where it has no one tree.

    Parameters
    ----------
    tables
        The tables that it may read, as far as they are known.
    """
    try:
        trees = [tree for tree in sqlglot.parse(sql, read="spark") if tree is not None]
    except (SqlglotError, RecursionError):
        return None
    if len(trees) != 1 or not isinstance(trees[0], exp.Expression):
        return None
    return Read(trees[0], tuple(tables))
