"""What the columns of a result hold, as far as a chart can show it."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import QueryResult
    from streamlink_magic.records.chart import AxisKind

_LABEL_CHARS = 40
_ISO_TIME = re.compile(r"\d{4}-\d{2}(-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?")
_ORDERED = frozenset(
    "year quarter month week day hour minute weekday dow doy yr mon decade".split()  # noqa: SIM905
)
_LABELS = frozenset("id key code no number zip zipcode postcode phone nr".split())  # noqa: SIM905
_CALENDAR = ("year", "month", "day")

Point = str | float | None
"""One value as a chart takes it; None where there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class Drawable:
    """A column that a chart can show.

    Attributes
    ----------
    points
        A value a row, None where a row has none that can be drawn.
    """

    name: str
    kind: AxisKind
    points: tuple[Point, ...]

    @property
    def distinct(self) -> int:
        """How many different values there are to draw."""
        return len({point for point in self.points if point is not None})

    @property
    def unique(self) -> bool:
        """Whether no value stands in two rows, and none is missing."""
        return self.distinct == len(self.points)


def drawable_columns(result: QueryResult) -> tuple[Drawable, ...]:
    """Return the columns that can be drawn; year, month and day of one date become one."""
    found = [
        column
        for index, told in enumerate(result.columns)
        if (column := _drawable(told.name, [row[index] for row in result.rows]))
    ]
    return _with_dates(found)


def _drawable(name: str, values: Sequence[object]) -> Drawable | None:
    known = [value for value in values if value is not None]
    kind = _kind(name, known) if known else None
    if kind is None:
        return None
    points = tuple(None if value is None else _point(value, kind) for value in values)
    return Drawable(name, kind, points) if any(one is not None for one in points) else None


def _kind(name: str, known: Sequence[object]) -> AxisKind | None:
    if all(isinstance(value, (int, float, Decimal)) for value in known):
        return _number_kind(name, known)
    if all(isinstance(value, dt.date) for value in known):
        return "time"
    if all(isinstance(value, str) for value in known):
        return "time" if all(_ISO_TIME.fullmatch(str(value)) for value in known) else "category"
    return None


def _number_kind(name: str, known: Sequence[object]) -> AxisKind:
    if all(isinstance(value, bool) for value in known):
        return "category"
    whole = all(isinstance(value, int) for value in known)
    last = (words_of(name) or [""])[-1]
    if whole and last in _ORDERED:
        return "order"
    return "category" if whole and last in _LABELS else "number"


def _point(value: object, kind: AxisKind) -> Point:
    match kind:
        case "time":
            return _moment(value)
        case "category":
            return _label(value)
        case "order" | "number":
            return _finite(value)


def _moment(value: object) -> str:
    """Return a time as ISO text, as its own zone's clocks show it."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat()
    text = value.isoformat() if isinstance(value, dt.date) else str(value).replace(" ", "T")
    return text if len(text) > len("2013-01") else f"{text}-01"


def _label(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(text.split()) or "(empty)"
    return text if len(text) <= _LABEL_CHARS else f"{text[: _LABEL_CHARS - 1]}…"


def _finite(value: object) -> float | None:
    if not isinstance(value, (int, float, Decimal)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):  # beyond every float, or a signalling NaN
        return None
    return number if math.isfinite(number) else None


def _with_dates(columns: Sequence[Drawable]) -> tuple[Drawable, ...]:
    """Put the columns of a calendar date, such as year and month, into one."""
    by_name = {column.name.casefold(): column for column in columns if column.kind == "order"}
    parts = [by_name[name] for name in _CALENDAR if name in by_name]
    if len(parts) < 2 or parts[0].name.casefold() != "year":  # noqa: PLR2004
        return tuple(columns)
    dates = tuple(map(_date, zip(*(part.points for part in parts), strict=True)))
    if None in dates:
        return tuple(columns)
    name = ", ".join(part.name for part in parts)
    joined = Drawable(name, "time", dates)
    rest = (column for column in columns if column not in parts)
    return (joined, *rest)


def _date(parts: tuple[Point, ...]) -> str | None:
    if not all(isinstance(part, float) for part in parts):
        return None
    year, month, day = (*(int(float(part)) for part in parts if part is not None), 1, 1)[:3]
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None
