"""Many statements past the guard's first gate; what Spark and sqlglot read differently is kept."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.fuzzing.readings import difference, spark_reading, sqlglot_reading
from streamlink_magic.fuzzing.statements import OPEN, Statements
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard.grammar import check_grammar
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.text import check_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.records import PlanNode, Verdict

POLICY = Policy(tables=tuple(f"shop.{table}" for table in OPEN))
DIFFERENCES = ("kind", "tables", "functions")
KNOWN = {"bare-select": "in SELECT FROM t sqlglot sees the table t, Spark a column called FROM"}
"""Differences that were looked into and hide nothing; they are counted and shown all the same."""

_EXAMPLES = 20


@dataclass(slots=True)
class FuzzReport:
    """What came of a run.

    Attributes
    ----------
    outcomes
        How many statements ended how: ``text``, ``parser`` and ``grammar`` refused them;
        ``agree``, ``unread`` (sqlglot cannot read it), ``kind``, ``tables``, ``functions`` and
        what is in ``KNOWN`` passed that gate.
    allowed
        How many of those that differ, known differences aside, the whole guard allows; None
        where it was not asked.
    examples
        For each difference, the first statements.
    """

    seed: int
    outcomes: Counter[str] = field(default_factory=Counter)
    allowed: Counter[str] | None = None
    examples: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def differing(self) -> int:
        """How many passed although sqlglot reads something else, known differences aside."""
        return sum(self.outcomes[name] for name in DIFFERENCES)

    def text(self) -> str:
        """Return the counts and the examples, for a terminal."""
        total = sum(self.outcomes.values())
        lines = [f"{total:,} statements of seed {self.seed} in {self.seconds:.0f} s"]
        lines += [f"  {name:<11}{number:>9,}" for name, number in self.outcomes.most_common()]
        if self.allowed is not None:
            found = ", ".join(f"{name} {number:,}" for name, number in self.allowed.items())
            lines.append(f"Of those that differ the whole guard allows: {found or 'none'}")
        for name, statements in self.examples.items():
            known = f" (known: {KNOWN[name]})" if name in KNOWN else ""
            lines += [f"{name}{known}:", *(f"  {statement!r}" for statement in statements)]
        return "\n".join(lines)


def fuzz(
    count: int,
    seed: int,
    parse: Callable[[str], PlanNode],
    *,
    check: Callable[[str], Verdict] | None = None,
) -> FuzzReport:
    """Put made statements through text rules, Spark's parser and grammar rules, and compare.

    Parameters
    ----------
    count
        How many statements.
    seed
        The same seed makes the same statements.
    parse
        Spark's parser: the tree of one query, or ``InvalidSqlError``.
    check
        The whole guard, asked about those that differ.

    Examples
    --------
    >>> fuzz(1000, 1, analyzer.parse).differing  # doctest: +SKIP
    0
    """
    report = FuzzReport(seed, allowed=None if check is None else Counter())
    statements = Statements(random.Random(seed))  # noqa: S311  a seed, not a secret
    started = time.monotonic()
    for _ in range(count):
        sql = statements.next()
        outcome = _outcome(sql, parse)
        report.outcomes[outcome] += 1
        if outcome in DIFFERENCES:
            _note(report, outcome, sql, check)
        elif outcome in KNOWN:
            _show(report, outcome, sql)
    report.seconds = time.monotonic() - started
    return report


def _outcome(sql: str, parse: Callable[[str], PlanNode]) -> str:
    try:
        text = check_text(sql, POLICY.max_sql_chars)
    except Refusal:
        return "text"
    try:
        tree = parse(text)
    except InvalidSqlError:
        return "parser"
    try:
        check_grammar(tree, POLICY)
    except (Refusal, RecursionError):
        return "grammar"
    other = sqlglot_reading(text)
    if other is None:
        return "unread"
    return difference(spark_reading(tree), other) or "agree"


def _note(
    report: FuzzReport, outcome: str, sql: str, check: Callable[[str], Verdict] | None
) -> None:
    if check is not None and report.allowed is not None:
        if not check(sql).allowed:
            return
        report.allowed[outcome] += 1
    _show(report, outcome, sql)


def _show(report: FuzzReport, outcome: str, sql: str) -> None:
    examples = report.examples.setdefault(outcome, [])
    if len(examples) < _EXAMPLES:
        examples.append(sql)
