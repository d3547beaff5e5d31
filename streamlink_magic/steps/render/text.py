"""An answer as plain text, for terminals and for readers without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wcwidth import wcwidth

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.values import cut, format_column, is_number, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import AnswerView, QueryResult

_WIDTH = 100
_CELL_WIDTH = 40
_COLUMNS = 20
_ROWS = 50
_NAMES = 10
_GAP = "  "


def render_text(view: AnswerView) -> str:
    """Return the whole answer as aligned text without escape sequences, about 100 wide."""
    blocks = [
        visible(view.question),
        visible(view.explanation.headline),
        *([visible(view.status)] if view.status else []),
        *([visible(f"{phrases.REPLAYED} {view.recorded}")] if view.recorded else []),
        *([render_rows(view.result)] if view.result else []),
        _section("SQL", visible(view.sql, lines=True).splitlines()),
        visible(phrases.badge(view.verdict)),
        _section("How", _numbered(phrases.how(view, linked=True))),
        _section(
            "Checks", [f"{_mark(check.level)} {visible(check.text)}" for check in view.checks]
        ),
        _section("Plan", [visible(line) for line in view.verdict.plan]),
        _footer(view),
    ]
    return "\n\n".join(block for block in blocks if block)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _numbered(sentences: Sequence[str]) -> list[str]:
    return [f"{number}. {visible(text)}" for number, text in enumerate(sentences, 1)]


def _mark(level: str) -> str:
    return phrases.MARKS.get(level, "-")


def _footer(view: AnswerView) -> str:
    sent = phrases.size(phrases.sent_bytes(view.sent))
    kinds = ", ".join(phrases.sent_by_kind(view.sent)).lower()
    lines = (
        ("Sent", f"{kinds} ({sent})" if view.sent else ""),
        ("Model", phrases.source(view)),
        ("Times", phrases.times(view.times)),
    )
    return "\n".join(f"{name:<5}  {visible(text)}" for name, text in lines if text)


def render_rows(result: QueryResult) -> str:
    """Return the first rows and columns, in blocks that fit the width, and what is left out."""
    rows = result.rows[:_ROWS]
    columns = [_Column(result, index, rows) for index in range(min(len(result.columns), _COLUMNS))]
    blocks = ["\n".join(_lines(block, len(rows))) for block in _blocks(columns)]
    return "\n\n".join([*blocks, _caption(result, len(rows))])


class _Column:
    """One column of the table, every cell padded to the same width on a terminal."""

    def __init__(self, result: QueryResult, index: int, rows: Sequence[tuple[object, ...]]) -> None:
        values = [row[index] for row in rows]
        texts = [visible(cut(result.columns[index].name, _CELL_WIDTH)), *format_column(values)]
        cells = [_clipped(text) for text in texts]
        self.width = max(_width(cell) for cell in cells)
        known = [value for value in values if value is not None]
        right = bool(known) and all(is_number(value) for value in known)
        self.cells = [_padded(cell, self.width, right=right) for cell in cells]


def _blocks(columns: Sequence[_Column]) -> Iterator[list[_Column]]:
    """Group the columns so that each group fits the width."""
    block: list[_Column] = []
    room = _WIDTH
    for column in columns:
        if block and column.width > room:
            yield block
            block, room = [], _WIDTH
        block.append(column)
        room -= column.width + len(_GAP)
    if block:
        yield block


def _lines(block: Sequence[_Column], rows: int) -> Iterator[str]:
    yield _GAP.join(column.cells[0] for column in block).rstrip()
    yield _GAP.join("-" * column.width for column in block)
    for index in range(1, rows + 1):
        yield _GAP.join(column.cells[index] for column in block).rstrip()


def _caption(result: QueryResult, shown: int) -> str:
    left_out = [column.name for column in result.columns[_COLUMNS:]]
    if not left_out:
        return f"({phrases.row_count(result, shown)})"
    names = ", ".join(visible(cut(name, _CELL_WIDTH)) for name in left_out[:_NAMES])
    etc = ", …" if len(left_out) > _NAMES else ""
    return f"({phrases.row_count(result, shown)}; {len(left_out)} more columns: {names}{etc})"


def _width(text: str) -> int:
    """Return how many places a terminal gives the text: CJK characters take two."""
    return sum(max(wcwidth(char), 0) for char in text)


def _clipped(text: str) -> str:
    if _width(text) <= _CELL_WIDTH:
        return text
    room = _CELL_WIDTH - 1
    for index, char in enumerate(text):
        room -= max(wcwidth(char), 0)
        if room < 0:
            return text[:index] + "…"
    return text


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
