"""Known ways between tables, and the joins that walk them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.paths import other_end, shortest_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import Join, TableName
    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source

_TRUSTED = ("high", "medium")
FAR = 2
"""The most joins that a way may take without a word from the user."""


def known_paths(
    known: Known, starts: Sequence[TableName], goal: TableName
) -> Sequence[tuple[Join, ...]]:
    """Return every shortest way from any of the starts over joins that are more than guesses."""
    trusted = [join for join in known.profile.joins if join.confidence in _TRUSTED]
    return shortest_paths(trusted, starts, goal)


def path_start(path: Sequence[Join], sources: Sequence[Source]) -> tuple[TableName, str] | None:
    """Return the table and the alias from which a path starts; None when there are several."""
    starts = [
        (one.table.name, one.alias)
        for one in sources
        if one.table and other_end(path[0], one.table.name) is not None
    ]
    return starts[0] if len(starts) == 1 else None


def join_node(join: Join, here: TableName, alias: str, there: TableName, new: str) -> exp.Join:
    """Return the clause that joins ``there``, called ``new``, to ``here``, called ``alias``."""
    table: exp.Expr = exp.table_(there.name)
    if new != there.name:
        table = exp.alias_(table, new, table=True)
    return exp.Join(this=table, kind="INNER", on=join_condition(join, here, alias, new))


def join_condition(join: Join, here: TableName, alias: str, new: str) -> exp.Expr:
    """Return the condition between the end at ``here`` and the other one, by their aliases."""
    left, right = (alias, new) if join.left == here else (new, alias)
    pairs = zip(join.left_columns, join.right_columns, strict=True)
    equal = [
        exp.EQ(this=exp.column(one, left), expression=exp.column(two, right)) for one, two in pairs
    ]
    return exp.and_(*equal)


def free_alias(view: ScopeView, joins: Sequence[exp.Join], wanted: str) -> str:
    """Return a name that no source of the query has: the one wanted, or with a number."""
    taken = {one.alias.casefold() for one in view.sources}
    taken |= {join.alias_or_name.casefold() for join in joins}
    alias, number = wanted, 1
    while alias.casefold() in taken:
        number += 1
        alias = f"{wanted}_{number}"
    return alias


def rejoin(
    view: ScopeView, join: exp.Join, start: tuple[TableName, str], path: tuple[Join, ...]
) -> str:
    """Let a join walk a path from a table that stands before it; return that in words."""
    written = join.args["on"].sql(dialect="spark")
    here, alias = start
    joins = list(view.query.args["joins"])
    place = next(index for index, one in enumerate(joins) if one is join)
    for step in path[:-1]:
        there = other_end(step, here) or step.right
        new = free_alias(view, joins, there.name)
        joins.insert(place, join_node(step, here, alias, there, new))
        place, here, alias = place + 1, there, new
    join.set("on", join_condition(path[-1], here, alias, join.alias_or_name))
    view.query.set("joins", joins)
    conditions = " and ".join(one.condition for one in path)
    return f"The tables were joined on {conditions} instead of {written}."
