"""Cells brought to a form in which equal values compare equal, whatever type they came in."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from functools import singledispatch
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell: TypeAlias = int | float | str | None
Row: TypeAlias = tuple[Cell, ...]

TOLERANCE = 1e-6

# No leading zeros: '007' is a code, not the number seven
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?")
_WORDS = {"true": 1, "false": 0}
# Longer digits fit no float; they are text
_MAX_DIGITS = 300


def plain_rows(rows: Iterable[Sequence[object]]) -> list[Row]:
    """Return rows with every cell in its comparable form."""
    return [tuple(plain_cell(cell) for cell in row) for row in rows]


@singledispatch
def plain_cell(value: object) -> Cell:
    """Return a cell as null, a number or text.

    A number and its text are the same, so are a date, its midnight and its ISO text, a truth
    value and 0 or 1, and NaN and null.

    >>> plain_cell("1.0") == plain_cell(1) == plain_cell(True)
    True
    """
    return str(value)


@plain_cell.register
def _(value: None) -> Cell:
    return value


@plain_cell.register
def _(value: int) -> Cell:
    return int(value)


@plain_cell.register
def _(value: float) -> Cell:
    return None if math.isnan(value) else value


@plain_cell.register
def _(value: decimal.Decimal) -> Cell:
    return None if value.is_nan() else float(value)


@plain_cell.register
def _(value: str) -> Cell:
    if len(value) < _MAX_DIGITS and _NUMBER.fullmatch(value):
        number = int(value) if _INTEGER.fullmatch(value) else float(value)
        return number if math.isfinite(number) else value
    if _TIMESTAMP.fullmatch(value):
        return _timestamp_text(value)
    return _WORDS.get(value, value)


@plain_cell.register
def _(value: dt.date) -> Cell:
    return value.isoformat()


@plain_cell.register
def _(value: dt.datetime) -> Cell:
    wall = value.replace(tzinfo=None)
    if wall.time() == dt.time.min:
        return wall.date().isoformat()
    return wall.isoformat(sep=" ")


@plain_cell.register(bytes)
@plain_cell.register(bytearray)
def _(value: bytes | bytearray) -> Cell:
    return f"x'{value.hex()}'"


@plain_cell.register(list)
@plain_cell.register(tuple)
def _(value: Sequence[object]) -> Cell:
    return "[" + ",".join(_inner(item) for item in value) + "]"


@plain_cell.register
def _(value: dict) -> Cell:  # type: ignore[type-arg] # singledispatch takes plain classes only
    return "{" + ",".join(sorted(f"{_inner(k)}:{_inner(v)}" for k, v in value.items())) + "}"


def is_number(cell: Cell) -> bool:
    """Whether a comparable cell is a number."""
    return isinstance(cell, int | float)


def close(one: Cell, other: Cell) -> bool:
    """Whether two comparable cells are the same within the tolerance."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other


def _inner(item: object) -> str:
    cell = plain_cell(item)
    # 1 and 1.0 compare equal as cells but differ as text
    return str(float(cell)) if isinstance(cell, int) else str(cell)


def _timestamp_text(text: str) -> Cell:
    try:
        return plain_cell(dt.datetime.fromisoformat(text))
    except ValueError:  # 2021-02-30 looks like a date and is none
        return text
