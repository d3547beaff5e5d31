"""Texts in conditions that no row can have, where the data show what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.nearness import NearValue, nearest_value
from streamlink_magic.steps.repair.fitness import compared_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import ColumnValues
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Statement

_MANY_ROWS = 1000
_FEW_VALUES = 50


def fit_literals(statement: Statement, known: Known) -> Iterator[str]:
    """Spell a text as the only value of its column that it can stand for.

    A text that differs in case, spaces or punctuation alone is replaced where the sample holds
    all of the table's rows, or so few values that it shows them all. A code for a name, or the
    first words of a value, is replaced only where all rows are known.
    """
    for view in statement.views(known.tables):
        for column in view.columns():
            values = _values(view, column, known)
            for literal in list(compared_texts(column)) if values else ():
                near = _meant(literal.name, values) if values else None
                if near is not None:
                    written = literal.sql(dialect="spark")
                    literal.replace(exp.Literal.string(near.value))
                    yield f"{written} was read as '{near.value}', the value in {column.name}."


def absent_values(statement: Statement, known: Known) -> Iterator[str]:
    """Tell the texts that no row of a wholly known column has, with the nearest that one has."""
    for view in statement.views(known.tables):
        for column in view.columns():
            values = _values(view, column, known)
            for literal in compared_texts(column) if values and values.complete else ():
                if values and values.values and literal.name not in values.values:
                    near = nearest_value(literal.name, values)
                    nearest = f"; the nearest is '{near.value}'" if near else ""
                    yield f"No row has '{literal.name}' in {column.name}{nearest}."


def _values(view: ScopeView, column: exp.Column, known: Known) -> ColumnValues | None:
    """Return the sampled values of a column; None where it is not surely one table's own."""
    named = [one for one in view.sources if column.table.casefold() in {"", one.alias.casefold()}]
    tables = [one.table for one in named if one.table and one.has(column.name)]
    return known.profile.of(tables[0].name, column.name) if len(tables) == 1 else None


def _meant(text: str, values: ColumnValues) -> NearValue | None:
    if not values.values or text in values.values:
        return None
    near = nearest_value(text, values)
    if near is None or near.how == "near" or near.value.strip() == text.strip():
        return None  # spaces around a value are the data's fault, and a warning's matter
    shown = values.rows >= _MANY_ROWS and values.distinct <= _FEW_VALUES
    return near if values.complete or (near.how == "spelling" and shown) else None
