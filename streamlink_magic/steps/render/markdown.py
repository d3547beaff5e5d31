"""An answer as Markdown, to be pasted where people write: a pull request, a wiki, a mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.values import cut, format_column, is_number, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import AnswerView, QueryResult

_ROWS, _COLUMNS, _NAME = 50, 20, 60
# Whatever could begin markup, HTML or a formula.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$>])")
_TICKS = re.compile(r"`+")


def render_markdown(view: AnswerView) -> str:
    """Return the whole answer as Markdown in which every text is only text."""
    result = view.result
    headline = _text(view.explanation.headline)
    checks = [f"{phrases.MARKS.get(one.level, '-')} {_text(one.text)}" for one in view.checks]
    blocks = [
        _text(view.question),
        f"**{headline}**" if headline else "",
        _text(view.status),
        _table(result) if result and result.columns else "",
        _text(phrases.row_count(result, min(len(result.rows), _ROWS))) if result else "",
        _text(view.chart.alt) if view.chart and view.chart.kind != "figure" else "",
        _fenced(view.sql),
        _text(phrases.badge(view.verdict)),
        "\n".join(f"1. {_text(step)}" for step in phrases.how(view)),
        "\n".join(f"- {check}" for check in checks),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _text(words: str) -> str:
    r"""Return a text that no reader of Markdown takes for markup.

    >>> _text("<b> *x* [a](b)")
    '&lt;b\\> \\*x\\* \\[a\\]\\(b\\)'
    """
    inert = visible(words.strip()).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKUP.sub(r"\\\1", inert)


def _fenced(sql: str) -> str:
    if not sql:
        return ""
    longest = max((len(run) for run in _TICKS.findall(sql)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sql\n{visible(sql, lines=True)}\n{fence}"


def _table(result: QueryResult) -> str:
    rows = result.rows[:_ROWS]
    shown = range(min(len(result.columns), _COLUMNS))
    columns = [_column(result, index, rows) for index in shown]
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*columns, strict=True)]
    left_out = len(result.columns) - len(shown)
    more = f"\n\n{left_out} more columns are not shown here." if left_out else ""
    return "\n".join(lines) + more


def _column(result: QueryResult, index: int, rows: Sequence[tuple[object, ...]]) -> list[str]:
    values = [row[index] for row in rows]
    known = [value for value in values if value is not None]
    right = bool(known) and all(map(is_number, known))
    name = _text(cut(result.columns[index].name, _NAME)) or " "
    return [name, "---:" if right else ":---", *(map(_text, format_column(values)))]
