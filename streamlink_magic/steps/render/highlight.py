"""SQL with its keywords, texts, numbers and comments told apart, without a style sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType  # type: ignore[attr-defined]

from streamlink_magic.steps.render.markup import lines, tinted

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bold and italic remain where a front end drops the colours.
_STYLES = {
    "keyword": f"font-weight:bold;{tinted('#2f6fed')}",
    "text": tinted("#1a9c3c"),
    "number": tinted("#c2570c"),
    "comment": "font-style:italic;opacity:0.75",
}
_TEXTS = frozenset({TokenType.STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING})
_PLAIN = frozenset({TokenType.VAR, TokenType.IDENTIFIER})


def highlight_sql(sql: str) -> str:
    """Return SQL as HTML: every character of it, escaped, in order."""
    return "".join(_span(kind, part) for kind, part in sql_parts(sql))


def sql_parts(sql: str) -> Iterator[tuple[str, str]]:
    """Yield SQL in pieces with what each is; joined, they are the statement again.

    Examples
    --------
    >>> list(sql_parts("SELECT 'a'"))
    [('keyword', 'SELECT'), ('', ' '), ('text', "'a'")]
    """
    done = 0
    for kind, start, end in _tokens(sql):
        if start < done or end > len(sql):
            continue  # two readings of one place: what is left stays plain
        if start > done:
            yield _gap(sql[done:start])
        yield kind, sql[start:end]
        done = end
    if done < len(sql):
        yield _gap(sql[done:])


def _tokens(sql: str) -> list[tuple[str, int, int]]:
    try:
        tokens = Spark().tokenize(sql)
    except (SqlglotError, RecursionError):
        return []
    return [(_kind(one.token_type, one.text), one.start, one.end + 1) for one in tokens]


def _kind(kind: TokenType, text: str) -> str:
    if kind in _TEXTS:
        return "text"
    if kind is TokenType.NUMBER:
        return "number"
    return "keyword" if kind not in _PLAIN and text.replace(" ", "").isalpha() else ""


def _gap(between: str) -> tuple[str, str]:
    """Return what stands between two tokens: spaces, or a comment."""
    return ("comment" if between.strip() else ""), between


def _span(kind: str, part: str) -> str:
    style = _STYLES.get(kind)
    return f'<span style="{style}">{lines(part)}</span>' if style else lines(part)
