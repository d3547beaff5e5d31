"""Say in words what an answer is and how it was made, from its SQL and its rows alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.records import Explanation
from streamlink_magic.steps.explain.clauses import query_steps
from streamlink_magic.steps.explain.headline import headline
from streamlink_magic.steps.explain.links import link_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import QueryResult

_STEPS = 30
_NUMBER = re.compile(r"\d+")


def explain_result(
    question: str,
    sql: str,
    result: QueryResult | None,
    tables: tuple[str, ...],
    repairs: tuple[str, ...] = (),
) -> Explanation:
    """Return the answer in words.

    Parameters
    ----------
    question
        The question as it was typed. No sentence is taken from it: words of the question could
        promise what the SQL does not do. Its words are only linked to the steps.
    sql
        The statement that ran, or that would.
    result
        Its first rows; None when it was not run.
    tables
        The tables that the guard saw it read, told where the SQL itself cannot be put into words.
    repairs
        What was corrected in the model's SQL, a phrase each.

    Examples
    --------
    >>> explain_result("How many?", "SELECT count(*) FROM flights", None, ()).steps
    ('Reads flights.', 'Computes the number of rows.')
    """
    tree = _parsed(sql)
    steps = _told(tree, sql) if tree else _read(tables)
    fixes = tuple(f"Corrected after the model wrote it: {repair}" for repair in repairs)
    return Explanation(
        headline(tree, result), (*steps, *fixes), links=link_words(question.strip(), steps)
    )


def _parsed(sql: str) -> exp.Query | None:
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except (SqlglotError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Query) else None


def _told(tree: exp.Query, sql: str) -> tuple[str, ...]:
    # sqlglot may spell an expression with numbers of its own; such a step would not be true.
    known = set(_NUMBER.findall(sql))
    try:
        steps = [step for step in _limited(query_steps(tree)) if known >= _numbers(step)]
    except RecursionError:
        return ("Runs a query that is nested too deeply to be put into words.",)
    return tuple(steps)


def _limited(steps: Iterator[str]) -> Iterator[str]:
    for count, step in enumerate(steps):
        if count == _STEPS:
            yield "Further steps are in the SQL."
            return
        yield step


def _numbers(step: str) -> set[str]:
    return set(_NUMBER.findall(step))


def _read(tables: tuple[str, ...]) -> tuple[str, ...]:
    return (f"Reads {', '.join(tables)}.",) if tables else ()


__all__ = ["explain_result"]
