"""Show an answer: one view, as text for a terminal and as HTML for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.steps.render.html import render_html
from streamlink_magic.steps.render.listing import Listing
from streamlink_magic.steps.render.phrases import how
from streamlink_magic.steps.render.text import render_text
from streamlink_magic.steps.render.values import format_value

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView


def mimebundle(view: AnswerView) -> dict[str, str]:
    """Return the view in the forms that every front end can show, by mime type."""
    return {"text/plain": render_text(view), "text/html": render_html(view)}


__all__ = ["Listing", "format_value", "how", "mimebundle", "render_html", "render_text"]
