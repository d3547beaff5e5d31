"""Tables that must be joined for a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.paths import other_end
from streamlink_magic.steps.repair.fitness import may_hold
from streamlink_magic.steps.repair.names import near_name, spelled_otherwise
from streamlink_magic.steps.repair.ways import FAR, free_alias, join_node, known_paths, path_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import Join, TableName, TableSchema
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Statement


def add_joins(statement: Statement, known: Known, *, named: bool = False) -> Iterator[str]:
    """Join the table that has a missing column where exactly one shortest way leads to it."""
    for view in statement.views(known.tables):
        if not isinstance(view.query, exp.Select) or any(not one.table for one in view.sources):
            continue
        for wanted in _wanted(view):
            way = _only_way(view, wanted, known)
            if way and named and way.goal != known.table(wanted.qualifier):
                continue
            start = path_start(way.path, view.sources) if way else None
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
            paths = known_paths(known, here, near[0][0].name) if len(near) == 1 else ()
            start = path_start(paths[0], view.sources) if len(paths) == 1 else None
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
    paths = [known_paths(known, here, goal.name) for goal in goals]
    if not all(paths):
        return None  # one that nothing leads to may be the one that is meant
    ways = [_Way(goal, path) for goal, some in zip(goals, paths, strict=True) for path in some]
    shortest = min((len(way.path) for way in ways), default=0)
    ways = [way for way in ways if len(way.path) == shortest]
    return ways[0] if len(ways) == 1 and _is_sure(ways[0].path) else None


def _is_sure(path: Sequence[Join]) -> bool:
    """Return whether a way is short, and sure in each step where it has several."""
    return len(path) == 1 or (len(path) <= FAR and all(join.confidence == "high" for join in path))


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


def _joined(
    view: ScopeView, wanted: _Wanted, way: _Way, start: tuple[TableName, str], known: Known
) -> Iterator[str]:
    _qualify_all(view, way, known)
    joins = list(view.query.args.get("joins") or ())
    here, alias = start
    for step in way.path:
        there = other_end(step, here) or step.right
        goal = there == way.goal.name and wanted.qualifier
        new = free_alias(view, joins, wanted.qualifier if goal else there.name)
        joins.append(join_node(step, here, alias, there, new))
        here, alias = there, new
    view.query.set("joins", joins)
    for column in wanted.columns:
        column.set("table", exp.to_identifier(alias))
        column.set("this", exp.to_identifier(_real(way.goal, column) or column.name))
    conditions = " and ".join(join.condition for join in way.path)
    yield f"{way.goal.name.name} was joined for {wanted.columns[0].name}, on {conditions}."


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
