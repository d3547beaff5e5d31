"""Draws a chart to SVG or PNG with vl-convert: offline, without a browser.

The first drawing starts a JavaScript engine, which takes a second and holds the interpreter; later
ones take a tenth of that. So the engine is started in the background, before anybody waits.
"""

from __future__ import annotations

from base64 import b64encode
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import ChartError
from streamlink_magic.steps.chart import vega_lite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streamlink_magic.records import ChartSpec

_INSTALL = "pip install 'streamlink-magic[charts]'"
_VERSION = "6.4"
_TINY = {
    "data": {"values": [{"x": 1}]},
    "mark": "point",
    "encoding": {"x": {"field": "x", "type": "quantitative"}},
}


def can_draw() -> bool:
    """Return whether what draws is installed; it is not imported."""
    return find_spec("vl_convert") is not None


def warm_drawing() -> None:
    """Start the engine that draws, where it is installed.

    Raises
    ------
    ChartError
        When it does not start.
    """
    if can_draw():
        draw_svg(_TINY)


def draw_picture(chart: ChartSpec) -> str:
    """Return a chart as an address that holds the picture itself, for an ``<img>``.

    In an ``<img>`` nothing in an SVG can run, and front ends keep it in notebooks that they do
    not trust.

    Raises
    ------
    ChartError
        When nothing that draws is installed, or it fails.
    """
    return f"data:image/svg+xml;base64,{b64encode(draw_svg(vega_lite(chart)).encode()).decode()}"


def draw_svg(spec: Mapping[str, Any]) -> str:
    """Return a Vega-Lite specification drawn as SVG.

    Raises
    ------
    ChartError
        When nothing that draws is installed, or it fails.
    """
    return str(_drawn(lambda engine: engine.vegalite_to_svg(dict(spec), vl_version=_VERSION)))


def draw_png(spec: Mapping[str, Any], scale: float = 2.0) -> bytes:
    """Return a Vega-Lite specification drawn as PNG, ``scale`` times as large.

    Raises
    ------
    ChartError
        When nothing that draws is installed, or it fails.
    """
    return bytes(
        _drawn(lambda engine: engine.vegalite_to_png(dict(spec), vl_version=_VERSION, scale=scale))
    )


def _drawn(draw: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    try:
        import vl_convert
    except ImportError as error:
        raise ChartError("Nothing that draws charts is installed.", _INSTALL) from error
    try:
        return draw(vl_convert)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in Rust is no Exception
        raise ChartError(
            f"The chart could not be drawn: {error}", "The table has all of it."
        ) from error
