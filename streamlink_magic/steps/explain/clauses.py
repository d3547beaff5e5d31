"""The clauses of a Spark SQL query as sentences, in the order in which they take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.explain.sources import read_names, read_sources, source_name
from streamlink_magic.steps.explain.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEPTH = 4
_SETS: dict[type[exp.Expr], str] = {
    exp.Union: "Puts the rows of both together",
    exp.Intersect: "Keeps the rows that both have",
    exp.Except: "Keeps the rows of the first that the second lacks",
}
_JOINS = {
    "left": "keeping rows without a match",
    "right": "keeping rows of {table} without a match",
    "full": "keeping rows of either side without a match",
    "semi": "keeping rows that have a match there",
    "anti": "keeping rows that have no match there",
}
_GROUPINGS = {
    "rollup": "with subtotals",
    "cube": "with subtotals of every combination",
    "grouping_sets": "in several groupings",
}


def query_steps(query: exp.Query, depth: int = 0) -> Iterator[str]:
    """Yield what a query does, a sentence a step; nested queries come before what uses them."""
    if depth > _DEPTH:
        yield "Runs a deeply nested query."
        return
    yield from _named_queries(query, depth)
    inner = query.unnest() if isinstance(query, exp.Subquery) else query
    if isinstance(inner, exp.SetOperation):
        yield from _set_operation(inner, depth)
    elif isinstance(inner, exp.Select):
        yield from _select(inner, depth)
    if inner is not query:
        yield from _ending(query, Words())


def _named_queries(query: exp.Query, depth: int) -> Iterator[str]:
    for cte in query.ctes:
        yield from _prefixed(f"To build {cte.alias}: ", cte.this, depth)


def _prefixed(prefix: str, query: exp.Expr, depth: int) -> Iterator[str]:
    """Yield all steps of a nested query as one sentence."""
    if isinstance(query, exp.Query):
        steps = [_phrase(step) for step in query_steps(query, depth + 1)]
        yield f"{prefix}{'; '.join(steps)}."


def _phrase(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def _set_operation(query: exp.SetOperation, depth: int) -> Iterator[str]:
    yield from _prefixed("First query: ", query.left, depth)
    yield from _prefixed("Second query: ", query.right, depth)
    what = next((text for kind, text in _SETS.items() if isinstance(query, kind)), "Combines both")
    repeats = "without repeating any" if query.args.get("distinct") else "repeats included"
    yield f"{what}, {repeats}."
    yield from _ending(query, Words())


def _select(query: exp.Select, depth: int) -> Iterator[str]:
    for source in _nested_sources(query):
        yield from _prefixed(f"To build {source.alias or 'a nested query'}: ", source, depth)
    words = Words(read_names(query))
    yield from _reading(query, words)
    if where := query.args.get("where"):
        yield f"Keeps the rows where {words.condition(where.this)}."
    yield from _grouping(query, words)
    if not depth or not query.is_star or len(query.expressions) > 1:
        yield _output(query, words)
    if qualify := query.args.get("qualify"):
        yield f"Of these, keeps the rows where {words.condition(qualify.this)}."
    if query.args.get("distinct"):
        yield "Leaves out repeated rows."
    yield from _ending(query, words)


def _nested_sources(query: exp.Select) -> list[exp.Subquery]:
    return [source for source in read_sources(query) if isinstance(source, exp.Subquery)]


def _reading(query: exp.Select, words: Words) -> Iterator[str]:
    joins = query.args.get("joins") or []
    sources = read_sources(query)
    if len(sources) > len(joins):
        yield f"Reads {_introduced(sources.pop(0), words)}."
    for join, source in zip(joins, sources, strict=True):
        yield _join(join, _introduced(source, words), words)
    for lateral in query.args.get("laterals") or ():
        columns = ", ".join(column.name for column in lateral.args["alias"].columns)
        yield f"Makes rows by {words.value(lateral.this)}{columns and ' as '}{columns}."


def _introduced(source: exp.Expr, words: Words) -> str:
    """Return a table's name, and its alias where the other sentences use that."""
    name = source_name(source)
    known = words.tables.get(source.alias_or_name.lower(), name)
    told = name if name == known else f"{name} as {known}"
    sample = "a sample of " if source.args.get("sample") else ""
    return f"{sample}{told}{', pivoted' if source.args.get('pivots') else ''}"


