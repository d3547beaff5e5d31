"""The user's own kept answers, asked again: does what they confirmed still come out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.benchmark import BenchmarkSet, BenchQuestion, Gold
from streamlink_magic.evaluation.report import Report
from streamlink_magic.evaluation.run import ask_timed
from streamlink_magic.evaluation.score import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlink_magic.evaluation.predictions import Prediction
    from streamlink_magic.protocols import Clock

KEPT = "kept answers"


@dataclass(frozen=True, slots=True)
class KeptPair:
    """A question and the SQL that its user confirmed."""

    id: str
    question: str
    sql: str


class AskAgain(Protocol):
    """Something that answers a kept question anew."""

    def __call__(self, pair: KeptPair, /) -> Prediction:
        """Return the SQL and what it cost; the pair is given so that it can be left out.

        MUST NOT see the pair itself among its examples: it would measure a look into memory. May
        raise; the error becomes the status.
        """
        ...


class RunKept(Protocol):
    """Something that runs a kept or a new query of the user's."""

    def __call__(self, sql: str, /) -> Sequence[Sequence[object]]:
        """Return all rows.

        MUST go through the guard, for kept SQL too: it comes from a file. MUST raise where a
        result is cut, since parts of results cannot be compared.
        """
        ...


def evaluate_kept(
    pairs: Sequence[KeptPair],
    ask: AskAgain,
    run: RunKept,
    *,
    progress: Callable[[int, int], None] | None = None,
    clock: Clock = time.monotonic,
) -> Report:
    """Ask every kept question again and compare the results of old and new SQL.

    Both run on the tables as they are now. Rows count in order where the kept SQL orders them;
    rows that tie may swap.

    Parameters
    ----------
    pairs
        What the user kept.
    progress
        Told how many questions are done, of how many.

    Returns
    -------
    Report
        An outcome a pair. ``gold_failed`` means that the kept SQL itself no longer runs.

    Raises
    ------
    EvaluationError
        When nothing was kept.
    """
    if not pairs:
        raise EvaluationError(
            "There are no kept answers to ask again.",
            "Keep some that you have checked: %streamlink keep",
        )
    judge = Judge(_as_set(pairs), lambda _, sql: run(sql), lambda _, sql: run(sql))
    outcomes = []
    for done, pair in enumerate(pairs, start=1):
        prediction = ask_timed(pair, ask, clock)
        outcomes.append(judge.outcome(_question(pair), prediction))
        if progress:
            progress(done, len(pairs))
    return Report(KEPT, tuple(outcomes))


def kept_rows(report: Report, pairs: Sequence[KeptPair]) -> tuple[tuple[str, str], ...]:
    """Return how many came out as they were kept, and each question that did not and why."""
    questions = {pair.id: pair.question for pair in pairs}
    differing = [outcome for outcome in report.outcomes if not outcome.correct]
    return (
        ("as kept", str(report.overall)),
        *((one.shape or one.failure, questions[one.id]) for one in differing),
    )


def _as_set(pairs: Sequence[KeptPair]) -> BenchmarkSet:
    golds = {pair.id: _gold(pair) for pair in pairs}
    return BenchmarkSet(KEPT, Path(), tuple(map(_question, pairs)), golds, {})


def _question(pair: KeptPair) -> BenchQuestion:
    return BenchQuestion(pair.id, KEPT, pair.question)


def _gold(pair: KeptPair) -> Gold:
    try:
        tree = sqlglot.parse_one(pair.sql, dialect="spark")
    except SqlglotError:
        return Gold(pair.id, pair.sql)
    ordered = bool(tree.args.get("order"))
    return Gold(pair.id, pair.sql, ordered, tie_sql=_with_sort_keys(tree) if ordered else "")


def _with_sort_keys(tree: exp.Expr) -> str:
    """Return the query with its sort keys as further columns; empty where they cannot be added.

    DISTINCT and set operations would return other rows with other columns.
    """
    if not isinstance(tree, exp.Select) or tree.args.get("distinct") or tree.is_star:
        return ""
    keys = [_key(ordered.this, tree.selects) for ordered in tree.args["order"].expressions]
    names = (f"sort_key_{place}" for place in range(len(keys)))
    added = [exp.alias_(key, name) for key, name in zip(keys, names, strict=False)]
    return tree.copy().select(*added, copy=False).sql(dialect="spark")


def _key(key: exp.Expr, selects: Sequence[exp.Expr]) -> exp.Expr:
    """Return what a sort key stands for: a place or an alias in the select list, or itself."""
    if isinstance(key, exp.Literal) and key.is_int and 0 < int(key.name) <= len(selects):
        return selects[int(key.name) - 1].unalias().copy()
    if isinstance(key, exp.Column) and not key.table:
        aliased = (one for one in selects if isinstance(one, exp.Alias))
        named = (one for one in aliased if one.alias.lower() == key.name.lower())
        return next((one.unalias().copy() for one in named), key.copy())
    return key.copy()
