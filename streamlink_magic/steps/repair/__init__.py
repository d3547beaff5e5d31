"""Mend a statement in its syntax tree from the catalog, without asking the model.

Half of a small model's mistakes are columns looked for in the wrong place. Where catalog, known
joins and sampled values leave exactly one reading, the statement is put right; every repair is
told in words. The guard sees the repaired statement like any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.steps.repair.absence import ask_absence
from streamlink_magic.steps.repair.between import join_between
from streamlink_magic.steps.repair.both import ask_both
from streamlink_magic.steps.repair.columns import (
    rename_near,
    rename_same,
    requalify,
    respell,
    respell_elsewhere,
    tell_apart,
    use_alias,
)
from streamlink_magic.steps.repair.conditions import mend_conditions
from streamlink_magic.steps.repair.connect import add_joins, join_named, join_near
from streamlink_magic.steps.repair.dialect import (
    quote_names,
    read_otherwise,
    replace_functions,
    unquote_columns,
    unquote_outputs,
)
from streamlink_magic.steps.repair.foreign import name_foreign
from streamlink_magic.steps.repair.grouping import group_by_selected, move_to_having, order_distinct
from streamlink_magic.steps.repair.literals import absent_values, fit_literals
from streamlink_magic.steps.repair.needless import drop_needless
from streamlink_magic.steps.repair.order import fit_order
from streamlink_magic.steps.repair.statement import Known, Statement
from streamlink_magic.steps.repair.suggestions import take_suggestion
from streamlink_magic.steps.repair.tables import drop_unknown, rename_tables, swap_table
from streamlink_magic.steps.repair.twins import part_twins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streamlink_magic.records import SqlDraft

__all__ = ["MENDS", "Known", "mend_ahead", "missing_values", "repair_sql"]

# From the surest to the boldest; each sees what those before it have done.
MENDS: tuple[Callable[[Statement, Known], Iterator[str]], ...] = (
    quote_names,
    unquote_columns,
    unquote_outputs,
    rename_tables,
    drop_unknown,
    replace_functions,
    use_alias,
    respell,
    rename_same,
    mend_conditions,
    join_named,
    requalify,
    respell_elsewhere,
    swap_table,
    add_joins,
    rename_near,
    join_near,
    tell_apart,
    move_to_having,
    group_by_selected,
    order_distinct,
    take_suggestion,
    fit_literals,
)


# Each alone; no complaint of Spark tells of them.
AHEAD = (
    part_twins,
    unquote_outputs,
    replace_functions,
    join_between,
    drop_needless,
    fit_order,
    fit_literals,
    name_foreign,
    ask_absence,
    ask_both,
)


def repair_sql(draft: SqlDraft, known: Known) -> SqlDraft | None:
    """Return a failed draft mended, or None when nothing could be.

    Each repair is made only where one reading is left: names in other spelling, columns of
    another table of the query, tables that must be joined for a column, conditions of a join,
    functions and habits of other databases, columns missing in GROUP BY, texts that no row has.

    Parameters
    ----------
    known
        The tables that the model was shown, what is known of their data, the question, and
        Spark's complaint about the draft.
    """
    statement, repairs = _read(draft.sql, known)
    if statement is None:
        return None
    for mend in MENDS:
        repairs += mend(statement, known)
    return _mended(draft, statement, repairs)


def _read(sql: str, known: Known) -> tuple[Statement | None, list[str]]:
    """Parse a statement as Spark's, or as that of another database where Spark cannot."""
    statement = Statement.parse(sql)
    if statement is not None and not known.failed_with("PARSE_"):
        return statement, []
    again = statement.sql() if statement else None
    if again is not None and again != sql and "[" not in sql:  # brackets quote names elsewhere
        return statement, ["The SQL was written in Spark's form."]
    other = read_otherwise(sql)
    return (other[0], [f"The SQL was read as that of {other[1]}."]) if other else (None, [])


def mend_ahead(draft: SqlDraft, known: Known) -> SqlDraft | None:
    """Return a draft mended where Spark would not complain, or None when nothing is to be done.

    A statement that compares with a text that no row has, or that selects a column's name in
    quotes, is answered wrongly and without a word; and a function that Spark does not have is
    refused by the guard before Spark can say so.
    """
    statement = Statement.parse(draft.sql)
    if statement is None:
        return None
    repairs = [message for mend in AHEAD for message in mend(statement, known)]
    return _mended(draft, statement, repairs)


def missing_values(sql: str, known: Known) -> tuple[str, ...]:
    """Return a warning for each text that a statement looks for and no row has.

    Only columns whose table was sampled to its end are spoken of.
    """
    statement = Statement.parse(sql)
    return tuple(dict.fromkeys(absent_values(statement, known))) if statement else ()


def _mended(draft: SqlDraft, statement: Statement, repairs: Sequence[str]) -> SqlDraft | None:
    sql = statement.sql() if repairs else None
    if sql is None or sql == draft.sql:
        return None
    told = dict.fromkeys((*draft.repairs, *repairs))
    return replace(draft, sql=sql, repairs=tuple(told))
