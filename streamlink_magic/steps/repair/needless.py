"""Joins that a statement does not need: nothing reads the table, nobody asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement


def drop_needless(statement: Statement, known: Known) -> Iterator[str]:
    """Leave out joined tables that nothing reads and the question does not speak of.

    Small models join whatever could be joined. Such a table only repeats rows or loses those
    without a partner. It is left out only where every other part of the query can do without
    it, one at a time, the last joined first; a table that the question names stays, since
    *pupils who have a locker* is asked by the join alone.
    """
    for view in statement.views(known.tables):
        for join in reversed(list(view.query.args.get("joins") or ())):
            told = _dropped(view, join, known)
            if told:
                yield told
        yield from _begin_later(view, known)


def _dropped(view: ScopeView, join: exp.Join, known: Known) -> str:
    source = view.source(join.alias_or_name)
    if source is None or not _is_plain(join) or not _is_needless(view, source, known, join):
        return ""
    join.pop()
    return _told(source)


def _begin_later(view: ScopeView, known: Known) -> Iterator[str]:
    """Leave the first table out where one other is joined to it and all is read from that."""
    joins = list(view.query.args.get("joins") or [])
    first = view.query.args.get("from_")
    if len(joins) != 1 or first is None or not isinstance(first.this, exp.Table):
        return
    source = view.source(first.this.alias_or_name)
    if source is None or not _is_plain(joins[0]) or not _is_needless(view, source, known, joins[0]):
        return
    first.set("this", joins[0].this)
    view.query.set("joins", [])
    yield _told(source)


def _is_plain(join: exp.Join) -> bool:
    """Return whether a join is an inner one of a table, on equal columns."""
    inner = isinstance(join.this, exp.Table) and not join.side and join.kind in {"", "INNER"}
    condition = join.args.get("on")
    if not inner or condition is None:
        return False
    joined = isinstance(condition, exp.Connector)
    terms = list(condition.flatten()) if joined else [condition]
    return all(_compares_columns(term.unnest()) for term in terms)


def _compares_columns(term: exp.Expr) -> bool:
    sides = (term.args.get("this"), term.args.get("expression"))
    return isinstance(term, exp.EQ) and all(isinstance(side, exp.Column) for side in sides)


def _is_needless(view: ScopeView, source: Source, known: Known, own: exp.Join) -> bool:
    """Return whether only one join's condition reads a table that nobody asked about."""
    if source.table is None or not known.never_mentions(source.table):
        return False
    if any(one.columns is None for one in (*view.sources, *view.outer)):
        return False
    if _counts_rows(view.query):
        return False
    columns = [one for one in view.query.find_all(exp.Column) if not one.find_ancestor(exp.Star)]
    return not any(
        _reads(one, source, view) for one in columns if one.find_ancestor(exp.Join) is not own
    )


def _reads(column: exp.Column, source: Source, view: ScopeView) -> bool:
    if column.table:
        return column.table.casefold() == source.alias.casefold()
    if view.made_here(column):
        return False
    others = any(one.has(column.name) for one in view.sources if one is not source)
    return source.has(column.name) or not others


def _counts_rows(query: exp.Expr) -> bool:
    """Return whether every row of the join counts for itself, or a star takes all columns."""
    counts = any(isinstance(one.this, exp.Star) for one in query.find_all(exp.Count))
    return counts or any(item.is_star for item in getattr(query, "selects", ()))


def _told(source: Source) -> str:
    name = source.table.name.name if source.table else source.alias
    return f"{name} was left out: nothing is read from it, and the question does not speak of it."
