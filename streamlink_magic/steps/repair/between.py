"""A join that takes the key of one thing for the key of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.ways import known_paths, rejoin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import Join, TableName
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement

_SURE = "high"


@dataclass(frozen=True, slots=True)
class _End:
    """A column of a plain table, as one side of a join."""

    source: Source
    table: TableName
    column: str


def join_between(statement: Statement, known: Known) -> Iterator[str]:
    """Join two tables over the one that stands between them.

    ``stadium.id = injury.game_id`` runs, and pairs injuries with stadiums at random, where
    ``game_id`` is the key of ``game``, which refers to its stadium. That is put right where both
    joins are sure, and are the only way between the two tables.
    """
    for view in statement.views(known.tables):
        for join in list(view.query.args.get("joins") or ()):
            way = _way_between(view, join, known)
            if way is not None:
                yield rejoin(view, join, *way)


def _way_between(
    view: ScopeView, join: exp.Join, known: Known
) -> tuple[tuple[TableName, str], tuple[Join, ...]] | None:
    """Return where the way to a join's table starts, and the two joins of it."""
    condition = join.args.get("on")
    if not isinstance(condition, exp.EQ) or join.side or join.kind not in {"", "INNER"}:
        return None
    one, two = (_end(view, side) for side in (condition.this, condition.expression))
    if one is None or two is None:
        return None
    for near, far in ((one, two), (two, one)):
        path = _path(near, far, view, known)
        joined = join.alias_or_name.casefold()
        if path and joined == far.source.alias.casefold():
            return (near.table, near.source.alias), path
        if path and joined == near.source.alias.casefold():
            return (far.table, far.source.alias), path[::-1]
    return None


def _end(view: ScopeView, side: exp.Expr) -> _End | None:
    source = view.source(side.table) if isinstance(side, exp.Column) and side.table else None
    if source is None or source.table is None or not source.has(side.name):
        return None
    return _End(source, source.table.name, side.name.casefold())


def _path(near: _End, far: _End, view: ScopeView, known: Known) -> tuple[Join, ...] | None:
    """Return the only way from one end to the other, where it begins and ends with their columns.

    The first join leads from the near column to a table that the query does not read, and the
    second from there to the far column.
    """
    ways = known_paths(known, [near.table], far.table)
    if len(ways) != 1 or len(ways[0]) != 2:  # noqa: PLR2004  one table between
        return None
    out, on = ways[0]
    leads = (out.left, _only(out.left_columns)) == (near.table, near.column)
    arrives = (on.left, on.right, _only(on.right_columns)) == (out.right, far.table, far.column)
    read = any(one.table and one.table.name == out.right for one in view.sources)
    sure = out.confidence == on.confidence == _SURE
    return ways[0] if leads and arrives and sure and not read else None


def _only(columns: tuple[str, ...]) -> str:
    return columns[0].casefold() if len(columns) == 1 else ""
