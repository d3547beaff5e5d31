"""Questions after what is not there, put as a condition on what is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.chain import Chain, chain_to, own_source, without_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.steps.repair.statement import Known, ScopeView, Source, Statement

# "is not" alone denies a property ("who is not from Rome"); with a verb it denies a deed.
_ABSENT = re.compile(
    r"\b(?:do|does|did|has|have|had)(?:\s+not|n['\u2019]t)\b|\bnever\b|\bwithout\b|\bdont\b"
    r"|\b(?:have|has|had|with)\s+no\b"
    r"|\b(?:is|are|was|were)(?:\s+not|n['\u2019]t)\s+(?:\w+\s+)?(?:\w+ing|\w+ed|owned|taken)\b"
    r"|\bnot\s+(?:been\s+|yet\s+)?\w+(?:ed|ing)\b"
    r"|没有|从未|从来没|未曾|不曾",
    re.IGNORECASE,
)
_DENIALS = (exp.Not, exp.NEQ, exp.Except)


def ask_absence(statement: Statement, known: Known) -> Iterator[str]:
    """Ask for those without a partner where the question does, and not for other partners.

    *Pupils who have no cat* are not the pupils with a pet that is no cat. Small models write the
    second, ``JOIN … WHERE kind <> 'cat'``. Where the rows asked for may have several partners,
    the denied condition becomes ``NOT EXISTS``, and joins that only served it go.
    """
    if not _ABSENT.search(known.question):
        return
    for view in statement.views(known.tables):
        yield from _denied(view, known)


def _denied(view: ScopeView, known: Known) -> Iterator[str]:
    where = view.query.args.get("where")
    subject = own_source(view)
    if where is None or subject is None or subject.table is None:
        return
    for term in _terms(where.this):
        plain = _undenied(term)
        chain = _chain(view, subject, plain, known) if plain is not None else None
        if plain is not None and chain is not None and chain.many:
            target = chain.target.table
            term.replace(_none_such(chain, plain.copy()))
            without_chain(view, chain)
            said = plain.sql(dialect="spark")
            name = target.name.name if target else chain.target.alias
            yield f"Those are asked for that have no {name} with {said}, however many others."


def _terms(condition: exp.Expr) -> list[exp.Expr]:
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _undenied(term: exp.Expr) -> exp.Expr | None:
    """Return what a condition denies: an equality, a list or a pattern on one column."""
    term = term.unnest()
    if isinstance(term, exp.NEQ):
        return exp.EQ(this=term.this.copy(), expression=term.expression.copy())
    if not isinstance(term, exp.Not):
        return None
    inner = term.this.unnest()
    listed = isinstance(inner, exp.In) and not inner.args.get("query")
    return inner.copy() if listed or isinstance(inner, exp.EQ | exp.Like) else None


def _chain(view: ScopeView, subject: Source, plain: exp.Expr, known: Known) -> Chain | None:
    columns = list(plain.find_all(exp.Column))
    if len(columns) != 1:
        return None
    return chain_to(view, subject, columns[0], known)


def _none_such(chain: Chain, condition: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Exists(this=chain.partners(condition)))
