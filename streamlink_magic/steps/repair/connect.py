"""Joins that are missing, or that rest on a column which is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.paths import other_end, shortest_paths
from streamlink_magic.steps.repair.fitness import may_hold
from streamlink_magic.steps.repair.names import near_name, spelled_otherwise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import Join, TableName, TableSchema
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement

_TRUSTED = ("high", "medium")
_FAR = 2


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


def add_joins(statement: Statement, known: Known, *, named: bool = False) -> Iterator[str]:
    """Join the table that has a missing column where exactly one shortest way leads to it."""
    for view in statement.views(known.tables):
        if not isinstance(view.query, exp.Select) or any(not one.table for one in view.sources):
            continue
        for wanted in _wanted(view):
            way = _only_way(view, wanted, known)
            if way and named and way.goal != known.table(wanted.qualifier):
                continue
            start = _start(way.path, view.sources) if way else None
            if way and start:
                yield from _joined(view, wanted, way, start, known)
                break  # the sources are others now; the next pass looks again


def join_near(statement: Statement, known: Known) -> Iterator[str]:
    """Join the one table that has a column of nearly this name, where it is one step away."""
    for view in statement.views(known.tables):
        here = [one.table.name for one in view.sources if one.table]
        for column in view.missing() if isinstance(view.query, exp.Select) else ():
            near = [
                (table, real)
                for table in known.tables
                if table.name not in here
                and (real := near_name(column.name, [c.name for c in table.columns]))
            ]
            paths = _paths(known, here, near[0][0].name) if len(near) == 1 else ()
            start = _start(paths[0], view.sources) if len(paths) == 1 else None
            if start and len(paths[0]) == 1 and paths[0][0].confidence == "high":
                written = column.name
                column.set("this", exp.to_identifier(near[0][1]))
                wanted = _Wanted("", (column,))
                yield f"{written} was read as {near[0][1]} of {near[0][0].name.name}."
                yield from _joined(view, wanted, _Way(near[0][0], paths[0]), start, known)
                break


def join_named(statement: Statement, known: Known) -> Iterator[str]:
    """Join a table that a column is qualified with and that the query does not read."""
    yield from add_joins(statement, known, named=True)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Columns of one qualifier that must come from one further table."""

    qualifier: str
    columns: tuple[exp.Column, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    goal: TableSchema
    path: tuple[Join, ...]


def _wanted(view: ScopeView) -> Iterator[_Wanted]:
    groups: dict[str, list[exp.Column]] = {}
    for column in view.missing():
        unknown = column.table and view.source(column.table) is None
        key = column.table.casefold() if unknown else f".{column.name.casefold()}"
        groups.setdefault(key, []).append(column)
    for key, columns in groups.items():
        yield _Wanted("" if key.startswith(".") else columns[0].table, tuple(columns))


def _only_way(view: ScopeView, wanted: _Wanted, known: Known) -> _Way | None:
    here = [one.table.name for one in view.sources if one.table]
    goals = [table for table in _goals(wanted, known) if table.name not in here]
    paths = [_paths(known, here, goal.name) for goal in goals]
    if not all(paths):
        return None  # one that nothing leads to may be the one that is meant
    ways = [_Way(goal, path) for goal, some in zip(goals, paths, strict=True) for path in some]
    shortest = min((len(way.path) for way in ways), default=0)
    ways = [way for way in ways if len(way.path) == shortest]
    return ways[0] if len(ways) == 1 and _is_sure(ways[0].path) else None


def _is_sure(path: Sequence[Join]) -> bool:
    """Return whether a way is short, and sure in each step where it has several."""
    return len(path) == 1 or (len(path) <= _FAR and all(join.confidence == "high" for join in path))


def _goals(wanted: _Wanted, known: Known) -> Sequence[TableSchema]:
    """Return the tables that have all columns wanted; the one that is named, if it has."""
    having = [table for table in known.tables if _offers(table, wanted, known)]
    named = [table for table in having if table.name.name.casefold() == wanted.qualifier.casefold()]
    return named or having


def _offers(table: TableSchema, wanted: _Wanted, known: Known) -> bool:
    names = ((_real(table, column), column) for column in wanted.columns)
    return all(name and may_hold(known, table, name, column) for name, column in names)


def _real(table: TableSchema, column: exp.Column) -> str | None:
    names = [one.name for one in table.columns]
    same = [name for name in names if name.casefold() == column.name.casefold()]
    if same:
        return same[0]
    named = column.table.casefold() == table.name.name.casefold()
    near = near_name(column.name, names, table.name.name) if named else None
    return spelled_otherwise(column.name, names) or near


def _paths(
    known: Known, starts: Sequence[TableName], goal: TableName
) -> Sequence[tuple[Join, ...]]:
    trusted = [join for join in known.profile.joins if join.confidence in _TRUSTED]
    return shortest_paths(trusted, starts, goal)


def _joined(
    view: ScopeView, wanted: _Wanted, way: _Way, start: tuple[TableName, str], known: Known
) -> Iterator[str]:
    _qualify_all(view, way, known)
    joins = list(view.query.args.get("joins") or ())
    here, alias = start
    for step in way.path:
        there = other_end(step, here) or step.right
        goal = there == way.goal.name and wanted.qualifier
        new = _free_alias(view, joins, wanted.qualifier if goal else there.name)
        joins.append(_join_node(step, here, alias, there, new))
        here, alias = there, new
    view.query.set("joins", joins)
    for column in wanted.columns:
        column.set("table", exp.to_identifier(alias))
        column.set("this", exp.to_identifier(_real(way.goal, column) or column.name))
    conditions = " and ".join(join.condition for join in way.path)
    yield f"{way.goal.name.name} was joined for {wanted.columns[0].name}, on {conditions}."


def _start(path: Sequence[Join], sources: Sequence[Source]) -> tuple[TableName, str] | None:
    """Return the table and the alias from which a path starts; None when there are several."""
    starts = [
        (one.table.name, one.alias)
        for one in sources
        if one.table and other_end(path[0], one.table.name) is not None
    ]
    return starts[0] if len(starts) == 1 else None


def _join_node(join: Join, here: TableName, alias: str, there: TableName, new: str) -> exp.Join:
    table: exp.Expr = exp.table_(there.name)
    if new != there.name:
        table = exp.alias_(table, new, table=True)
    return exp.Join(this=table, kind="INNER", on=_condition(join, here, alias, new))


def _condition(join: Join, here: TableName, alias: str, new: str) -> exp.Expr:
    left, right = (alias, new) if join.left == here else (new, alias)
    pairs = zip(join.left_columns, join.right_columns, strict=True)
    equal = [
        exp.EQ(this=exp.column(one, left), expression=exp.column(two, right)) for one, two in pairs
    ]
    return exp.and_(*equal)


def _free_alias(view: ScopeView, joins: Sequence[exp.Join], wanted: str) -> str:
    taken = {one.alias.casefold() for one in view.sources}
    taken |= {join.alias_or_name.casefold() for join in joins}
    alias, number = wanted, 1
    while alias.casefold() in taken:
        number += 1
        alias = f"{wanted}_{number}"
    return alias


def _qualify_all(view: ScopeView, way: _Way, known: Known) -> None:
    """Keep what the query says now: names and stars must not take in the tables to come."""
    new = {way.goal.name} | {end for join in way.path for end in (join.left, join.right)}
    joining = [table for table in known.tables if table.name in new]
    names = {column.name.casefold() for table in joining for column in table.columns}
    for column in view.columns():
        holders = [one for one in view.sources if one.has(column.name)]
        unclear = not column.table and column.name.casefold() in names
        if unclear and len(holders) == 1 and not view.made_here(column):
            column.set("table", exp.to_identifier(holders[0].alias))
    selects: list[exp.Expr] = []
    for item in view.selects:
        if isinstance(item, exp.Star):
            selects += [exp.column(exp.Star(), one.alias) for one in view.sources]
        else:
            selects.append(item)
    view.query.set("expressions", selects)


def _left_out(view: ScopeView, join: exp.Join, known: Known) -> list[str]:
    """Leave a table out that nothing reads and the question does not speak of.

    Where it only stands between others, these are joined as they are known to join.
    """
    source = view.source(join.alias_or_name)
    if source is None or join.side:
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
    return [f"{told} needs it.", _rewritten(view, hanging[0], start, path)]


def _direct_way(
    view: ScopeView, join: exp.Join, without: Source, known: Known
) -> tuple[tuple[TableName, str], tuple[Join, ...]] | None:
    """Return the one known join between a join's table and the others of the query."""
    end = view.source(join.alias_or_name)
    if end is None or end.table is None:
        return None
    others = [one for one in view.sources if one.table and one is not without and one is not end]
    ways = _paths(known, [one.table.name for one in others if one.table], end.table.name)
    start = _start(ways[0], others) if len(ways) == 1 and len(ways[0]) == 1 else None
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
        ways = _paths(known, [one.table.name for one in some if one.table], joined.table.name)
        ways = [way for way in ways if _leads_through(way, view, join, known)] or ways
        start = _start(ways[0], some) if len(ways) == 1 and len(ways[0]) <= _FAR else None
        if start is not None:
            yield _rewritten(view, join, start, ways[0])
            return


def _leads_through(path: Sequence[Join], view: ScopeView, join: exp.Join, known: Known) -> bool:
    """Return whether a way goes over a table that has the column which the condition misses."""
    missing = {id(column) for column in view.missing()}
    names = [c.name for c in join.args["on"].find_all(exp.Column) if id(c) in missing]
    ends = {one.table.name for one in view.sources if one.table}
    between = {end for step in path for end in (step.left, step.right)} - ends
    columns = [c.name for table in known.tables if table.name in between for c in table.columns]
    return any(spelled_otherwise(name, columns) for name in names)


def _rewritten(
    view: ScopeView, join: exp.Join, start: tuple[TableName, str], path: tuple[Join, ...]
) -> str:
    written = join.args["on"].sql(dialect="spark")
    here, alias = start
    joins = list(view.query.args["joins"])
    place = next(index for index, one in enumerate(joins) if one is join)
    for step in path[:-1]:
        there = other_end(step, here) or step.right
        new = _free_alias(view, joins, there.name)
        joins.insert(place, _join_node(step, here, alias, there, new))
        place, here, alias = place + 1, there, new
    join.set("on", _condition(path[-1], here, alias, join.alias_or_name))
    view.query.set("joins", joins)
    conditions = " and ".join(one.condition for one in path)
    return f"The tables were joined on {conditions} instead of {written}."
