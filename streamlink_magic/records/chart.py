"""A picture of a result, as a declaration: what is drawn, not how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChartKind = Literal["figure", "bar", "line", "area", "scatter"]
"""A figure is one number, written large."""

AxisKind = Literal["time", "order", "number", "category"]
"""``order`` is a number or text whose order matters and whose distances do not: a month."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a chart: the column's name, and what kind of values lie along it."""

    name: str
    kind: AxisKind


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """A chart with all that it shows. Every text in it is data and never markup.

    Attributes
    ----------
    points
        ``(x, y, series)``: times as ISO text without a zone, as the table shows them; numbers
        finite; ``series`` empty where there is only one.
    series
        What tells the series apart; empty where there is only one.
    alt
        The chart in a sentence or two, for readers who do not see it.
    note
        What of the result is not drawn; empty where all is.
    """

    kind: ChartKind
    x: Axis
    y: Axis
    points: tuple[tuple[str | float, float, str], ...]
    series: str = ""
    alt: str = ""
    note: str = ""
