"""An answer as one HTML fragment that also reads well in an untrusted, saved notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.folds import render_folds
from streamlink_magic.steps.render.grid import render_grid
from streamlink_magic.steps.render.markup import COLOURS, LINE, MUTED, muted, noticed, text
from streamlink_magic.steps.render.values import format_value

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView, ChartSpec, Check

_HEADLINE = "font-size:115%;font-weight:bold;margin:2px 0 6px 0"
_FIGURE = "font-size:240%;font-weight:bold;line-height:1.2"
_FEW_COLUMNS = 4


def render_html(view: AnswerView, picture: str = "", note: str = "") -> str:
    """Return the whole answer as one self-contained fragment, every text in it escaped.

    Parameters
    ----------
    picture
        The drawn chart as a ``data:`` address; empty where none was drawn.
    note
        Why none was drawn, where the view has a chart.
    """
    body = [
        muted(text(view.question)),
        "" if _is_figure(view) else _headline(view),
        f"<div>{text(view.status)}</div>" if view.status else "",
        _recorded(view),
        *(noticed(check) for check in view.checks if check.level == "warning" and not check.badge),
        _shown(view, picture),
        muted(text(note)) if note else "",
        _standing(view),
        render_folds(view),
    ]
    return page("".join(body))


def _headline(view: AnswerView) -> str:
    return f'<div dir="auto" style="{_HEADLINE}">{text(view.explanation.headline)}</div>'


def _recorded(view: AnswerView) -> str:
    """Return the badge of an answer that no model was asked for."""
    if not view.recorded:
        return ""
    return (
        f'<div style="margin:2px 0 6px 0;padding:1px 8px;border:1px dashed {LINE};'
        f'display:inline-block;font-size:90%">{phrases.REPLAYED} {text(view.recorded)}</div>'
    )


def _is_figure(view: AnswerView) -> bool:
    return view.chart is not None and view.chart.kind == "figure"


def page(body: str) -> str:
    """Return a fragment of its own; ``body`` is escaped already."""
    # MathJax would turn dollars in data into formulas; both names of its off switch are given.
    return (
        '<div class="mathjax_ignore tex2jax_ignore" style="line-height:1.45;max-width:100%">'
        f"{body}</div>"
    )


def _shown(view: AnswerView, picture: str) -> str:
    """Return the figure, or chart and table: side by side where there is room."""
    if view.result is None:
        return ""
    if view.chart and _is_figure(view):
        return render_figure(view.chart, view.result.rows[0][0])
    grid = render_grid(view.result)
    if not (view.chart and picture):
        return grid
    width = "320px" if len(view.result.columns) <= _FEW_COLUMNS else "100%"
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:8px 28px;align-items:flex-start">'
        f'<div style="flex:0 1 auto;min-width:0;max-width:100%">'
        f"{render_picture(view.chart, picture)}</div>"
        f'<div style="flex:1 1 {width};min-width:0;max-width:100%">{grid}</div></div>'
    )


def render_picture(chart: ChartSpec, picture: str) -> str:
    """Return a drawn chart with its words; ``picture`` is a ``data:`` address."""
    note = muted(f'<span style="font-size:90%">{text(chart.note)}</span>') if chart.note else ""
    image = (
        f'<img src="{escape(picture)}" alt="{text(chart.alt)}" '
        'style="max-width:100%;height:auto;margin:0">'
    )
    return f"{image}{note}"


def render_figure(chart: ChartSpec, value: object) -> str:
    """Return one number, written large."""
    number = f"{value:,}" if isinstance(value, int) else format_value(value)
    about = f' <span style="{MUTED}">{text(chart.note)}</span>' if chart.note else ""
    return (
        f'<div style="{_FIGURE}">{text(number)}</div>'
        f'<div dir="auto" style="margin-bottom:6px">{text(_spoken(chart.y.name))}{about}</div>'
    )


def _spoken(name: str) -> str:
    """Return ``total_flights`` as ``Total flights``, and ``count(1)``, no name, as it is."""
    if "(" in name:
        return name
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _standing(view: AnswerView) -> str:
    """Return how far the answer is to be trusted, and what the guard proved."""
    level = "ok" if view.verdict.allowed else "warning"
    badges = [_badge(check) for check in view.checks if check.badge]
    proof = _pill(level, phrases.badge(view.verdict))
    return f'<div style="margin:6px 0;font-size:90%">{"".join(badges)}{proof}</div>'


def _badge(check: Check) -> str:
    return _pill(check.level, check.text)


def _pill(level: str, words: str) -> str:
    colour = COLOURS.get(level, COLOURS["note"])
    return (
        f'<div dir="auto" style="margin:2px 0;padding:0 8px;border-left:3px solid {colour}">'
        f"{text(words)}</div>"
    )
