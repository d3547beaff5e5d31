"""What a run scored: the outcomes, their sums, as JSON and as rows of text."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.evaluation.jsonl import Entry, read_json_object
from streamlink_magic.evaluation.predictions import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question went.

    Attributes
    ----------
    failure
        The class of failure, empty when the answer is right.
    detail
        The error's first words, where there was one.
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


@dataclass(frozen=True, slots=True)
class Share:
    """So many right of so many."""

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
        counts = Counter(outcome.failure for outcome in self.outcomes if not outcome.correct)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def by(self, key: Callable[[Outcome], str]) -> dict[str, Share]:
        """Return the share of right answers for each value of a key.

        >>> report = Report("s", (Outcome("1", "shop", True), Outcome("2", "shop", False)))
        >>> str(report.by(lambda outcome: outcome.db_id)["shop"])
        '1/2 = 50.0 %'
        """
        groups: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in self.outcomes:
            groups[key(outcome) or "unknown"].append(outcome)
        return {name: _share(groups[name]) for name in sorted(groups)}

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


def to_json(report: Report) -> dict[str, object]:
    """Return the report as JSON values, sums first, then a row for each question."""
    return {
        "set": report.set_name,
        "settings": dict(sorted(report.settings.items())),
        **_share_json(report.overall),
        "by_difficulty": _shares_json(by_difficulty(report)),
        "by_database": _shares_json(by_database(report)),
        "by_language": _shares_json(by_language(report)),
        "by_status": _shares_json(by_status(report)),
        "failures": report.failures,
        "tokens": _cost_json(report.cost(lambda outcome: outcome.tokens)),
        "seconds": _cost_json(report.cost(lambda outcome: outcome.seconds)),
        "model_calls": _cost_json(report.cost(lambda outcome: outcome.model_calls)),
        "rows": [dataclasses.asdict(outcome) for outcome in report.outcomes],
    }


def write_report(report: Report, path: Path | str) -> None:
    """Write the report as JSON, whole or not at all."""
    file = Path(path)
    write_atomically(file, json.dumps(to_json(report), indent=2, ensure_ascii=False) + "\n")


def read_report(path: Path | str) -> Report:
    """Read a report that ``write_report`` wrote.

    Raises
    ------
    EvaluationError
        When the file is missing or holds something else.
    """
    entry = Entry(read_json_object(Path(path)), str(path))
    outcomes = tuple(_outcome(row) for row in entry.entries("rows"))
    settings: dict[str, object] = entry.get("settings", {})
    return Report(entry.text("set"), outcomes, settings)


def summary_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the report as short rows of label and value, for any kind of table."""
    tokens = report.cost(lambda outcome: outcome.tokens)
    seconds = report.cost(lambda outcome: outcome.seconds)
    calls = report.cost(lambda outcome: outcome.model_calls)
    failures = ", ".join(f"{name} {count}" for name, count in report.failures.items())
    return (
        (report.set_name, str(report.overall)),
        *((f"  {name}", str(share)) for name, share in by_difficulty(report).items()),
        *((f"  {name}", str(share)) for name, share in by_database(report).items()),
        *((f"  status {name}", str(share)) for name, share in by_status(report).items()),
        ("failures", failures or "none"),
        ("tokens", f"mean {tokens[0]:.0f}, median {tokens[1]:.0f}"),
        ("seconds", f"mean {seconds[0]:.2f}, median {seconds[1]:.2f}"),
        ("model calls", f"mean {calls[0]:.2f}"),
    )


def summary_text(report: Report) -> str:
    """Return the report as a plain table."""
    return align(summary_rows(report))


def align(rows: Iterable[tuple[str, str]]) -> str:
    """Return label and value a line, the values one below the other."""
    lines = tuple(rows)
    width = max((len(label) for label, _ in lines), default=0)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in lines)


def _share(outcomes: Iterable[Outcome]) -> Share:
    rights = [outcome.correct for outcome in outcomes]
    return Share(len(rights), sum(rights))


def _share_json(share: Share) -> dict[str, object]:
    return {
        "questions": share.questions,
        "correct": share.correct,
        "accuracy": round(share.accuracy, 4),
    }


def _shares_json(shares: Mapping[str, Share]) -> dict[str, object]:
    return {name: _share_json(share) for name, share in shares.items()}


def _cost_json(cost: tuple[float, float]) -> dict[str, float]:
    return {"mean": round(cost[0], 3), "median": round(cost[1], 3)}


def _outcome(entry: Entry) -> Outcome:
    return Outcome(
        id=entry.text("id"),
        db_id=entry.text("db_id"),
        correct=entry.get("correct", default=False),
        failure=entry.get("failure", ""),
        detail=entry.get("detail", ""),
        difficulty=entry.get("difficulty", ""),
        language=entry.get("language", ""),
        status=entry.get("status", "ok"),
        sql=entry.get("sql", ""),
        tokens=entry.get("tokens", 0),
        seconds=entry.get("seconds", 0.0),
        model_calls=entry.get("model_calls", 0),
    )
