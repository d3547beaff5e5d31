"""SHOW, DESCRIBE and EXPLAIN read as questions about the catalog; they never reach Spark as text.

The grammar is small on purpose. What prints properties, locations, owners, a view's text or
things outside the policy has no place in it, and the refusal says what to ask instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.text import pieces
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG_STARTS = words("SHOW DESCRIBE DESC EXPLAIN")
"""What a question about the catalog begins with."""

_QUERY = words("SELECT WITH FROM VALUES")
_MODES = words("EXTENDED FORMATTED COST CODEGEN")
_CODE = re.compile(r"\w+|\S")
_INSTEAD = {
    "CREATE": "DESCRIBE t lists its columns.",
    "TBLPROPERTIES": "DESCRIBE t lists its columns.",
    "PARTITIONS": "Ask for the values: SELECT DISTINCT the partition's columns.",
    "TABLE": "SHOW TABLES lists the names, DESCRIBE t the columns.",
    "FUNCTIONS": "Say which: SHOW SYSTEM FUNCTIONS LIKE 'date*'.",
    "USER": "Say which of Spark's own: SHOW SYSTEM FUNCTIONS LIKE 'date*'.",
    "ALL": "Say which: SHOW SYSTEM FUNCTIONS LIKE 'date*'.",
    "EXTENDED": "Leave EXTENDED out: DESCRIBE t.",
    "FORMATTED": "Leave FORMATTED out: DESCRIBE t.",
}


@dataclass(frozen=True, slots=True)
class CatalogQuestion:
    """One question about the catalog.

    Attributes
    ----------
    kind
        ``tables``, ``views``, ``databases``, ``columns``, ``functions``, ``describe table``,
        ``describe database``, ``describe function``, ``describe query`` or ``explain``.
    name
        The parts of the table, database or function asked about; empty means the current one.
    pattern
        What names must look like: ``*`` stands for anything, ``|`` for or.
    query
        The query that is to be described.
    """

    kind: str
    name: tuple[str, ...] = ()
    pattern: str = "*"
    query: str = ""


def read_question(sql: str) -> CatalogQuestion:
    """Return what a SHOW, DESCRIBE or EXPLAIN statement asks.

    Raises
    ------
    Refusal
        When it is not one of the few forms that can be answered safely.

    Examples
    --------
    >>> read_question("SHOW TABLES IN sales LIKE 'o*'").pattern
    'o*'
    """
    reader = _Reader(sql)
    if reader.take("SHOW"):
        question = _show(reader)
    elif reader.take("EXPLAIN"):
        reader.take(*_MODES)
        question = CatalogQuestion("explain", query=reader.rest())
    else:
        reader.take("DESCRIBE", "DESC")
        question = _describe(reader)
    reader.end()
    return question


def _show(reader: _Reader) -> CatalogQuestion:
    if reader.take("TABLES"):
        return CatalogQuestion("tables", _owner(reader), _pattern(reader))
    if reader.take("VIEWS"):
        return CatalogQuestion("views", _owner(reader), _pattern(reader))
    if reader.take("DATABASES", "SCHEMAS"):
        return CatalogQuestion("databases", (), _pattern(reader))
    if reader.take("COLUMNS"):
        reader.need("IN", "FROM")
        name = reader.name()
        return CatalogQuestion("columns", (*_owner(reader), *name))
    if reader.take("SYSTEM"):
        reader.need("FUNCTIONS")
        return CatalogQuestion("functions", (), _pattern(reader))
    if reader.sees("FUNCTIONS") and reader.follows("LIKE"):
        reader.take("FUNCTIONS")
        return CatalogQuestion("functions", (), _pattern(reader))
    raise reader.refused()


def _describe(reader: _Reader) -> CatalogQuestion:
    if reader.take("DATABASE", "SCHEMA"):
        return CatalogQuestion("describe database", reader.name())
    if reader.take("FUNCTION"):
        reader.take("EXTENDED")
        return CatalogQuestion("describe function", reader.name())
    if reader.take("QUERY") or reader.sees(*_QUERY):
        return CatalogQuestion("describe query", query=reader.rest())
    reader.take("TABLE")
    if reader.sees("EXTENDED", "FORMATTED"):
        raise reader.refused()
    return CatalogQuestion("describe table", reader.name())


def _owner(reader: _Reader) -> tuple[str, ...]:
    return reader.name() if reader.take("IN", "FROM") else ()


def _pattern(reader: _Reader) -> str:
    if reader.take("LIKE"):
        return reader.string()
    return reader.string() if reader.sees_string() else "*"


class _Reader:
    """The words of a statement, taken one after another."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = list(_tokens(sql))
        self._at = 0

    def sees(self, *keywords: str) -> bool:
        """Return whether the next word is one of these."""
        kind, text, _ = self._token()
        return kind == "code" and text.upper() in keywords

    def follows(self, keyword: str) -> bool:
        """Return whether a word stands behind the next one."""
        return any(text.upper() == keyword for _, text, _ in self._tokens[self._at + 1 :][:1])

    def sees_string(self) -> bool:
        """Return whether a string is next."""
        return self._token()[0] == "string"

    def take(self, *keywords: str) -> bool:
        """Step over the next word where it is one of these, and return whether it was."""
        found = self.sees(*keywords)
        self._at += found
        return found

    def need(self, *keywords: str) -> None:
        """Step over the next word, which must be one of these."""
        if not self.take(*keywords):
            raise self.refused()

    def name(self) -> tuple[str, ...]:
        """Take a dotted name."""
        parts = [self._part()]
        while self.take("."):
            parts.append(self._part())
        return tuple(parts)

    def string(self) -> str:
        """Take a string without escapes."""
        kind, text, _ = self._token()
        if kind != "string" or "\\" in text:
            raise self.refused()
        self._at += 1
        return text[1:-1]

    def rest(self) -> str:
        """Take all that is left, as it was written."""
        _, text, start = self._token()
        self._at = len(self._tokens)
        return self._sql[start:] if text else ""

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._at < len(self._tokens):
            raise self.refused()

    def refused(self) -> Refusal:
        """Return the refusal for the word that is next."""
        _, word, _ = self._token()
        return Refusal(
            "catalog-question",
            "This question about the catalog cannot be answered safely.",
            word,
            _INSTEAD.get(word.upper(), "SHOW TABLES, DESCRIBE t and EXPLAIN a query can be."),
        )

    def _token(self) -> tuple[str, str, int]:
        at_end = ("end", "", len(self._sql))
        return self._tokens[self._at] if self._at < len(self._tokens) else at_end

    def _part(self) -> str:
        kind, text, _ = self._token()
        quoted = kind == "quoted" and len(text) > 2  # noqa: PLR2004  more than its backticks
        if not quoted and not (kind == "code" and text.isidentifier()):
            raise self.refused()
        self._at += 1
        return text[1:-1].replace("``", "`") if quoted else text


def _tokens(sql: str) -> Iterator[tuple[str, str, int]]:
    start = 0
    for kind, text in pieces(sql):
        if kind == "code":
            for match in _CODE.finditer(text):
                yield "code", match.group(), start + match.start()
        elif kind != "comment":
            yield kind, text, start
        start += len(text)
