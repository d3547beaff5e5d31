"""A chart as a Vega-Lite specification: plain data, free of addresses and expressions.

Columns get names of their own (``x``, ``y``, ``s``): a dot or a bracket in a column's name would
be read as a path. The background is transparent, and the greys and colours are of middle
lightness, so that the picture can be read on a light page and on a dark one.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from streamlink_magic.steps.chart.words import place

if TYPE_CHECKING:
    from streamlink_magic.records.chart import ChartSpec

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_INK = "#767676"
_LINE = "#8888884d"
_COLOURS = (
    "#3b7dc4",
    "#c9632a",
    "#3d8f4f",
    "#b0568f",
    "#8a7a1f",
    "#7a67c7",
    "#2b8c94",
    "#b4575b",
)
_WIDTH, _HEIGHT, _BAR, _NAMED_BARS = 460, 240, 22, 20
_TYPES = {
    "time": "temporal",
    "order": "ordinal",
    "number": "quantitative",
    "category": "nominal",
}
_TITLE_CHARS = 80
# Controls, halves of pairs, line ends and what is no character: XML cannot hold most of them, and
# the engine that draws ends the whole process, the kernel, over a label with one.
_UNDRAWABLE = frozenset({"Cc", "Cn", "Cs", "Zl", "Zp"})


def vega_lite(spec: ChartSpec) -> dict[str, Any]:
    """Return the specification of a chart that is not a figure."""
    drawn = _bars(spec) if spec.kind == "bar" else _plane(spec)
    return {
        "$schema": SCHEMA,
        "background": None,
        "data": {"values": [dict(zip("xys", point, strict=True)) for point in _points(spec)]},
        "title": {"text": _title(f"{spec.y.name} by {spec.x.name}"), "anchor": "start"},
        **drawn,
        "config": _config(),
    }


def _points(spec: ChartSpec) -> list[tuple[str | float, float, str]]:
    return [(_along(spec, x), y, drawable(s)) for x, y, s in spec.points]


def _along(spec: ChartSpec, x: str | float) -> str | float:
    if spec.kind == "bar":
        return drawable(place(spec, x))
    if not isinstance(x, str):
        return x
    if spec.x.kind != "time":
        return drawable(x)
    # Marked as UTC, times are drawn as they are written, in no zone at all.
    return f"{x}Z" if "T" in x else f"{x}T00:00:00Z"


def drawable(text: str) -> str:
    r"""Return a label in which every character that cannot be drawn is spelled out.

    Examples
    --------
    >>> drawable("a\x1b[31m\n")
    'a\\x1b[31m\\n'
    """
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _UNDRAWABLE else one
        for one in text
    )


def _bars(spec: ChartSpec) -> dict[str, Any]:
    heights = [point[1] for point in spec.points]
    named = not spec.series and min(heights) >= 0 and len(heights) <= _NAMED_BARS
    along: dict[str, Any] = {"field": "y", "type": "quantitative", "title": None}
    if named:
        along |= {"axis": None, "scale": {"nice": False, "padding": 0}}
    encoding: dict[str, Any] = {
        "y": {"field": "x", "type": "nominal", "sort": None, "title": None},
        "x": along,
    }
    if spec.series:
        encoding |= {"yOffset": {"field": "s", "sort": None}, "color": _colour(spec)}
    bar = {"mark": {"type": "bar", "cornerRadiusEnd": 2}}
    written = {
        "mark": {"type": "text", "align": "left", "dx": 4, "color": _INK},
        "encoding": {"text": {"field": "y", "type": "quantitative", "format": _format(heights)}},
    }
    step = {"step": _BAR, "for": "position"} if not spec.series else {"step": _BAR - 8}
    return {
        "width": _WIDTH - 100,
        "height": step,
        "encoding": encoding,
        "layer": [bar, written] if named else [bar],
    }


def _format(numbers: list[float]) -> str:
    whole = all(number == int(number) for number in numbers)
    return ",.0f" if whole else ",.2~f" if max(map(abs, numbers)) >= 1 else ",.3~g"


def _plane(spec: ChartSpec) -> dict[str, Any]:
    across: dict[str, Any] = {
        "field": "x",
        "type": _TYPES[spec.x.kind],
        "title": _title(spec.x.name),
    }
    if spec.x.kind == "time":
        across |= {"scale": {"type": "utc"}, "axis": {"grid": False}}
    elif spec.x.kind == "category":
        across["sort"] = None
    elif spec.x.kind == "order":
        across["axis"] = {"labelAngle": 0, "labelOverlap": True, "grid": False}
    else:
        across["scale"] = {"zero": False}
    up = {
        "field": "y",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": spec.kind == "area"},
    }
    encoding = {"x": across, "y": up}
    if spec.series:
        encoding["color"] = _colour(spec)
    return {"mark": _mark(spec), "width": _WIDTH, "height": _HEIGHT, "encoding": encoding}


def _mark(spec: ChartSpec) -> dict[str, Any]:
    if spec.kind == "scatter":
        return {"type": "point", "filled": True, "opacity": 0.75, "size": 40}
    mark: dict[str, Any] = {"type": spec.kind, "point": len(spec.points) <= _WIDTH // 10}
    return mark | ({"opacity": 0.6, "line": True} if spec.kind == "area" else {"strokeWidth": 2})


def _colour(spec: ChartSpec) -> dict[str, Any]:
    title = None if spec.series == "column" else _title(spec.series)
    return {"field": "s", "type": "nominal", "sort": None, "title": title}


def _title(text: str) -> str:
    # A line feed would start another line of the title.
    line = drawable(" ".join(text.split()))
    return line if len(line) <= _TITLE_CHARS else f"{line[:_TITLE_CHARS]}…"


def _config() -> dict[str, Any]:
    text = {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "font": "sans-serif",
        "title": {"color": _INK, "fontSize": 12, "fontWeight": "normal"},
        "axis": text
        | {
            "gridColor": _LINE,
            "domainColor": _LINE,
            "tickColor": _LINE,
            "labelLimit": 240,
            "titleFontWeight": "normal",
        },
        "legend": text | {"orient": "bottom", "labelLimit": 160},
        "text": {"fontSize": 12},
        "view": {"stroke": None},
        "range": {"category": list(_COLOURS)},
        "mark": {"color": _COLOURS[0]},
    }
