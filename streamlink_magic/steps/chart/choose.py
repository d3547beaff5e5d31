"""Which chart fits a result: a short list of rules over its shape, the first that fits wins.

One row with one number is a figure; a time and numbers are a line; names and a number are bars;
two numbers are a scatter. Where nothing fits, nothing is drawn: a wrong picture says more than a
right table can put straight.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from streamlink_magic.records.chart import Axis, ChartSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlink_magic.records.chart import AxisKind, ChartKind
    from streamlink_magic.steps.chart.columns import Drawable

MOST_POINTS = 500
_MOST_BARS, _FIRST_BARS = 30, 20
_MOST_SERIES, _MOST_SIDES, _MOST_GROUPS = 8, 4, 12
_LEAST_TIMES, _LEAST_POINTS, _LEAST_BARS = 3, 5, 2
_SAME_SCALE = 20.0
_CODE_CHARS = 4


def choose(columns: Sequence[Drawable], rows: int) -> ChartSpec | None:
    """Return the chart that fits, without its words; None where none does."""
    return next((spec for rule in _RULES if (spec := rule(columns, rows))), None)


def _figure(columns: Sequence[Drawable], rows: int) -> ChartSpec | None:
    numbers = _of(columns, "number")
    if rows != 1 or len(columns) != 1 or not numbers:
        return None
    return build("figure", numbers[0], numbers[:1])


def _over_time(columns: Sequence[Drawable], rows: int) -> ChartSpec | None:
    times, numbers = _of(columns, "time", "order"), _of(columns, "number")
    categories = _of(columns, "category")
    if len(times) != 1 or not numbers or len(categories) > 1 or rows > MOST_POINTS:
        return None
    if times[0].distinct < _LEAST_TIMES:
        return None
    if not categories:
        kind: ChartKind = "line" if times[0].unique else "scatter"
        return build(kind, times[0], _comparable(numbers) if times[0].unique else numbers[:1])
    if categories[0].distinct > _MOST_SERIES or not _tells_apart(times[0], categories[0]):
        return None
    return build("line", times[0], numbers[:1], categories[0])


def _bars(columns: Sequence[Drawable], rows: int) -> ChartSpec | None:
    numbers = _of(columns, "number")
    # Few times are told apart like names: two years, two bars.
    names = _of(columns, "category") or _of(columns, "time", "order")
    if not numbers or not names or rows < _LEAST_BARS:
        return None
    number = _ranked(numbers) or numbers[0]
    if single := _naming(names):
        return _single_bars(single, number, rows)
    return _grouped_bars(names, number) if len(names) == 2 else None  # noqa: PLR2004


def _single_bars(names: Drawable, number: Drawable, rows: int) -> ChartSpec | None:
    if rows <= _MOST_BARS:
        return build("bar", names, [number])
    return build("bar", names, [number], first=_FIRST_BARS) if _is_ranked(number) else None


def _grouped_bars(names: Sequence[Drawable], number: Drawable) -> ChartSpec | None:
    groups, sides = sorted(names, key=lambda one: -one.distinct)
    few = groups.distinct <= _MOST_GROUPS and sides.distinct <= _MOST_SIDES
    return build("bar", groups, [number], sides) if few and _tells_apart(groups, sides) else None


def _scatter(columns: Sequence[Drawable], rows: int) -> ChartSpec | None:
    numbers = _of(columns, "number")
    if len(numbers) != 2 or not _LEAST_POINTS <= rows <= MOST_POINTS:  # noqa: PLR2004
        return None
    if min(number.distinct for number in numbers) < _LEAST_TIMES:
        return None
    categories = [one for one in _of(columns, "category") if one.distinct <= _MOST_SERIES]
    return build("scatter", numbers[0], [numbers[1]], categories[0] if categories else None)


_RULES: tuple[Callable[[Sequence[Drawable], int], ChartSpec | None], ...] = (
    _figure,
    _over_time,
    _bars,
    _scatter,
)


def build(
    kind: ChartKind,
    x: Drawable,
    numbers: Sequence[Drawable],
    series: Drawable | None = None,
    *,
    first: int = MOST_POINTS,
) -> ChartSpec | None:
    """Return a chart of the first rows; None where they leave nothing to draw.

    Parameters
    ----------
    numbers
        One, or several that become a series each.
    """
    points = [
        (along, height, _series(series, row) if len(numbers) == 1 else number.name)
        for number in numbers
        for row, (along, height) in enumerate(zip(x.points, number.points, strict=True))
        if row < first and along is not None and isinstance(height, float)
    ]
    if not points:
        return None
    if x.kind in {"time", "order", "number"} and kind in {"line", "area"}:
        places = {name: place for place, name in enumerate(dict.fromkeys(p[2] for p in points))}
        points.sort(key=lambda point: (places[point[2]], point[0]))
    told = "column" if len(numbers) > 1 else series.name if series else ""
    name = ", ".join(number.name for number in numbers)
    return ChartSpec(
        kind=kind,
        x=Axis(x.name, x.kind),
        y=Axis(name, "number"),
        points=tuple(points),
        series=told,
    )


def _series(series: Drawable | None, row: int) -> str:
    return "" if series is None else str(series.points[row] or "null")


def _of(columns: Sequence[Drawable], *kinds: AxisKind) -> list[Drawable]:
    return [column for column in columns if column.kind in kinds]


def _comparable(numbers: Sequence[Drawable]) -> list[Drawable]:
    """Return the first number and those of like size: others would flatten it to a line."""
    largest = [max(abs(float(one)) for one in number.points if one) or 1.0 for number in numbers]
    low, high = largest[0] / _SAME_SCALE, largest[0] * _SAME_SCALE
    near = [one for one, size in zip(numbers, largest, strict=True) if low <= size <= high]
    return near[:_MOST_SERIES]


def _naming(names: Sequence[Drawable]) -> Drawable | None:
    """Return the column that names the rows: of a code and a name, the name."""
    telling = [one for one in names if one.unique]
    spoken = [one for one in telling if any(len(str(p)) > _CODE_CHARS for p in one.points)]
    return next(iter(spoken or telling), None)


def _tells_apart(one: Drawable, other: Drawable) -> bool:
    pairs = list(zip(one.points, other.points, strict=True))
    return len(set(pairs)) == len(pairs)


def _ranked(numbers: Sequence[Drawable]) -> Drawable | None:
    """Return the number by which the rows are ordered, if one is."""
    return next((number for number in numbers if _is_ranked(number)), None)


def _is_ranked(number: Drawable) -> bool:
    known = [float(point) for point in number.points if point is not None]
    falls = all(a >= b for a, b in pairwise(known))
    return number.distinct > 1 and (falls or all(a <= b for a, b in pairwise(known)))
