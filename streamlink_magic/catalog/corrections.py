"""The user's word on joins, kept as JSON Lines in the project's own folder.

One line a correction: ``{"say": "add" | "remove", "join": "orders.buyer = people.id"}``, with
databases where a name needs one. Teams keep the file in git.
"""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.catalog.profile import JoinCorrections
from streamlink_magic.errors import CatalogError
from streamlink_magic.records import Join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import TableName, TableSchema

_SIDES = re.compile(r"\s*=\s*")
_PAIRS = re.compile(r"\s+and\s+", re.IGNORECASE)
_FORM = "Write it as: orders.buyer = people.id"


def corrections_path(memory_path: str) -> Path:
    """Return where the corrections lie: beside the kept answers."""
    return Path(memory_path).with_name("joins.jsonl")


def parse_join(text: str, tables: Sequence[TableSchema]) -> Join:
    """Return the join that a user wrote, with the names as the catalog has them.

    Parameters
    ----------
    text
        ``table.column = table.column``; further pairs of the same tables follow ``AND``.

    Raises
    ------
    CatalogError
        When the text is no join, or names a table or column that is not there.

    Examples
    --------
    >>> from streamlink_magic.testing import table
    >>> shop = (table("orders", "buyer int"), table("people", "id int"))
    >>> parse_join("Orders.BUYER = people.id", shop).condition
    'orders.buyer = people.id'
    """
    pairs = [_SIDES.split(pair.strip()) for pair in _PAIRS.split(text)]
    if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004
        raise CatalogError(f"{text!r} is no join.", _FORM)
    left = [_end(pair[0], tables) for pair in pairs]
    right = [_end(pair[1], tables) for pair in pairs]
    if len({table for table, _ in left}) != 1 or len({table for table, _ in right}) != 1:
        raise CatalogError(f"{text!r} joins more than two tables.", _FORM)
    return Join(
        left=left[0][0],
        left_columns=tuple(column for _, column in left),
        right=right[0][0],
        right_columns=tuple(column for _, column in right),
        source="user",
        confidence="high",
        reason="the user said so",
    )


def _end(text: str, tables: Sequence[TableSchema]) -> tuple[TableName, str]:
    table_text, dot, column_text = text.replace("`", "").rpartition(".")
    if not dot:
        raise CatalogError(f"{text!r} names no table.", _FORM)
    folded = table_text.casefold()
    found = [
        one for one in tables if folded in {one.name.name.casefold(), one.name.dotted.casefold()}
    ]
    if len(found) != 1:
        raise _unknown("table", table_text, [one.name.dotted for one in tables])
    names = {column.name.casefold(): column.name for column in found[0].columns}
    if column_text.casefold() not in names:
        raise _unknown(f"column in {found[0].name.name}", column_text, list(names.values()))
    return found[0].name, names[column_text.casefold()]


def _unknown(what: str, name: str, names: Sequence[str]) -> CatalogError:
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or list(names[:10])
    return CatalogError(
        f"There is no {what} {name!r}, or several.", f"There are: {', '.join(near)}."
    )


def read_corrections(file: Path, tables: Sequence[TableSchema]) -> JoinCorrections:
    """Return what a file says about the joins of these tables; none where there is no file.

    A line about tables or columns that are not here is passed over: the file may be shared by
    notebooks over other databases.

    Raises
    ------
    CatalogError
        When a line is no correction; the message names file and line.
    """
    said = list(_lines(file)) if file.exists() else []
    added: list[Join] = []
    removed: list[Join] = []
    for say, text in said:
        try:
            join = parse_join(text, tables)
        except CatalogError:
            continue
        (added if say == "add" else removed).append(join)
    return JoinCorrections(tuple(added), tuple(removed))


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            say, text = entry["say"], entry["join"]
        except (ValueError, KeyError, TypeError):
            say, text = "", ""
        if say not in {"add", "remove"} or not isinstance(text, str):
            raise CatalogError(
                f"Line {number} of {file} is no correction of a join.",
                'Write {"say": "add", "join": "orders.buyer = people.id"}, or remove the line.',
            )
        yield say, text


def write_corrections(file: Path, corrections: JoinCorrections) -> None:
    """Write the corrections, all or nothing: a reader never meets half a file."""
    entries = [("add", join) for join in corrections.added]
    entries += [("remove", join) for join in corrections.removed]
    lines = [
        json.dumps({"say": say, "join": _text(join)}, ensure_ascii=False) for say, join in entries
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    beside.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    beside.replace(file)


def _text(join: Join) -> str:
    pairs = zip(join.left_columns, join.right_columns, strict=True)
    return " AND ".join(
        f"{join.left.dotted}.{left} = {join.right.dotted}.{right}" for left, right in pairs
    )
