"""Choose a chart from a result's shape, and say what to draw; nothing is drawn here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from streamlink_magic.errors import ChartError
from streamlink_magic.records.chart import ChartKind
from streamlink_magic.steps.chart.choose import MOST_POINTS, build, choose
from streamlink_magic.steps.chart.columns import drawable_columns
from streamlink_magic.steps.chart.vega import vega_lite
from streamlink_magic.steps.chart.words import describe, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import QueryResult
    from streamlink_magic.records.chart import ChartSpec
    from streamlink_magic.steps.chart.columns import Drawable

KINDS: tuple[ChartKind, ...] = tuple(kind for kind in get_args(ChartKind) if kind != "figure")
_MOST_BARS = 60
_MOST_COLUMNS = 6  # a wider result is a listing: which two of its columns to draw is a guess


def choose_chart(result: QueryResult) -> ChartSpec | None:
    """Return the chart that fits a result; None where none does.

    Examples
    --------
    >>> from streamlink_magic.records import Column, QueryResult
    >>> columns = (Column("day", "date"), Column("n", "int"))
    >>> choose_chart(QueryResult(columns, (("2013-01-01", 3), ("2013-01-02", 5)))).kind
    'bar'
    """
    if len(result.columns) > _MOST_COLUMNS:
        return None
    spec = choose(drawable_columns(result), len(result.rows))
    return _worded(spec, result) if spec else None


def make_chart(result: QueryResult, kind: str, *, x: str = "", y: str = "") -> ChartSpec:
    """Return the chart that a reader wants.

    Parameters
    ----------
    kind
        One of ``KINDS``.
    x, y
        Names of columns; empty means: choose.

    Raises
    ------
    ChartError
        When there is no such chart of this result.
    """
    if kind not in KINDS:
        raise ChartError(f"There is no chart {kind!r}.", f"There are: {', '.join(KINDS)}")
    columns = drawable_columns(result)
    along, height = _along(columns, kind, x, y), _height(columns, x, y)
    if along is None or height is None:
        names = ", ".join(column.name for column in columns) or "none"
        raise ChartError(
            f"A {kind} chart takes a column for each direction, the one upwards with numbers.",
            f"Name others: answer.chart({kind!r}, x=…, y=…). Columns that can be drawn: {names}",
        )
    if kind != "scatter" and not along.unique:
        raise ChartError(
            f"Values of {along.name} repeat or are missing, so that a {kind} chart would put one "
            "over the other.",
            "Ask for one row for each, or look at answer.chart('scatter').",
        )
    spec = build(_known(kind), along, [height], first=_MOST_BARS if kind == "bar" else MOST_POINTS)
    if spec is None:
        raise ChartError(f"{height.name} has no number to draw.", "Name another: y=…")
    return _worded(spec, result)


def _known(kind: str) -> ChartKind:
    return next(one for one in KINDS if one == kind)


def _along(columns: Sequence[Drawable], kind: str, x: str, y: str) -> Drawable | None:
    if x:
        return _named(columns, x)
    order = ("number", "time", "order", "category")
    wanted = order if kind == "scatter" else (*order[1:], "number")
    rest = [column for column in columns if not y or column.name != y]
    return next((one for kind in wanted for one in rest if one.kind == kind), None)


def _height(columns: Sequence[Drawable], x: str, y: str) -> Drawable | None:
    if y:
        found = _named(columns, y)
        return found if found and found.kind in {"number", "order"} else None
    numbers = [column for column in columns if column.kind == "number" and column.name != x]
    return numbers[-1] if numbers else None


def _named(columns: Sequence[Drawable], name: str) -> Drawable | None:
    return next((column for column in columns if column.name == name), None)


def _worded(spec: ChartSpec, result: QueryResult) -> ChartSpec:
    return replace(spec, alt=describe(spec), note=_note(spec, result))


def _note(spec: ChartSpec, result: QueryResult) -> str:
    if spec.kind == "figure":
        return rounded(spec.points[0][1])
    rows = len(result.rows)
    drawn = len({point[0] for point in spec.points}) if spec.series else len(spec.points)
    if not spec.series and drawn < rows:
        return f"{drawn:,} of {rows:,} rows are drawn."
    return "Only the rows shown are drawn; the result has more." if result.more else ""


__all__ = ["KINDS", "choose_chart", "make_chart", "vega_lite"]
