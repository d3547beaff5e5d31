"""Finding the clause that a refusal is about, for the message only: nothing is decided here."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

MAX_CLAUSE = 120


def find_clause(sql: str, needle: str, *, is_table: bool = False) -> str:
    """Return the part of the statement that a name stands in, as it was written where possible.

    Examples
    --------
    >>> find_clause("SELECT a, reflect('x', 'y') FROM t", "reflect")
    "reflect('x', 'y')"
    """
    if not needle:
        return ""
    found = _table(sql, needle) if is_table else _call(sql, needle)
    return _cut(found or _word(sql, needle))


def _call(sql: str, needle: str) -> str:
    match = re.search(rf"`?\b{re.escape(needle)}\b`?\s*\(", sql, re.IGNORECASE)
    if match is None:
        return ""
    level = 0
    for position in range(match.end() - 1, len(sql)):
        level += {"(": 1, ")": -1}.get(sql[position], 0)
        if level == 0:
            return sql[match.start() : position + 1]
    return sql[match.start() :]


def _table(sql: str, needle: str) -> str:
    try:
        tree = sqlglot.parse_one(sql, dialect="spark")
    except Exception:  # noqa: BLE001  it fails in many ways on what it cannot read
        return ""
    for table in tree.find_all(exp.Table):
        if table.name.lower() == needle.lower():
            parts = [part for part in (table.catalog, table.db, table.name) if part]
            return _word(sql, ".".join(parts)) or table.sql(dialect="spark")
    return ""


def _word(sql: str, needle: str) -> str:
    at = sql.lower().find(needle.lower())
    return sql[at : at + len(needle)] if at >= 0 else ""


def _cut(clause: str) -> str:
    return clause if len(clause) <= MAX_CLAUSE else clause[: MAX_CLAUSE - 1] + "…"
