"""What users said about joins: a file beside the kept answers, one join a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.catalog.profile import JoinCorrections
from streamlink_magic.errors import AskUsageError
from streamlink_magic.memory.lines import edit_lines, read_lines
from streamlink_magic.records import Join, TableName, quote_name

if TYPE_CHECKING:
    from pathlib import Path

_FIX = 'Correct that line, or delete it. A right one: {"join": "a.b_id = b.id", "there": true}'
_USAGE = "Write: %streamlink joins --add orders.buyer_id = people.id, or --remove in its place."
_LEAST_PARTS = 2


def load_joins(path: Path) -> tuple[JoinCorrections, tuple[str, ...]]:
    """Return what the file says of joins, and what is wrong with lines that could not be read.

    Raises
    ------
    MemoryFileError
        When the file as a whole cannot be read.
    """
    said: list[tuple[Join, bool]] = []
    problems: list[str] = []
    for number, line in enumerate(read_lines(path), start=1):
        found = _read(line)
        if found is not None:
            said.append(found)
        elif line.strip():
            problems.append(f"{path}, line {number} holds no join. {_FIX}")
    corrections = JoinCorrections(
        added=tuple(join for join, there in said if there),
        removed=tuple(join for join, there in said if not there),
    )
    return corrections, tuple(problems)


def say_join(path: Path, join: Join, *, there: bool) -> None:
    """Write down that a join is there, or that it is not; what was said of it before is replaced.

    Raises
    ------
    MemoryFileError
        When the file cannot be read or written.
    """

    def change(lines: list[str]) -> list[str]:
        kept = [line for line in lines if not _is_about(join, line)]
        return [*kept, json.dumps({"join": _written(join), "there": there}, ensure_ascii=False)]

    edit_lines(path, change)


def parse_join(text: str) -> Join:
    """Return the join that a condition describes.

    Raises
    ------
    AskUsageError
        When it is not an equality of two tables' columns, or several of them with AND.

    Examples
    --------
    >>> parse_join("orders.buyer_id = shop.people.id").condition
    'orders.buyer_id = people.id'
    """
    try:
        tree = sqlglot.parse_one(text, read="spark", into=exp.Condition)
    except (SqlglotError, RecursionError):
        raise AskUsageError(_USAGE) from None
    terms = list(tree.flatten()) if isinstance(tree, exp.And) else [tree]
    pairs = [_pair(term) for term in terms]
    left, right = pairs[0][0][0], pairs[0][1][0]
    if left == right or any((one[0], other[0]) != (left, right) for one, other in pairs):
        raise AskUsageError(_USAGE)
    return Join(
        left,
        tuple(one[1] for one, _ in pairs),
        right,
        tuple(other[1] for _, other in pairs),
        source="user",
        confidence="high",
        reason="you said so",
    )


def _pair(term: exp.Expr) -> tuple[tuple[TableName, str], tuple[TableName, str]]:
    sides = (term.this, term.expression) if isinstance(term, exp.EQ) else ()
    ends = [_end(side) for side in sides if isinstance(side, exp.Column)]
    if len(ends) != len(("left", "right")):
        raise AskUsageError(_USAGE)
    return ends[0], ends[1]


def _end(column: exp.Column) -> tuple[TableName, str]:
    names = [part.name for part in column.parts]
    if len(names) < _LEAST_PARTS:
        raise AskUsageError(_USAGE)
    *above, table, name = names
    database, catalog = (*reversed(above), "", "")[:2]
    return TableName(table, database, catalog), name


def _read(line: str) -> tuple[Join, bool] | None:
    """Return the join of a line and whether it is there; None for a line that is not of ours."""
    try:
        record = json.loads(line)
        return parse_join(record["join"]), record["there"] is True
    except (ValueError, TypeError, KeyError, RecursionError, AskUsageError):
        return None


def _is_about(join: Join, line: str) -> bool:
    found = _read(line)
    return found is not None and found[0].ends == join.ends


def _written(join: Join) -> str:
    """Return the condition with every name whole and in backticks."""
    pairs = zip(join.left_columns, join.right_columns, strict=True)
    return " AND ".join(
        f"{join.left.sql}.{quote_name(left)} = {join.right.sql}.{quote_name(right)}"
        for left, right in pairs
    )
