"""What of an earlier query, or of a glossary term, is really in the SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from streamlink_magic.errors import TermError
from streamlink_magic.memory.glossary import parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import Term

_LISTED = 4
_CHARS = 80


def carried_over(before: str, after: str) -> str:
    """Return what a query has from the one before it, in one sentence.

    Examples
    --------
    >>> carried_over(
    ...     "SELECT count(*) FROM flights WHERE carrier = 'AA'",
    ...     "SELECT count(*) FROM flights WHERE carrier = 'AA' AND month = 1",
    ... )
    "Carried over from your previous question: table flights; filter carrier = 'AA'."
    """
    old, new = _parsed(before), _parsed(after)
    shared: list[str] = []
    if old is not None and new is not None:
        kinds = (("table", _tables), ("filter", _filters), ("grouping", _groups))
        for kind, read in kinds:
            there = {_plain(node) for node in read(new)}
            both = {_plain(node): _text(node) for node in read(old) if _plain(node) in there}
            if both:
                shared.append(
                    f"{kind}{'s' if len(both) > 1 else ''} {_listed(list(both.values()))}"
                )
    if not shared:
        return "Your previous question was shown to the model; the SQL has nothing of its query."
    return f"Carried over from your previous question: {'; '.join(shared)}."


def term_used(term: Term, sql: str) -> str:
    """Return whether the SQL holds a glossary term's condition, in one sentence.

    Table prefixes, letter case and the order of AND do not count.

    Examples
    --------
    >>> from streamlink_magic.records import Term
    >>> term_used(Term("grown-up", "age >= 18"), "SELECT count(*) FROM people p WHERE p.age >= 18")
    'Glossary: «grown-up» means age >= 18; the SQL holds it.'
    """
    said = f"Glossary: «{term.name}» means {term.condition}"
    tree = _parsed(sql)
    try:
        wanted = parse_condition(term.condition, term.name)
    except TermError:
        return f"{said}."
    if tree is None:
        return f"{said}."
    conditions = (node for node in tree.walk() if isinstance(node, exp.Condition))
    there = {_plain(node) for node in conditions if not _is_weakened(node)}
    if all(_plain(part) in there for part in _conjuncts(wanted)):
        return f"{said}; the SQL holds it."
    return f"{said}; the SQL does not hold it as written, so read the SQL."


def _is_weakened(node: exp.Expr) -> bool:
    """Return whether NOT or OR stands over a condition, so that rows need not meet it."""
    above = node.parent
    while above is not None and not isinstance(above, exp.Query):
        if isinstance(above, exp.Not | exp.Or):
            return True
        above = above.parent
    return False


def _parsed(sql: str) -> exp.Query | None:
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except (SqlglotError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Query) else None


def _tables(tree: exp.Query) -> Iterator[exp.Expr]:
    named = {cte.alias_or_name.casefold() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name.casefold() not in named:
            yield exp.table_(table.name, db=table.db or None, catalog=table.catalog or None)


def _filters(tree: exp.Query) -> Iterator[exp.Expr]:
    for clause in tree.find_all(exp.Where, exp.Having, exp.Qualify):
        yield from _conjuncts(clause.this)


def _groups(tree: exp.Query) -> Iterator[exp.Expr]:
    for clause in tree.find_all(exp.Group):
        yield from (one for one in clause.expressions if isinstance(one, exp.Column))


def _conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    whole = tree.unnest()
    yield from (
        (part.unnest() for part in whole.flatten()) if isinstance(whole, exp.And) else (whole,)
    )


def _plain(node: exp.Expr) -> str:
    """Return a form in which two spellings of one expression are equal."""
    bare = (
        node.unnest()
        .copy()
        .transform(lambda one: exp.column(one.name) if isinstance(one, exp.Column) else one)
    )
    for name in bare.find_all(exp.Identifier):
        name.set("quoted", False)
        name.set("this", str(name.this).casefold())
    return _written(bare)


def _text(node: exp.Expr) -> str:
    text = _written(node)
    return text if len(text) <= _CHARS else f"{text[:_CHARS]}…"


def _written(node: exp.Expr) -> str:
    sql = node.sql(dialect="spark", unsupported_level=ErrorLevel.IGNORE, comments=False)
    return " ".join(sql.split())


def _listed(items: list[str]) -> str:
    return ", ".join(items[:_LISTED]) + (", …" if len(items) > _LISTED else "")
