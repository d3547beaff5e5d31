"""A chart in words, for readers who do not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records.chart import ChartSpec

_NAMED_SERIES = 6
_MILLION, _BILLION, _TRILLION = 1e6, 1e9, 1e12
_SCALES = ((_TRILLION, "trillion"), (_BILLION, "billion"), (_MILLION, "million"))
_THINGS = {"bar": "bar", "line": "point", "area": "point", "scatter": "point"}


def describe(spec: ChartSpec) -> str:
    """Return what a chart shows: its kind, its axes, how much is in it, its ends."""
    if spec.kind == "figure":
        return f"{spec.y.name}: {said(spec.points[0][1])}"
    thing, count = _THINGS[spec.kind], len(spec.points)
    what = f"{spec.kind.capitalize()} chart of {spec.y.name} by {spec.x.name}"
    how_many = f"{count:,} {thing}{'' if count == 1 else 's'}"
    return f"{what}: {how_many}{_span(spec)}{_series(spec)}. {_ends(spec)}"


def _span(spec: ChartSpec) -> str:
    if spec.x.kind == "category":
        return ""
    along = sorted(point[0] for point in spec.points)
    return f" from {place(spec, along[0])} to {place(spec, along[-1])}"


def _series(spec: ChartSpec) -> str:
    names = list(dict.fromkeys(point[2] for point in spec.points))
    if len(names) < 2:  # noqa: PLR2004  one series needs no name
        return ""
    return f" in {len(names)} series ({_listed(names)})"


def _ends(spec: ChartSpec) -> str:
    low, high = (pick(spec.points, key=lambda point: point[1]) for pick in (min, max))
    return (
        f"Highest: {said(high[1])} ({_where(spec, high)}); "
        f"lowest: {said(low[1])} ({_where(spec, low)})."
    )


def _where(spec: ChartSpec, point: tuple[str | float, float, str]) -> str:
    return f"{place(spec, point[0])}{f', {point[2]}' if spec.series else ''}"


def place(spec: ChartSpec, value: str | float) -> str:
    """Return a value along the chart as people read it: a year has no thousands."""
    if spec.x.kind == "order" and not isinstance(value, str):
        return f"{value:.0f}"
    if isinstance(value, str) and spec.x.kind == "time":
        return value.removesuffix("T00:00:00").replace("T", " ")
    return said(value)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED_SERIES]) + (", …" if len(names) > _NAMED_SERIES else "")


def said(value: str | float) -> str:
    """Return a value as people read it.

    >>> said(336776.0), said(21.92070351)
    ('336,776', '21.92')
    """
    if isinstance(value, str):
        return value
    if value == int(value) and abs(value) < _TRILLION * 1000:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def rounded(value: float) -> str:
    """Return a large number in words, empty where its digits are read at a glance.

    >>> rounded(12345678.0), rounded(336776.0)
    ('about 12.3 million', '')
    """
    for size, name in _SCALES:
        if abs(value) >= size:
            return f"about {value / size:.3g} {name}"
    return ""
