"""A grammar of the SELECTs over the tables of a prompt, to which a server can bind the model.

It is Lark text as llguidance reads it. What it leaves out cannot be written: every statement but
one query, comments, unknown functions, tables that are not in the prompt, and columns that no
table has. It is no proof of anything: the guard looks at what comes out as at any other SQL.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from streamlink_magic.steps.grammar.rules import RULES
from streamlink_magic.steps.grammar.terminals import terminals_text
from streamlink_magic.steps.grammar.vocabulary import vocabulary_text

if TYPE_CHECKING:
    from streamlink_magic.records import TableSchema

__all__ = ["sql_grammar"]

_KEPT = 64


@lru_cache(maxsize=_KEPT)
def sql_grammar(
    tables: tuple[TableSchema, ...], database: str, *, functions: tuple[str, ...] = ()
) -> str:
    """Return the grammar of one query over some tables; empty when they have no columns.

    The text depends on names and types alone, and not on the order of the tables: a server that
    keeps compiled grammars by their text finds it again.

    Parameters
    ----------
    database
        The current database, without which its tables are named.
    functions
        Functions that may be called beside the common ones of Spark's own.
    """
    words = vocabulary_text(tables, database)
    return f"{RULES}\n{terminals_text(functions)}\n{words}" if words else ""
