"""The joins between the rows that a query gives out and a table that it only asks about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source


@dataclass(frozen=True, slots=True)
class Step:
    """One join on the way, with its condition; ``source`` is the table that it leads to."""

    source: Source
    condition: exp.Expr


@dataclass(frozen=True, slots=True)
class Chain:
    """A way over the joins of a query, from the table given out to the one asked about.

    Attributes
    ----------
    many
        Whether one row at the start may have several partners at the end.
    column
        The column asked about, qualified.
    """

    steps: tuple[Step, ...]
    many: bool
    column: exp.Column

    @property
    def target(self) -> Source:
        """The table at the end."""
        return self.steps[-1].source

    def partners(self, condition: exp.Expr) -> exp.Select:
        """Return the query for the partners of one row that meet a condition."""
        first, *rest = self.steps
        for column in condition.find_all(exp.Column):
            column.set("table", exp.to_identifier(self.target.alias))
        query = exp.select("1").from_(_table(first.source))
        for step in rest:
            query = query.join(_table(step.source), on=step.condition.copy(), join_type="INNER")
        return query.where(exp.and_(first.condition.copy(), condition))


def own_source(view: ScopeView) -> Source | None:
    """Return the one table that a plain query's output comes from.

    None where it groups, counts, orders by something else, or gives out columns of several.
    """
    query = view.query
    if not isinstance(query, exp.Select) or any(
        map(query.args.get, ("group", "having", "qualify"))
    ):
        return None
    parts = [*query.selects, *([query.args["order"]] if query.args.get("order") else [])]
    columns = [one for part in parts for one in part.find_all(exp.Column)]
    homes = {_home(view, column) for column in columns}
    homes.discard(_MADE_HERE)
    if len(homes) != 1 or any(item.is_star for item in query.selects):
        return None
    (alias,) = homes
    return view.source(alias) if alias else None


_MADE_HERE = "\0made here"


def _home(view: ScopeView, column: exp.Column) -> str:
    """Return the alias of the table that a column is of; empty where that is not sure."""
    if view.made_here(column):
        return _MADE_HERE
    if column.table:
        return column.table.casefold()
    holders = [one for one in view.sources if one.has(column.name)]
    return holders[0].alias.casefold() if len(holders) == 1 else ""


def chain_to(view: ScopeView, start: Source, column: exp.Column, known: Known) -> Chain | None:
    """Return the way from a table to the one that has a column; None where there is no single one.

    Every join on it must be of two plain tables on equal, qualified columns.
    """
    home = _home(view, column)
    target = view.source(home) if home else None
    if target is None or target is start:
        return None
    links = [link for join in view.query.args.get("joins") or () if (link := _link(view, join))]
    if len(links) != len(view.query.args.get("joins") or ()):
        return None
    steps = _walk(start, target, links)
    if not steps:
        return None
    return Chain(tuple(steps), _many(start, steps, known), column)


def _link(view: ScopeView, join: exp.Join) -> tuple[Source, Source, exp.Expr] | None:
    """Return the two tables that a join connects, and on what."""
    condition = join.args.get("on")
    if condition is None or not isinstance(join.this, exp.Table) or join.kind in {"CROSS", "ANTI"}:
        return None
    terms = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    columns = [
        side for term in terms for side in (term.args.get("this"), term.args.get("expression"))
    ]
    if not all(isinstance(term, exp.EQ) for term in terms):
        return None
    if not all(isinstance(one, exp.Column) and one.table for one in columns):
        return None
    aliases = dict.fromkeys(one.table.casefold() for one in columns if isinstance(one, exp.Column))
    ends = [view.source(alias) for alias in aliases]
    if len(ends) != 2 or not all(one and one.table for one in ends):  # noqa: PLR2004
        return None
    return ends[0], ends[1], condition  # type: ignore[return-value]


def _walk(
    start: Source, target: Source, links: Sequence[tuple[Source, Source, exp.Expr]]
) -> list[Step]:
    """Return the steps from start to target; joins make a tree, so that there is one way."""
    front: list[tuple[Source, list[Step]]] = [(start, [])]
    seen = {start.alias.casefold()}
    while front:
        here, steps = front.pop()
        if here.alias.casefold() == target.alias.casefold():
            return steps
        for one, two, condition in links:
            for near, far in ((one, two), (two, one)):
                fresh = far.alias.casefold() not in seen
                if near.alias.casefold() == here.alias.casefold() and fresh:
                    seen.add(far.alias.casefold())
                    front.append((far, [*steps, Step(far, condition)]))
    return []


def _many(start: Source, steps: Sequence[Step], known: Known) -> bool:
    """Return whether a known join on the way leads from a key to the rows that refer to it."""
    here = start
    for step in steps:
        for join in known.profile.joins:
            ends = here.table and step.source.table
            if ends and (join.right, join.left) == (here.table.name, step.source.table.name):  # type: ignore[union-attr]
                return True
        here = step.source
    return False


def without_chain(view: ScopeView, chain: Chain) -> None:
    """Leave the joins of a chain out, from its end, as far as nothing else reads their tables."""
    for step in reversed(chain.steps):
        alias = step.source.alias.casefold()
        joins = view.query.args.get("joins") or ()
        own = next((one for one in joins if one.alias_or_name.casefold() == alias), None)
        own = own or _begin_elsewhere(view, step)
        if own is None or _is_read(view, step.source, own):
            return
        view.query.set("joins", [one for one in view.query.args["joins"] if one is not own])


def _begin_elsewhere(view: ScopeView, step: Step) -> exp.Join | None:
    """Let the query begin with another table than this one, which then is a join like others."""
    first, joins = view.query.args.get("from_"), list(view.query.args.get("joins") or ())
    if first is None or first.this.alias_or_name.casefold() != step.source.alias.casefold():
        return None
    if any(one.side for one in joins) or not joins:
        return None
    for join in joins:
        if join.args.get("on") is step.condition:
            mine = exp.Join(this=first.this.copy(), kind="INNER", on=step.condition)
            first.set("this", join.this.copy())
            view.query.set("joins", [mine, *(one for one in joins if one is not join)])
            return mine
    return None


def _is_read(view: ScopeView, source: Source, own: exp.Join) -> bool:
    for column in view.columns():
        if column.find_ancestor(exp.Join) is own:
            continue
        if _home(view, column) in {source.alias.casefold(), ""}:
            return True
    return False


def _table(source: Source) -> exp.Expr:
    name = source.table.name.name if source.table else source.alias
    table: exp.Expr = exp.table_(name)
    return (
        table
        if source.alias.casefold() == name.casefold()
        else exp.alias_(table, source.alias, table=True)
    )
