"""What a query reads, and the names by which readers know it."""

from __future__ import annotations

from sqlglot import exp


def read_names(query: exp.Query) -> dict[str, str]:
    """Return what a query reads: each alias in lower case with the name readers know it by.

    A table that is read twice is known by its aliases.
    """
    sources = read_sources(query)
    names = [source_name(source) for source in sources]
    return {
        source.alias_or_name.lower(): source.alias
        if source.alias and names.count(name) > 1
        else name
        for source, name in zip(sources, names, strict=True)
    }


def read_sources(query: exp.Query) -> list[exp.Expr]:
    """Return the tables and nested queries after FROM and JOIN, in order."""
    start = query.args.get("from_")
    joins = [join.this for join in query.args.get("joins") or ()]
    return [start.this, *joins] if start else joins


def source_name(source: exp.Expr) -> str:
    """Return the name of a table, or the alias of a nested query."""
    if isinstance(source, exp.Table):
        return ".".join(part.name for part in source.parts)
    return source.alias or "a nested query"
