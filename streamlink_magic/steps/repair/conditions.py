"""Joins that rest on a column which is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.names import spelled_otherwise
from streamlink_magic.steps.repair.ways import FAR, known_paths, path_start, rejoin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import Join, TableName, TableSchema
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement


def mend_conditions(statement: Statement, known: Known) -> Iterator[str]:
    """Join two tables as they are known to join where the condition names no real column."""
    for view in statement.views(known.tables):
        missing = {id(column) for column in view.missing()}
        for join in list(view.query.args.get("joins") or ()):
            condition = join.args.get("on")
            broken = condition is not None and any(
                id(column) in missing for column in condition.find_all(exp.Column)
            )
            if broken and isinstance(condition, exp.EQ):
                yield from _left_out(view, join, known) or _rejoined(view, join, known)


def _left_out(view: ScopeView, join: exp.Join, known: Known) -> list[str]:
    """Leave a table out that nothing reads and the question does not speak of.

    Where it only stands between others, these are joined as they are known to join.
    """
    source = view.source(join.alias_or_name)
    counts_rows = any(isinstance(one.this, exp.Star) for one in view.query.find_all(exp.Count))
    if source is None or join.side or counts_rows:  # fewer tables are another count
        return []
    rest = [one for one in view.query.args["joins"] if one is not join]
    if not _is_idle(view, source, known):
        return [] if rest else _begin_with(view, join, source, known)
    hanging = [one for one in rest if _names(one.args.get("on"), source.alias)]
    told = f"{_title(source)} was left out: its join names no real column, and nothing else"
    if not hanging:
        view.query.set("joins", rest)
        return [f"{told} reads it."]
    way = _direct_way(view, hanging[0], source, known) if len(hanging) == 1 else None
    if way is None:
        return []
    view.query.set("joins", rest)
    start, path = way
    return [f"{told} needs it.", rejoin(view, hanging[0], start, path)]


def _direct_way(
    view: ScopeView, join: exp.Join, without: Source, known: Known
) -> tuple[tuple[TableName, str], tuple[Join, ...]] | None:
    """Return the one known join between a join's table and the others of the query."""
    end = view.source(join.alias_or_name)
    if end is None or end.table is None:
        return None
    others = [one for one in view.sources if one.table and one is not without and one is not end]
    ways = known_paths(known, [one.table.name for one in others if one.table], end.table.name)
    start = path_start(ways[0], others) if len(ways) == 1 and len(ways[0]) == 1 else None
    return (start, ways[0]) if start else None


def _begin_with(view: ScopeView, join: exp.Join, joined: Source, known: Known) -> list[str]:
    """Read the joined table alone where nothing takes anything from the first one."""
    first = next((one for one in view.sources if one is not joined), None)
    if first is None or not _is_idle(view, first, known):
        return []
    view.query.set("from_", exp.From(this=join.this))
    view.query.set("joins", [])
    return [f"{_title(first)} was left out: the join names no real column, and nothing reads it."]


def _title(source: Source) -> str:
    return source.table.name.name if source.table else source.alias


def _is_idle(view: ScopeView, source: Source, known: Known) -> bool:
    """Return whether a table is read by conditions of joins alone and never spoken of."""
    if source.table is None or not known.never_mentions(source.table):
        return False
    return not _reads(view, source, view.query.args["joins"])


def _names(condition: exp.Expr | None, alias: str) -> bool:
    columns = condition.find_all(exp.Column) if condition is not None else ()
    return any(column.table.casefold() == alias.casefold() for column in columns)


def _reads(view: ScopeView, source: Source, joins: Sequence[exp.Join]) -> bool:
    """Return whether anything but the conditions of joins takes a real column of a source."""
    conditions = {id(c) for join in joins for c in join.find_all(exp.Column)}
    stars = any(isinstance(one, exp.Star) for one in view.selects)
    return stars or any(
        source.has(column.name) and column.table.casefold() in {"", source.alias.casefold()}
        for column in view.query.find_all(exp.Column)
        if id(column) not in conditions
    )


def _rejoined(view: ScopeView, join: exp.Join, known: Known) -> Iterator[str]:
    """Give a join the only known way from the tables before it to its own."""
    joined = view.source(join.alias_or_name)
    joins = list(view.query.args["joins"])
    place = next(index for index, one in enumerate(joins) if one is join)
    later = {one.alias_or_name.casefold() for one in joins[place:]}
    before = [one for one in view.sources if one.table and one.alias.casefold() not in later]
    if joined is None or joined.table is None or not before:
        return
    named = {c.table.casefold() for c in join.args["on"].find_all(exp.Column)}
    partners = [one for one in before if one.alias.casefold() in named]
    for some in (before, partners):
        ways = known_paths(known, [one.table.name for one in some if one.table], joined.table.name)
        ways = _told_ways(ways, view, join, known)
        start = path_start(ways[0], some) if len(ways) == 1 and len(ways[0]) <= FAR else None
        if start is not None:
            yield rejoin(view, join, start, ways[0])
            return


def _told_ways(
    ways: Sequence[tuple[Join, ...]], view: ScopeView, join: exp.Join, known: Known
) -> Sequence[tuple[Join, ...]]:
    """Return the ways over a table that has the column which the condition misses.

    All of them where no such table is between; none where the column is neither at an end of
    the join nor on any way, though a table has it: then another way is meant.
    """
    missing = {id(column) for column in view.missing()}
    names = [c.name for c in join.args["on"].find_all(exp.Column) if id(c) in missing]
    read = [one.table for one in view.sources if one.table]
    holders = {t.name for t in known.tables if t not in read and _has_any(t, names)}
    through = [way for way in ways if holders & {e for j in way for e in (j.left, j.right)}]
    elsewhere = holders and not any(_has_any(table, names) for table in read)
    return through or ([] if elsewhere else ways)


def _has_any(table: TableSchema, names: Sequence[str]) -> bool:
    columns = [column.name for column in table.columns]
    return any(spelled_otherwise(name, columns) for name in names)
