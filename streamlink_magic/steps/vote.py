"""Choose between several drafts of one question by what they return."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import GuardedQuery, QueryResult, SqlDraft

_GREEDY, _SAMPLED = 1.25, 0.75
_MENDED, _EMPTY = 0.75, 0.3
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft that the guard let through.

    Attributes
    ----------
    plan
        What tells apart plans that say different things; equal plans need no second run.
    result
        Its first rows; None where it was not run.
    greedy
        Whether it is the model's own first choice, over either form of the tables.
    absent
        Warnings of the texts that it looks for and no row has.
    """

    draft: SqlDraft
    query: GuardedQuery
    plan: str
    result: QueryResult | None = None
    greedy: bool = False
    absent: tuple[str, ...] = ()

    @property
    def finds_nothing(self) -> bool:
        """Whether it returns nothing, or looks for what is not there."""
        return bool(self.absent) or (self.result is not None and says_nothing(self.result))


@dataclass(frozen=True, slots=True)
class Reading:
    """Drafts that return the same: one way to read the question.

    Attributes
    ----------
    best
        The draft that stands for them.
    weight
        How much speaks for it.
    votes
        How many drafts agree.
    """

    best: Candidate
    weight: float
    votes: int


def weigh_readings(candidates: Sequence[Candidate]) -> tuple[Reading, ...]:
    """Return the readings of a question, the likeliest first.

    Drafts agree when their first rows are the same, as a bag, whatever the columns are called.
    A first choice of the model weighs more than a sample; a draft that had to be mended, and one
    that finds nothing, weigh less. This is the self-consistency of Wang et al. 2022
    (arXiv:2203.11171) over results in place of texts.
    """
    groups: dict[str, list[Candidate]] = {}
    for one in candidates:
        groups.setdefault(_meaning(one), []).append(one)
    readings = [_reading(group) for group in groups.values()]
    return tuple(sorted(readings, key=lambda each: -each.weight))


def _reading(group: Sequence[Candidate]) -> Reading:
    best = max(group, key=weight_of)
    return Reading(best, sum(map(weight_of, group)), len(group))


def weight_of(one: Candidate) -> float:
    """Return how much one draft speaks for what it returns."""
    weight = _GREEDY if one.greedy else _SAMPLED
    if one.draft.repairs:
        weight *= _MENDED
    if one.finds_nothing:
        weight *= _EMPTY
    return weight


def says_nothing(result: QueryResult) -> bool:
    """Return whether a result has no row, or nothing but nulls."""
    return all(value is None for row in result.rows for value in row)


def _meaning(one: Candidate) -> str:
    return result_digest(one.result) if one.result is not None else one.plan


def result_digest(result: QueryResult) -> str:
    """Return what tells results apart: their rows as a bag, numbers to six digits."""
    rows = Counter(tuple(map(_comparable, row)) for row in result.rows)
    listed = sorted((repr(row), count) for row, count in rows.items())
    text = f"{len(result.columns)} {result.more} {listed}"
    return hashlib.sha256(text.encode()).hexdigest()


def _comparable(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        return str(number)
    return float(f"{number:.{_DIGITS}g}")
