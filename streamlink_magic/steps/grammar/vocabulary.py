"""The terminals that hold names: of tables and columns, as declared, and of what may name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.steps.prompt.names import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from streamlink_magic.records import TableSchema

_FENCE = "```"  # ends the answer wherever it stands
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Words that Spark reserves in its strict mode only, and that models write as they are.
_TOLERATED = frozenset(
    """
    check collate column constraint current_user end fetch foreign grant leading only outer
    overlaps primary references session_user some table time to trailing unique unknown user
    """.split()  # noqa: SIM905
)
# No name that a query gives: each of them goes on with the clause, or begins an expression.
_RESERVED = """
    all and anti as asc between by case cast cross date desc distinct div else end except exists
    extract false filter first from full group having ilike in inner intersect interval is join
    last lateral left like limit minus natural not null nulls offset on or order outer over
    partition pivot qualify range right rlike rows select semi set sort tablesample then true
    union using values when where window with
"""
_COMPUTED = "count|cnt|num|total|avg|average|sum|max|min|rank|rn|ratio|percent|share|diff"
_LONG_ALIASES = (
    "origin|source|dest|destination|home|away|manager|parent|child|prev|next|other|inner_t|"
    "sub|subquery|derived|ranked|temp|tmp"
)


def vocabulary_text(tables: Sequence[TableSchema], database: str) -> str:
    """Return the terminals of names; empty where there is no table with columns."""
    owners = {}
    for table in sorted(tables, key=lambda one: one.name.parts):
        columns = sorted({text for column in table.columns for text in _spellings(column.name)})
        if columns:
            current = table.name.database.casefold() == database.casefold()
            parts = (table.name.name,) if current else table.name.parts
            owners[".".join(map(plain_name, parts))] = columns
    if not owners:
        return ""
    return "\n".join(_lines(owners)) + "\n"


def _spellings(name: str) -> Iterator[str]:
    spelled = plain_name(name)
    if _FENCE not in spelled:
        yield spelled
    if name.lower() in _TOLERATED:
        yield name


def _lines(owners: dict[str, list[str]]) -> Iterator[str]:
    taken = _either(_any_case(owners))
    kept = "|".join(_RESERVED.split())
    every = {name for columns in owners.values() for name in columns}
    owned = "|".join(rf"{_escaped(name)}\.(?:{_either(own)})" for name, own in owners.items())
    yield f"TABLE: /{_either(owners)}/"
    yield rf"TABLE_OF: /(?:{_either(owners)})\./"
    yield f"COLUMN: /{_either(every)}/"
    yield f"OWNED: /{owned}/"
    yield f"RESERVED: /{kept}/i"
    yield f"TAKEN: /{taken}/i"
    yield f"SHORT: /[A-Za-z]{{1,4}}[0-9]{{0,2}}|{_LONG_ALIASES}/"
    yield "ALIAS: SHORT & ~RESERVED & ~TAKEN"
    yield r'ALIAS_OF: ALIAS "."'
    yield r"ALIASED: /\s+([Aa][Ss]\s+)?/ ALIAS"
    yield "NAME: /[A-Za-z_][A-Za-z0-9_]*/ & ~RESERVED"
    yield r"NAMED: /\s+([Aa][Ss]\s+)?/ NAME"
    yield 'FREE_OF: (NAME & ~TAKEN) "."'
    yield "QUOTED: /`[A-Za-z0-9_ ]{1,40}`/"
    yield rf"COMPUTED: /(?:{_COMPUTED})[a-z0-9_]*|[a-z_]+_(?:{_COMPUTED})/"


def _any_case(names: Iterable[str]) -> Iterator[str]:
    """Return the last parts of names: what an alias must not be taken for."""
    return (name.rsplit(".", 1)[-1] for name in names)


def _either(names: Iterable[str]) -> str:
    return "|".join(map(_escaped, sorted(set(names))))


def _escaped(name: str) -> str:
    return re.sub(r"([^A-Za-z0-9_\x80-\U0010ffff])", r"\\\1", name)
