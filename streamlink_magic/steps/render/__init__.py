"""Show an answer: one view, as text for a terminal and as HTML for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.steps.render.bars import render_bars
from streamlink_magic.steps.render.folds import how_html
from streamlink_magic.steps.render.grid import render_grid
from streamlink_magic.steps.render.html import page, render_figure, render_html, render_picture
from streamlink_magic.steps.render.listing import Listing
from streamlink_magic.steps.render.markdown import render_markdown
from streamlink_magic.steps.render.parts import checks_listing, sent_listing
from streamlink_magic.steps.render.phrases import how
from streamlink_magic.steps.render.text import render_rows, render_text
from streamlink_magic.steps.render.values import format_value

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView


def mimebundle(view: AnswerView, picture: str = "", note: str = "") -> dict[str, str]:
    """Return the view in the forms that every front end can show, by mime type.

    Parameters
    ----------
    picture
        The drawn chart as a ``data:`` address; empty where none was drawn.
    note
        Why none was drawn, where the view has a chart.
    """
    return {"text/plain": render_text(view), "text/html": render_html(view, picture, note)}


__all__ = [
    "Listing",
    "checks_listing",
    "format_value",
    "how",
    "how_html",
    "mimebundle",
    "page",
    "render_bars",
    "render_figure",
    "render_grid",
    "render_html",
    "render_markdown",
    "render_picture",
    "render_rows",
    "render_text",
    "sent_listing",
]
