"""What a run scored: the outcomes and their sums."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.evaluation.failures import UNANSWERABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# The badges from the most to the least trusted, and what stands for a question without one
BADGES = ("well supported", "check this", "do not trust")
NO_BADGE = "none"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question went.

    Attributes
    ----------
    failure
        The class of failure, empty when the answer is right.
    shape
        How a wrong result differs from the right one; empty for every other failure.
    detail
        The error's first words, where there was one.
    badge
        How far the answer is to be trusted, as the pipeline said; empty when it said nothing.
    """

    id: str
    db_id: str
    correct: bool
    failure: str = ""
    detail: str = ""
    difficulty: str = ""
    language: str = ""
    status: str = "ok"
    sql: str = ""
    tokens: int = 0
    seconds: float = 0.0
    model_calls: int = 0
    shape: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many questions: those that were right, unless something else is said."""

    questions: int
    correct: int

    @property
    def accuracy(self) -> float:
        """The part that is right, from 0 to 1; 0 when there are none."""
        return self.correct / self.questions if self.questions else 0.0

    def __str__(self) -> str:
        return f"{self.correct}/{self.questions} = {100 * self.accuracy:.1f} %"


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of one run on one set, in the order of the set."""

    set_name: str
    outcomes: tuple[Outcome, ...]
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def overall(self) -> Share:
        """The share of right answers among all questions, those without an answer included."""
        return _share(self.outcomes)

    @property
    def failures(self) -> dict[str, int]:
        """How many answers failed by class, the most frequent first."""
        return _counted(outcome.failure for outcome in self.outcomes if not outcome.correct)

    @property
    def shapes(self) -> dict[str, int]:
        """How many wrong results differ in which way, the most frequent first."""
        return _counted(outcome.shape for outcome in self.outcomes if outcome.shape)

    @property
    def declined(self) -> Share:
        """Of all questions, those of which it was said that no table holds the answer."""
        said = sum(outcome.status == UNANSWERABLE for outcome in self.outcomes)
        return Share(len(self.outcomes), said)

    @property
    def workers(self) -> int:
        """How many questions were asked at once."""
        count = self.settings.get("workers", 1)
        return count if isinstance(count, int) else 1

    def by(self, key: Callable[[Outcome], str]) -> dict[str, Share]:
        """Return the share of right answers for each value of a key.

        >>> report = Report("s", (Outcome("1", "shop", True), Outcome("2", "shop", False)))
        >>> str(report.by(lambda outcome: outcome.db_id)["shop"])
        '1/2 = 50.0 %'
        """
        return {name: _share(group) for name, group in _grouped(self.outcomes, key).items()}

    def cost(self, key: Callable[[Outcome], float]) -> tuple[float, float]:
        """Return mean and median of a number over the questions that were answered."""
        values = [key(outcome) for outcome in self.outcomes if outcome.status != "missing"]
        return (statistics.fmean(values), statistics.median(values)) if values else (0.0, 0.0)


def by_difficulty(report: Report) -> dict[str, Share]:
    """Return the share of right answers by difficulty."""
    return report.by(lambda outcome: outcome.difficulty)


def by_database(report: Report) -> dict[str, Share]:
    """Return the share of right answers by database."""
    return report.by(lambda outcome: outcome.db_id)


def by_language(report: Report) -> dict[str, Share]:
    """Return the share of right answers by the language of the question."""
    return report.by(lambda outcome: outcome.language)


def by_status(report: Report) -> dict[str, Share]:
    """Return the share of right answers by what became of the question: ok, refused, error."""
    return report.by(lambda outcome: outcome.status.partition(":")[0])


def by_badge(report: Report) -> dict[str, Share]:
    """Return the share of right answers by badge, the most trusted first; empty without badges.

    Questions that got no badge, since they got no answer, stand under ``none``.
    """
    if not any(outcome.badge for outcome in report.outcomes):
        return {}
    shares = report.by(lambda outcome: outcome.badge or NO_BADGE)
    order = {badge: place for place, badge in enumerate(BADGES)}
    return dict(sorted(shares.items(), key=lambda item: (order.get(item[0], len(order)), item)))


def failures_by_difficulty(report: Report) -> dict[str, dict[str, int]]:
    """Return how many answers failed by class, for each difficulty."""
    return {
        name: Report(report.set_name, tuple(outcomes)).failures
        for name, outcomes in _grouped(report.outcomes, lambda outcome: outcome.difficulty).items()
    }


def _share(outcomes: Iterable[Outcome]) -> Share:
    rights = [outcome.correct for outcome in outcomes]
    return Share(len(rights), sum(rights))


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _grouped(
    outcomes: Iterable[Outcome], key: Callable[[Outcome], str]
) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[key(outcome) or "unknown"].append(outcome)
    return {name: groups[name] for name in sorted(groups)}
