"""The terminals that hold names: of tables and columns, and of what a query may call them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.steps.grammar.terminals import BLANKS
from streamlink_magic.steps.prompt.names import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from streamlink_magic.records import Column, TableSchema

# Spark takes names in letters of either case, and a small model that has to change the case of one
# may well go on with another; but each letter then has two ways, which takes time to compile.
_FOLDED = 500
_FENCE = "```"  # ends the answer wherever it stands
_FIELDS = r"(?:\.[A-Za-z_][A-Za-z0-9_]*)*"  # of a struct, however deep
_SPECIAL = re.compile(r"([^A-Za-z0-9_\x80-\U0010ffff])")
# Words that Spark reserves in its strict mode only, and that models write as they are.
_TOLERATED = frozenset(
    """
    check collate column constraint current_user end fetch foreign grant leading only outer
    overlaps primary references session_user some table time to trailing unique unknown user
    """.split()  # noqa: SIM905
)
# No name that a query gives: each of them goes on with the clause, or begins an expression.
_RESERVED = frozenset(
    """
    all and anti as asc between by case cast cross date desc distinct div else end except exists
    extract false filter first from full group having ilike in inner intersect interval is join
    last lateral left like limit minus natural not null nulls offset on or order outer over
    partition pivot qualify range right rlike rows select semi set sort tablesample then true
    union using values when where window with
    """.split()  # noqa: SIM905
)
_COMPUTED = "count|cnt|num|total|avg|average|sum|max|min|rank|rn|ratio|percent|share|diff"
_ALIAS = re.compile(
    "[a-z]{1,4}[0-9]{0,2}|origin|source|destination|manager|parent|child|other|subquery|derived"
    "|ranked"
)
_FREE = rf"""
RESERVED: /{"|".join(sorted(_RESERVED))}/i
ALIAS: /{_ALIAS.pattern}/i & ~NO_ALIAS
ALIAS_OF: ALIAS "."
ALIASED: /{BLANKS}(as{BLANKS})?/i ALIAS
NAME: /[A-Za-z_][A-Za-z0-9_]*/ & ~RESERVED
NAMED: /{BLANKS}(as{BLANKS})?/i NAME
FREE_OF: (NAME & ~TAKEN) "."
QUOTED: /`[A-Za-z0-9_ ]{{1,40}}`/
COMPUTED: /(?:{_COMPUTED})[a-z0-9_]*|[a-z_]+_(?:{_COMPUTED})/
"""


def vocabulary_text(tables: Sequence[TableSchema], database: str) -> str:
    """Return the terminals of names; empty where there is no table with columns."""
    named: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for table in tables:
        columns = {text for column in table.columns for text in _column(column)}
        if not columns:
            continue
        name = _table(table, database)
        named.setdefault(name, set())
        for owner in {name, plain_name(table.name.name)}:
            owners.setdefault(owner, set()).update(columns)
    return "\n".join(_lines(named, owners)) + "\n" if owners else ""


def _table(table: TableSchema, database: str) -> str:
    current = table.name.database.casefold() == database.casefold()
    parts = (table.name.name,) if current else table.name.parts
    return ".".join(map(plain_name, parts))


def _column(column: Column) -> Iterator[str]:
    """Yield a column's spellings, as regular expressions."""
    spelled = plain_name(column.name)
    fields = _FIELDS if "struct<" in column.type else ""
    if _FENCE not in spelled:
        yield _escaped(spelled) + fields
    if column.name.lower() in _TOLERATED:
        yield column.name + fields


def _lines(tables: Iterable[str], owners: Mapping[str, set[str]]) -> Iterator[str]:
    either = _either(map(_escaped, tables))
    before = _either(map(_escaped, owners))
    taken = {name.rsplit(".", 1)[-1].lower() for name in owners}
    owned = "|".join(rf"{_escaped(name)}\.(?:{_either(owners[name])})" for name in sorted(owners))
    case = "i" if sum(map(len, owners.values())) <= _FOLDED else ""
    yield f"TABLE: /{either}/{case}"
    yield rf"TABLE_OF: /(?:{before})\./{case}"
    yield f"COLUMN: /{_either(set().union(*owners.values()))}/{case}"
    yield f"OWNED: /{owned}/{case}"
    yield f"TAKEN: /{_either(map(_escaped, taken))}/i"
    yield f"NO_ALIAS: /{_either(filter(_ALIAS.fullmatch, taken | _RESERVED))}/i"
    yield _FREE


def _either(alternatives: Iterable[str]) -> str:
    return "|".join(sorted(set(alternatives)))


def _escaped(name: str) -> str:
    return _SPECIAL.sub(r"\\\1", name)
