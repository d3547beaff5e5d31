"""Questions after what meets two conditions at once, put as either of them or as none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.chain import chain_to, own_source, without_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement

_BOTH = re.compile(r"\bboth\b|\bas well as\b|\band also\b|既.*又|同时|都", re.IGNORECASE)
_AND, _OR = (
    re.compile(r"\band\b|和|与|以及", re.IGNORECASE),
    re.compile(r"\bor\b|或", re.IGNORECASE),
)
_TWO = 2
_MARKS = " '\"`\u201c\u201d\u2018\u2019"


def ask_both(statement: Statement, known: Known) -> Iterator[str]:
    """Ask for those that have two values of one column at once where the question does.

    *Pupils who have both a cat and a dog* are neither those with a cat or a dog, nor those
    with one pet that is both: ``kind IN ('cat', 'dog')`` says the first, ``kind = 'cat' AND
    kind = 'dog'`` the second, which no row can be. Where a row has several partners, each
    value gets an ``EXISTS`` of its own; where rows stand for themselves, the results for each
    value are intersected.
    """
    for view in statement.views(known.tables):
        yield from _both(statement, view, known)


def _both(statement: Statement, view: ScopeView, known: Known) -> Iterator[str]:
    where = view.query.args.get("where")
    pair = _pair(where.this, known.question) if where is not None else None
    subject = own_source(view)
    if pair is None or subject is None or not isinstance(view.query, exp.Select):
        return
    column, conditions, terms = pair
    chain = chain_to(view, subject, column, known)
    if chain is not None and chain.many:
        each = [exp.Exists(this=chain.partners(one.copy())) for one in conditions]
        _replaced(terms, exp.and_(*each))
        without_chain(view, chain)
    elif chain is None and _stands_alone(view, subject, column):
        _intersected(statement, view.query, terms, conditions)
    else:
        return
    said = " and of ".join(one.expression.sql(dialect="spark") for one in conditions)
    yield f"Those are asked for that have a {column.name} of {said}, not one of the two."


def _pair(
    condition: exp.Expr, question: str
) -> tuple[exp.Column, list[exp.EQ], list[exp.Expr]] | None:
    """Return the column, a condition for each of its two values, and the terms that hold them."""
    terms = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    equal = [one for one in terms if _compares_text(one.unnest())]
    for index, one in enumerate(equal):
        for other in equal[index + 1 :]:
            if one.unnest().this == other.unnest().this:  # no row is both
                return _found([*_choice(one.unnest()), *_choice(other.unnest())], [one, other])
    for term in terms:
        choice = _choice(term.unnest())
        if len(choice) == _TWO and _asks_both(question, [one.expression.name for one in choice]):
            return _found(choice, [term])
    return None


def _found(
    conditions: list[exp.EQ], terms: list[exp.Expr]
) -> tuple[exp.Column, list[exp.EQ], list[exp.Expr]]:
    return conditions[0].this, [one.copy() for one in conditions], terms


def _compares_text(term: exp.Expr) -> bool:
    literal = term.args.get("expression")
    return (
        isinstance(term, exp.EQ)
        and isinstance(term.this, exp.Column)
        and isinstance(literal, exp.Literal)
    )


def _choice(term: exp.Expr) -> list[exp.EQ]:
    """Return the equalities of a choice between values of one column."""
    if (
        isinstance(term, exp.In)
        and isinstance(term.this, exp.Column)
        and not term.args.get("query")
    ):
        return [
            exp.EQ(this=term.this.copy(), expression=value.copy()) for value in term.expressions
        ]
    either = isinstance(term, exp.Or)
    parts = [one.unnest() for one in term.flatten()] if either else [term]
    same = all(map(_compares_text, parts)) and len({str(one.this) for one in parts}) == 1
    return [one for one in parts if isinstance(one, exp.EQ)] if same else []


def _asks_both(question: str, values: list[str]) -> bool:
    """Return whether a question joins two values by *and* so that both must hold."""
    folded = question.casefold()
    places = sorted(folded.find(value.casefold()) for value in values)
    between = folded[places[0] : places[1]] if places[0] >= 0 else ""
    if _OR.search(between) or not _AND.search(between):
        return False
    return bool(_BOTH.search(question)) or _says_again(folded, between, places)


def _says_again(question: str, between: str, places: list[int]) -> bool:
    """Return whether the words before the second value repeat those before the first.

    *Films with a song by Ada and a song by Bo* asks for films with both.
    """
    before = question[: places[0]].rstrip(_MARKS).split()
    again = _AND.split(between)[-1].rstrip(_MARKS).split()
    repeated = bool(before and again) and before[-1] == again[-1]
    return repeated and "those" not in again


def _stands_alone(view: ScopeView, subject: Source, column: exp.Column) -> bool:
    """Return whether rows can share what is given out, so that two results can be intersected."""
    query = view.query
    parts = (query.args.get("order"), query.args.get("limit"), *query.find_all(exp.AggFunc))
    if any(parts) or subject.table is None:
        return False
    given = {one.name.casefold() for item in view.selects for one in item.find_all(exp.Column)}
    keys = {name.casefold() for name in subject.table.primary_key}
    named = not column.table or column.table.casefold() == subject.alias.casefold()
    return named and column.name.casefold() not in given and not (keys and keys <= given)


def _intersected(
    statement: Statement, query: exp.Select, terms: list[exp.Expr], conditions: list[exp.EQ]
) -> None:
    """Make a query the intersection of itself with each of two conditions."""
    first, *rest = terms
    for term in rest:
        _take_out(term)
    halves = []
    for condition in conditions:
        first = first.replace(condition.copy())
        halves.append(query.copy())
    both = exp.Intersect(this=halves[0], expression=halves[1], distinct=True)
    if query is statement.tree:
        statement.tree = both
    else:
        query.replace(both)


def _replaced(terms: list[exp.Expr], by: exp.Expr) -> None:
    """Put one condition in the place of several terms of the same conjunction."""
    first, *rest = terms
    first.replace(by)
    for term in rest:
        _take_out(term)


def _take_out(term: exp.Expr) -> None:
    """Leave one term of a conjunction out."""
    around = term.parent
    if isinstance(around, exp.And):
        around.replace(around.right if around.left is term else around.left)
    else:
        term.replace(exp.true())
