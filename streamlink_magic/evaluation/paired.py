"""Two runs on the same questions, compared question by question."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.report import Share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlink_magic.evaluation.report import Outcome, Report


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two runs differ on the questions that both were scored on.

    Attributes
    ----------
    first, second
        Each run's share of right answers.
    only_first, only_second
        The questions that only that run got right.
    p_value
        How likely a difference at least so large is between runs of equal worth.
    """

    first: Share
    second: Share
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    p_value: float


def compare(report_a: Report, report_b: Report) -> Comparison:
    """Compare two runs on their common questions.

    Raises
    ------
    EvaluationError
        When they are of different sets or have no question in common.
    """
    if report_a.set_name != report_b.set_name:
        message = f"The reports are of two sets, {report_a.set_name} and {report_b.set_name}."
        raise EvaluationError(message, "Compare two runs on one set.")
    first, second = _right(report_a.outcomes), _right(report_b.outcomes)
    common = [question_id for question_id in first if question_id in second]
    if not common:
        message = "The reports have no question in common."
        raise EvaluationError(message, "Score both runs on the same ids.")
    only_first = tuple(key for key in common if first[key] and not second[key])
    only_second = tuple(key for key in common if second[key] and not first[key])
    return Comparison(
        Share(len(common), sum(first[key] for key in common)),
        Share(len(common), sum(second[key] for key in common)),
        only_first,
        only_second,
        mcnemar(len(only_first), len(only_second)),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's test in its exact, binomial form.

    Under the null hypothesis a question that only one of two runs got right is as likely to be
    the one's as the other's, so the smaller count follows a binomial distribution of one half.

    Parameters
    ----------
    only_first, only_second
        How many questions only that run got right.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947), 153-157; the exact form as in A. Agresti, Categorical
    Data Analysis, 2nd ed. (2002), section 10.1.4.

    Examples
    --------
    >>> round(mcnemar(1, 5), 5)
    0.21875
    """
    total = only_first + only_second
    tail = sum(math.comb(total, count) for count in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / (1 << total))


def comparison_rows(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Return the comparison as short rows of label and value."""
    points = 100 * (comparison.second.accuracy - comparison.first.accuracy)
    return (
        ("first", str(comparison.first)),
        ("second", str(comparison.second)),
        ("difference", f"{points:+.1f} points"),
        ("only first right", str(len(comparison.only_first))),
        ("only second right", str(len(comparison.only_second))),
        ("McNemar, exact", f"p = {comparison.p_value:.3g}"),
    )


def _right(outcomes: Iterable[Outcome]) -> dict[str, bool]:
    return {outcome.id: outcome.correct for outcome in outcomes}
