"""The rows of a result as one semantic table that scrolls in its own place."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.markup import LINE, MUTED, text
from streamlink_magic.steps.render.values import cut, format_column, is_numeric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import Column, QueryResult

_SHOWN_CELLS = 10_000
_NAME = 60
_TYPE = 200
_CELL = f"padding:3px 10px;border-bottom:1px solid {LINE};white-space:nowrap"
# What the keyboard comes to, so that arrows scroll the table around it; the whole table would take
# the focus, and with it the notebook's own keys, from whoever clicks into it.
_HANDLE = 'tabindex="0" data-lm-suppress-shortcuts="true"'
_NULL = '<i style="opacity:0.75">null</i>'


def render_grid(result: QueryResult) -> str:
    """Return the first rows as a table, and above them how many of how many they are."""
    rows = result.rows[: max(1, _SHOWN_CELLS // max(1, len(result.columns)))]
    columns = [_column(result, index, rows) for index in range(len(result.columns))]
    head, *body = [f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True)] or [""]
    return (
        '<div style="overflow:auto;max-height:420px;max-width:100%">'
        '<table style="border-collapse:collapse;margin:0;font-size:95%">'
        f'<caption style="caption-side:top;text-align:left;padding:2px 0;{MUTED}">'
        f"<span {_HANDLE}>{phrases.row_count(result, len(rows))}</span></caption>"
        f"<thead>{head}</thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _column(result: QueryResult, index: int, rows: Sequence[tuple[object, ...]]) -> list[str]:
    """Return the cells of one column, its heading first."""
    column, values = result.columns[index], [row[index] for row in rows]
    side = _side(right=is_numeric(values))
    cells = zip(values, format_column(values), strict=True)
    return [
        _heading(column, side),
        *(f'<td dir="auto" {side}">{_value(value, shown)}</td>' for value, shown in cells),
    ]


def _side(*, right: bool) -> str:
    # The attribute is for code hosts, which drop styles.
    side = "right" if right else "left"
    return f'align="{side}" style="text-align:{side};{_CELL}'


def _heading(column: Column, side: str) -> str:
    shown, title = text(cut(column.name, _NAME)), text(cut(column.type, _TYPE))
    return f'<th scope="col" dir="auto" title="{title}" {side};font-weight:bold">{shown}</th>'


def _value(value: object, shown: str) -> str:
    return _NULL if value is None else escape(shown)
