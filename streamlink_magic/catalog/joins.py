"""How tables join: declared keys, joins read from names and values, the user's corrections.

A column refers to another table when its name says so (``CountryCode`` → ``country.Code``), the
types can be compared, the target looks like a key, and the values of one are found among those
of the other (an inclusion dependency, looked for in bounded samples; see Rostin et al., "A
machine learning approach to foreign key discovery", WebDB 2009).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.catalog.evidence import Evidence, evidence_of
from streamlink_magic.catalog.keynames import (
    NameMatch,
    match_names,
    reference_marks,
    target_marks,
)
from streamlink_magic.catalog.ranking import words_of
from streamlink_magic.records import Column, Join, TableName, TableSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from streamlink_magic.records import TableSample

    _Target = tuple[TableSchema, Column]

_SURE = ("high", "medium", "low")
_SOURCES = ("user", "declared", "inferred")
_CONTAINED = 0.95
_MOSTLY = 0.5
_LARGELY = 0.75
_FEW = 3
_MANY = 10
_PAIR = 2
_COMMON = 60


def find_joins(
    tables: Sequence[TableSchema],
    samples: Iterable[TableSample] = (),
    *,
    added: Iterable[Join] = (),
    removed: Iterable[Join] = (),
) -> tuple[Join, ...]:
    """Return the known joins, the surest first.

    Parameters
    ----------
    tables
        Described tables.
    samples
        Rows of some of them; without, names and types alone are looked at.
    added, removed
        The user's corrections. A removed join stays away in both directions, declared or not.

    Examples
    --------
    >>> from streamlink_magic.testing import table
    >>> songs = table("song", "song_id int, singer_id int")
    >>> [join.condition for join in find_joins((table("singer", "singer_id int"), songs))]
    ['song.singer_id = singer.singer_id']
    """
    gone = {join.ends for join in removed}
    found: dict[object, Join] = {}
    candidates = (*added, *declared_joins(tables), *inferred_joins(tables, samples))
    for join in candidates:
        if join.ends not in gone:
            found.setdefault(join.ends, join)
    return tuple(sorted(found.values(), key=_order))


def _order(join: Join) -> tuple[object, ...]:
    return (
        _SOURCES.index(join.source),
        _SURE.index(join.confidence),
        join.left,
        join.left_columns,
        join.right,
        join.right_columns,
    )


def declared_joins(tables: Sequence[TableSchema]) -> Iterator[Join]:
    """Yield the foreign keys that the catalog declares, where both ends are known."""
    for table in tables:
        for key in table.foreign_keys:
            target = _table_named(tables, key.table, table.name)
            if target is not None and len(key.columns) == len(key.references):
                yield Join(
                    left=table.name,
                    left_columns=key.columns,
                    right=target.name,
                    right_columns=key.references,
                    source="declared",
                    confidence="high",
                    reason="the catalog declares this foreign key",
                )


def _table_named(tables: Sequence[TableSchema], name: str, beside: TableName) -> TableSchema | None:
    folded = name.replace("`", "").casefold()
    named = [
        one for one in tables if folded in {one.name.name.casefold(), one.name.dotted.casefold()}
    ]
    near = [one for one in named if one.name.database == beside.database]
    return next(iter(near or named), None)


def inferred_joins(
    tables: Sequence[TableSchema], samples: Iterable[TableSample] = ()
) -> Iterator[Join]:
    """Yield the joins that names, types and values speak for.

    Of several targets for one column the likeliest is kept; equals are all kept, but no surer
    than ``medium``.
    """
    evidence = {sample.table: evidence_of(sample) for sample in samples}
    marked: dict[str, list[_Target]] = {}
    for table in tables:
        for column in table.columns:
            for mark in target_marks(table, column):
                marked.setdefault(mark, []).append((table, column))
    for table in tables:
        for column in table.columns:
            groups = (marked.get(mark, ()) for mark in reference_marks(column))
            # a word that half of all tables share tells nothing
            found = [target for group in groups if len(group) <= _COMMON for target in group]
            targets = {(one.name, two.name): (one, two) for one, two in found}
            judged = list(_judged(table, column, targets.values(), evidence))
            sure = [one for one in judged if one[1].confidence != "low"]
            named = [] if sure else list(_by_table(table, column, tables, evidence))
            others = () if sure or named else _by_values(table, column, tables, evidence)
            yield from _best(named or judged or list(others))


def _judged(
    table: TableSchema,
    column: Column,
    targets: Iterable[_Target],
    evidence: Mapping[TableName, Mapping[str, Evidence]],
) -> Iterator[tuple[int, Join]]:
    left = evidence.get(table.name, {}).get(column.name)
    for other, target in targets:
        match = match_names(table, column, other, target) if other.name != table.name else None
        kinds = _family(column.type), _family(target.type)
        if match is None or not all(kinds):
            continue
        right = evidence.get(other.name, {}).get(target.name)
        judged = _judge(match, left, right, alike=kinds[0] == kinds[1])
        if judged is not None:
            score, confidence, reason = judged
            join = Join(table.name, (column.name,), other.name, (target.name,))
            yield score, replace(join, confidence=confidence, reason=reason)


def _by_table(
    table: TableSchema,
    column: Column,
    tables: Sequence[TableSchema],
    evidence: Mapping[TableName, Mapping[str, Evidence]],
) -> Iterator[tuple[int, Join]]:
    """Yield joins of a column that is called like a table to that table's first column.

    ``sales.shop`` holds numbers of ``shops.nr``, whatever that is called, when all of them are
    keys there. The table must have been read to its end.
    """
    left = evidence.get(table.name, {}).get(column.name)
    if left is None or left.unique or len(left.values) < _PAIR:
        return
    for other in tables:
        key = other.columns[0] if other.columns and other.name != table.name else None
        right = evidence.get(other.name, {}).get(key.name) if key else None
        if key is None or right is None or not (right.unique and right.complete):
            continue
        called = words_of(column.name) == words_of(other.name.name)
        if called and _family(key.type) == _family(column.type) and left.values <= right.values:
            join = Join(table.name, (column.name,), other.name, (key.name,))
            told = f"{column.name} is called like the table {other.name.name}"
            sure = "high" if len(left.values) >= _FEW else "medium"
            reason = f"{told}; all of {len(left.values)} sampled values are keys there"
            yield 1, replace(join, confidence=sure, reason=reason)


def _by_values(
    table: TableSchema,
    column: Column,
    tables: Sequence[TableSchema],
    evidence: Mapping[TableName, Mapping[str, Evidence]],
) -> Iterator[tuple[int, Join]]:
    """Yield joins that values alone speak for: codes that are all keys of another table.

    Only texts, since small numbers are found everywhere; only the first column of a table that
    was read to its end; and never surer than ``medium``.
    """
    left = evidence.get(table.name, {}).get(column.name)
    if left is None or left.unique or len(left.values) < _FEW or _family(column.type) != "text":
        return
    for other in tables:
        key = other.columns[0] if other.columns and other.name != table.name else None
        right = evidence.get(other.name, {}).get(key.name) if key else None
        if key is None or right is None or not (right.unique and right.complete):
            continue
        share = len(left.values & right.values) / len(left.values)
        if _family(key.type) == "text" and share >= _CONTAINED:
            join = Join(table.name, (column.name,), other.name, (key.name,))
            told = f"{share:.0%} of {len(left.values)} sampled values are keys there"
            sure = "medium" if len(left.values) >= _MANY else "low"
            yield 1, replace(join, confidence=sure, reason=f"no name says so; {told}")


def _judge(
    match: NameMatch, left: Evidence | None, right: Evidence | None, *, alike: bool
) -> tuple[int, str, str] | None:
    """Return how good a join is, its confidence and the reason; None when it is none."""
    seen = bool(left and left.values and right and right.values)
    if right is not None and right.values and not right.unique:
        return None
    if not seen:
        return _judged_by_name(match) if alike else None
    assert left is not None  # noqa: S101  said by ``seen``
    assert right is not None  # noqa: S101
    share = len(left.values & right.values) / len(left.values)
    if right.complete and share < _MOSTLY:
        return None
    if not alike and (share < _CONTAINED or match.strength < 2):  # noqa: PLR2004
        return None
    return _judged_by_values(match, share, len(left.values), complete=right.complete)


def _judged_by_name(match: NameMatch) -> tuple[int, str, str] | None:
    if match.strength < 3:  # noqa: PLR2004  only a name that says table and key speaks alone
        return None
    return match.strength * 10, "medium", f"{match.reason}; no values were compared"


def _judged_by_values(
    match: NameMatch, share: float, distinct: int, *, complete: bool
) -> tuple[int, str, str] | None:
    score = match.strength * 10 + round(share * 10)
    told = f"{match.reason}; {share:.0%} of {distinct} sampled values are found there"
    if share >= _CONTAINED and match.strength >= 2:  # noqa: PLR2004
        if distinct >= _FEW or match.strength > 2:  # noqa: PLR2004
            return score, "high", told
        return score, "medium" if distinct >= _PAIR else "low", told
    if (share >= _CONTAINED and distinct >= _FEW) or (share >= _LARGELY and distinct >= _MANY):
        return score, "medium", told
    if match.strength > 2 and (share >= _MOSTLY or not complete):  # noqa: PLR2004
        return score, "medium" if share >= _MOSTLY else "low", told
    return None


def _best(targets: Sequence[tuple[int, Join]]) -> Iterator[Join]:
    if not targets:
        return
    top = max(score for score, _ in targets)
    best = [join for score, join in targets if score == top]
    for join in best:
        shared = len(best) > 1 and join.confidence == "high"
        yield replace(join, confidence="medium") if shared else join


_FAMILIES = {
    "number": ("tinyint", "smallint", "int", "bigint", "decimal", "double", "float"),
    "text": ("string", "char", "varchar"),
    "date": ("date", "timestamp"),
}


def _family(type_text: str) -> str:
    """Return the family of a Spark type within which values compare without a cast of text."""
    for family, kinds in _FAMILIES.items():
        if type_text.startswith(kinds):
            return family
    return ""
