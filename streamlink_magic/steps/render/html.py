"""An answer as one HTML fragment that also reads well in an untrusted, saved notebook.

Front ends drop style sheets, scripts, ARIA and inline SVG from notebooks that they do not trust;
what is used here stays: tables with captions and scopes, folds, and plain inline styles. Colours
are only lines and signs, never text, so that light and dark pages both keep their contrast.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.values import cut, format_column, is_number, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.records import AnswerView, Check, Column, QueryResult

_SHOWN_CELLS = 10_000
_NAME = 60
_TYPE = 200
_LINE = "#88888866"
_COLOURS = {"ok": "#2e9e5b", "note": "#888888", "warning": "#c9820a"}
_HEADLINE = "font-size:110%;font-weight:bold;margin:2px 0 6px 0"
_MUTED = "opacity:0.7"
_CELL = f"padding:3px 10px;border-bottom:1px solid {_LINE};white-space:nowrap"
_PRE = (
    "margin:4px 0 8px 0;padding:6px 10px;white-space:pre-wrap;overflow-x:auto;"
    f"border-left:2px solid {_LINE}"
)
_NULL = '<i style="opacity:0.6">null</i>'


def render_html(view: AnswerView) -> str:
    """Return the whole answer as one self-contained fragment, every text in it escaped."""
    body = [
        f'<div dir="auto" style="{_MUTED}">{_text(view.question)}</div>',
        f'<div dir="auto" style="{_HEADLINE}">{_text(view.explanation.headline)}</div>',
        f"<div>{_text(view.status)}</div>" if view.status else "",
        _recorded(view),
        *(_noticed(check) for check in view.checks if check.level == "warning"),
        _table(view.result) if view.result else "",
        _badge(view),
        *_folds(view),
    ]
    # MathJax would turn dollars in data into formulas; both names of its off switch are given.
    return (
        '<div class="mathjax_ignore tex2jax_ignore" style="line-height:1.45;max-width:100%">'
        f"{''.join(body)}</div>"
    )


def _text(text: str) -> str:
    return escape(visible(text))


def _recorded(view: AnswerView) -> str:
    """Return the badge of an answer that no model was asked for."""
    if not view.recorded:
        return ""
    return (
        f'<div style="margin:2px 0 6px 0;padding:1px 8px;border:1px dashed {_LINE};'
        f'display:inline-block;font-size:90%">{phrases.REPLAYED} {_text(view.recorded)}</div>'
    )


def _noticed(check: Check) -> str:
    return f"<div>{_mark(check.level)} {_text(check.text)}</div>"


def _mark(level: str) -> str:
    colour = _COLOURS.get(level, _COLOURS["note"])
    return f'<span style="color:{colour}">{phrases.MARKS.get(level, "·")}</span>'


def _badge(view: AnswerView) -> str:
    colour = _COLOURS["ok" if view.verdict.allowed else "warning"]
    return (
        f'<div style="margin:6px 0;padding:0 8px;border-left:3px solid {colour};font-size:90%">'
        f"{_text(phrases.badge(view.verdict))}</div>"
    )


def _table(result: QueryResult) -> str:
    rows = result.rows[: max(1, _SHOWN_CELLS // max(1, len(result.columns)))]
    columns = [_column(result, index, rows) for index in range(len(result.columns))]
    head, *lines = [f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True)] or [""]
    return (
        '<div tabindex="0" style="overflow:auto;max-height:480px;max-width:100%">'
        '<table style="border-collapse:collapse;margin:0;font-size:95%">'
        f'<caption style="caption-side:bottom;text-align:left;padding:4px 0;{_MUTED}">'
        f"{phrases.row_count(result, len(rows))}</caption>"
        f"<thead>{head}</thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _column(result: QueryResult, index: int, rows: Sequence[tuple[object, ...]]) -> list[str]:
    """Return the cells of one column, its heading first."""
    column, values = result.columns[index], [row[index] for row in rows]
    known = [value for value in values if value is not None]
    side = _side(right=bool(known) and all(map(is_number, known)))
    cells = zip(values, format_column(values), strict=True)
    return [
        _heading(column, side),
        *(f'<td dir="auto" {side}">{_value(value, text)}</td>' for value, text in cells),
    ]


def _side(*, right: bool) -> str:
    # The attribute is for code hosts, which drop styles.
    side = "right" if right else "left"
    return f'align="{side}" style="text-align:{side};{_CELL}'


def _heading(column: Column, side: str) -> str:
    shown, title = _text(cut(column.name, _NAME)), _text(cut(column.type, _TYPE))
    return f'<th scope="col" dir="auto" title="{title}" {side};font-weight:bold">{shown}</th>'


def _value(value: object, text: str) -> str:
    return _NULL if value is None else escape(text)


def _folds(view: AnswerView) -> list[str]:
    """Return what a reader may want to open, leaving out what is empty."""
    sent = "".join(
        f'<div style="{_MUTED}">{_text(kind)}</div>{"".join(map(_pre, texts))}'
        for kind, texts in phrases.sent_by_kind(view.sent).items()
    )
    times = "".join(
        f"<div>{_text(line)}</div>"
        for line in (phrases.times(view.times), phrases.source(view))
        if line
    )
    return [
        _fold("SQL", _pre(view.sql) if view.sql else "", opened=True),
        _fold("How", _list(_text(step) for step in phrases.how(view))),
        _fold("Checks", "".join(map(_noticed, view.checks))),
        _fold("Sent to the model", sent),
        _fold("Times", times),
    ]


def _fold(title: str, body: str, *, opened: bool = False) -> str:
    if not body:
        return ""
    state = " open" if opened else ""
    return (
        f'<details{state} style="margin:2px 0"><summary style="cursor:pointer">{title}</summary>'
        f'<div style="margin:2px 0 6px 16px">{body}</div></details>'
    )


def _list(items: Iterable[str]) -> str:
    lines = "".join(f'<li dir="auto">{item}</li>' for item in items)
    return f'<ol style="margin:0;padding-left:20px">{lines}</ol>' if lines else ""


def _pre(text: str) -> str:
    return f'<pre style="{_PRE}"><code>{escape(visible(text, lines=True))}</code></pre>'