def _join(join: exp.Join, name: str, words: Words) -> str:
    text = f"Joins {name}"
    if on := join.args.get("on"):
        text += f" where {words.condition(on)}"
    elif using := join.args.get("using"):
        text += f" where both have the same {', '.join(column.name for column in using)}"
    elif join.args.get("method") == "NATURAL":
        text += " where all columns of the same name agree"
    else:
        text += ", every row with every row"
    kind = join.kind.lower() if join.kind.lower() in _JOINS else join.side.lower()
    return f"{text}, {_JOINS[kind].format(table=name)}." if kind in _JOINS else f"{text}."


def _grouping(query: exp.Select, words: Words) -> Iterator[str]:
    group = query.args.get("group")
    if group and group.args.get("all"):
        yield "Makes one group for each combination of the columns that are not computed."
    elif group:
        yield f"Makes one group for each {words.listed(_group_keys(group, query))}{_totals(group)}."
    if having := query.args.get("having"):
        yield f"Keeps the groups where {words.condition(having.this)}."


def _group_keys(group: exp.Group, query: exp.Select) -> list[exp.Expr]:
    keys = list(group.expressions)
    for name in _GROUPINGS:
        keys += group.args.get(name) or []
    flat = [part for key in keys for part in (key.expressions if _is_set(key) else [key])]
    return [_selected(key, query) for key in flat]


def _is_set(key: exp.Expr) -> bool:
    return isinstance(key, (exp.Rollup, exp.Cube, exp.GroupingSets))


def _totals(group: exp.Group) -> str:
    kinds = {type(key).__name__.lower() for key in group.expressions if _is_set(key)}
    kinds |= {name for name in _GROUPINGS if group.args.get(name)}
    said = [text for name, text in _GROUPINGS.items() if name in kinds or _flat(name) in kinds]
    return f", {said[0]}" if said else ""


def _flat(name: str) -> str:
    return name.replace("_", "")


def _selected(key: exp.Expr, query: exp.Query) -> exp.Expr:
    """Return the selected column that a number in GROUP BY or ORDER BY stands for."""
    target: exp.Expr = key.this if isinstance(key, exp.Ordered) else key
    if isinstance(target, exp.Literal) and target.is_int:
        position = int(target.name) - 1
        if position in range(len(query.selects)):
            chosen = query.selects[position]
            name = exp.column(chosen.alias) if chosen.alias else chosen
            return _with_target(key, name)
    return key


def _with_target(key: exp.Expr, target: exp.Expr) -> exp.Expr:
    if not isinstance(key, exp.Ordered):
        return target
    return exp.Ordered(this=target.copy(), desc=key.args.get("desc"))


def _output(query: exp.Select, words: Words) -> str:
    computes = any(_aggregates(item) for item in query.expressions)
    verb = "Computes" if computes else "Shows"
    return f"{verb} {words.listed(query.expressions)}."


def _aggregates(item: exp.Expr) -> bool:
    return any(agg.parent_select is item.parent_select for agg in item.find_all(exp.AggFunc))


def _ending(query: exp.Query, words: Words) -> Iterator[str]:
    args: Mapping[str, exp.Expr | None] = query.args
    if order := args.get("order") or args.get("sort") or args.get("cluster"):
        keys = [_selected(key, query) for key in order.expressions]
        yield f"Orders by {words.ordering(keys)}."
    if offset := args.get("offset"):
        yield f"Skips the first {words.value(offset.expression)} rows."
    limit = args.get("limit")
    if limit and limit.expression.name.upper() != "ALL":
        count = words.value(limit.expression)
        yield f"Takes the first {'row' if count == '1' else f'{count} rows'}."
