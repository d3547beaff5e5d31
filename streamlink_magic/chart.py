"""A chart of an answer: what ``answer.chart()`` returns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.drawing import draw_picture, draw_png, draw_svg
from streamlink_magic.errors import ChartError
from streamlink_magic.steps.chart import vega_lite
from streamlink_magic.steps.render import page, render_bars, render_figure, render_picture

if TYPE_CHECKING:
    from streamlink_magic.records import ChartSpec


class Chart:
    """A chart that shows itself as the value of a cell.

    Parameters
    ----------
    spec
        What it shows.

    Examples
    --------
    >>> answer.chart("line").save("delays.svg")   # doctest: +SKIP
    """

    def __init__(self, spec: ChartSpec) -> None:
        self._spec = spec

    @property
    def kind(self) -> str:
        """What sort of chart it is."""
        return self._spec.kind

    @property
    def alt(self) -> str:
        """The chart in words."""
        return self._spec.alt

    @property
    def spec(self) -> dict[str, Any]:
        """Its Vega-Lite specification with the data, such as for ``altair.Chart.from_dict``.

        Raises
        ------
        ChartError
            When it is a single number, of which nothing is drawn.
        """
        if self.kind == "figure":
            raise ChartError("A single number has no drawing.", "It is answer.result.rows[0][0].")
        return vega_lite(self._spec)

    @property
    def svg(self) -> str:
        """The drawing as SVG.

        Raises
        ------
        ChartError
            When nothing that draws is installed, or there is nothing to draw.
        """
        return draw_svg(self.spec)

    def png(self, scale: float = 2.0) -> bytes:
        """Return the drawing as PNG, ``scale`` times as large.

        Raises
        ------
        ChartError
            When nothing that draws is installed, or there is nothing to draw.
        """
        return draw_png(self.spec, scale)

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file that ends in ``.svg`` or ``.png``, and return its path.

        Raises
        ------
        ChartError
            When the file's ending is another, or there is nothing to draw.
        """
        file = Path(path)
        if file.suffix == ".svg":
            file.write_text(self.svg, encoding="utf-8")
        elif file.suffix == ".png":
            file.write_bytes(self.png())
        else:
            raise ChartError(f"No chart is written as {file.name}.", "End it in .svg or .png")
        return file

    def __repr__(self) -> str:
        return render_bars(self._spec)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        if self.kind == "figure":
            number = self._spec.points[0][1]
            shown = render_figure(self._spec, int(number) if number.is_integer() else number)
            return {"text/plain": repr(self), "text/html": page(shown)}
        try:
            shown = render_picture(self._spec, draw_picture(self._spec))
        except ChartError as error:
            return {"text/plain": f"{self!r}\n{error}"}
        return {"text/plain": repr(self), "text/html": page(shown)}
