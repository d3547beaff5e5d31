"""The few pieces of HTML that every view is made of, each with its texts escaped.

Front ends drop style sheets, scripts, ARIA and inline SVG from notebooks that they do not trust;
what is used here stays, or can go without a loss. Text keeps the page's own colour: a tint is
mixed from it, so that light and dark pages both keep their contrast.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.values import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlink_magic.records import Check

LINE = "#88888866"
MUTED = "opacity:0.75"
COLOURS = {"ok": "#2e9e5b", "note": "#888888", "warning": "#c9820a"}
_PRE = (
    "margin:4px 0 8px 0;padding:6px 10px;white-space:pre-wrap;overflow-wrap:anywhere;"
    # Lab and nbconvert break lines in an output anywhere, in the middle of a name too.
    f"word-break:normal;border-left:2px solid {LINE}"
)


def text(words: str) -> str:
    """Return a text as HTML that shows it and does nothing else."""
    return escape(visible(words))


def lines(words: str) -> str:
    """Return a text as HTML that keeps its lines; an empty one does not end a Markdown block."""
    return escape(visible(words, lines=True)).replace("\n\n", "\n&#10;")


def pre(html: str) -> str:
    """Return lines of code; ``html`` is escaped already."""
    return f'<pre style="{_PRE}"><code>{html}</code></pre>'


def tinted(hue: str) -> str:
    """Return a declaration that gives the page's own text colour a hue."""
    return f"color:color-mix(in srgb,currentColor 45%,{hue})"


def muted(html: str) -> str:
    """Return a line that stands back."""
    return f'<div dir="auto" style="{MUTED}">{html}</div>'


def mark(level: str) -> str:
    """Return the sign of a check."""
    colour = COLOURS.get(level, COLOURS["note"])
    return f'<span style="{tinted(colour)}">{phrases.MARKS.get(level, "·")}</span>'


def noticed(check: Check) -> str:
    """Return a check on a line of its own."""
    return f'<div dir="auto">{mark(check.level)} {text(check.text)}</div>'


def fold(title: str, body: str, *, opened: bool = False) -> str:
    """Return what a reader may want to open; nothing where it is empty."""
    if not body:
        return ""
    state = " open" if opened else ""
    return (
        f'<details{state} style="margin:2px 0"><summary style="cursor:pointer">{title}</summary>'
        f'<div style="margin:2px 0 6px 16px">{body}</div></details>'
    )


def listed(items: Iterable[str], *, ordered: bool = True) -> str:
    """Return sentences as a list; each is HTML already."""
    tag = "ol" if ordered else "ul"
    inside = "".join(f'<li dir="auto">{item}</li>' for item in items)
    return f'<{tag} style="margin:0 0 4px 0;padding-left:22px">{inside}</{tag}>' if inside else ""
