"""A chart as text: its bars where it has any, and what it shows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wcwidth import wcwidth

from streamlink_magic.steps.render.values import format_value, visible

if TYPE_CHECKING:
    from streamlink_magic.records import ChartSpec

_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"


def render_bars(chart: ChartSpec) -> str:
    """Return a chart for a terminal.

    Examples
    --------
    >>> from streamlink_magic.records import Axis, ChartSpec
    >>> points = (("cat", 2.0, ""), ("dog", 1.0, ""))
    >>> spec = ChartSpec("bar", Axis("kind", "category"), Axis("n", "number"), points, alt="Two.")
    >>> print(render_bars(spec))
    cat  ████████████████████████████████████████ 2
    dog  ████████████████████ 1
    <BLANKLINE>
    Two.
    """
    words = "\n".join(visible(line) for line in (chart.alt, chart.note) if line)
    heights = [point[1] for point in chart.points]
    if chart.kind != "bar" or min(heights) < 0 or not max(heights):
        return words
    names = [visible(_name(point)) for point in chart.points]
    widest = max(map(_width, names))
    lines = (
        f"{name}{' ' * (widest - _width(name))}  {_bar(height / max(heights))} {_number(height)}"
        for name, height in zip(names, heights, strict=True)
    )
    return "\n".join((*lines, "", words))


def _name(point: tuple[str | float, float, str]) -> str:
    along = point[0] if isinstance(point[0], str) else f"{point[0]:g}"
    return f"{along}, {point[2]}" if point[2] else along


def _bar(share: float) -> str:
    eighths = round(share * _WIDTH * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _number(height: float) -> str:
    return f"{height:,.0f}" if height == int(height) else format_value(height)


def _width(text: str) -> int:
    return sum(max(wcwidth(char), 0) for char in text)
