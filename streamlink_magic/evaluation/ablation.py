"""Several runs on the same questions in one table: what each step is worth, and what it costs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.paired import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from streamlink_magic.evaluation.report import Outcome, Report, Share

_HEAD = ("run", "right", "points", "p", "tokens", "calls", "seconds", "ratio")
_NO_OWN_TIME = "Seconds are no question's own where several were asked at once"


@dataclass(frozen=True, slots=True)
class AblationRow:
    """One run beside the first.

    Attributes
    ----------
    points
        Percentage points of accuracy above the first run; None for the first.
    p_value
        McNemar's exact test against the first; None for the first.
    tokens, calls, seconds
        Means a question.
    ratio
        Mean seconds over those of the first run; None where either asked several questions at
        once, so that its times are not a question's own.
    """

    name: str
    right: Share
    points: float | None
    p_value: float | None
    tokens: float
    calls: float
    seconds: float
    ratio: float | None


def ablation_rows(reports: Sequence[tuple[str, Report]]) -> tuple[AblationRow, ...]:
    """Return a row a run, over the questions that all of them were scored on.

    Parameters
    ----------
    reports
        Names and reports; the first is what the others are compared with.

    Raises
    ------
    EvaluationError
        When there is none, or they are of several sets or have no question in common.
    """
    if not reports:
        raise EvaluationError("There is no report to show.", "Name the files of --report.")
    common = set.intersection(*({one.id for one in report.outcomes} for _, report in reports))
    shared = [(name, _only(report, common)) for name, report in reports]
    base = shared[0][1]
    return tuple(_row(name, report, base) for name, report in shared)


def ablation_table(reports: Sequence[tuple[str, Report]]) -> str:
    """Return the rows as a Markdown table, with the number of questions below."""
    rows = ablation_rows(reports)
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(_HEAD))]
    rule = tuple("-" * width for width in widths)
    lines = [_line(line, widths) for line in (cells[0], rule, *cells[1:])]
    return "\n".join([*lines, "", *_notes(reports, rows[0].right.questions)])


def _only(report: Report, ids: set[str]) -> Report:
    return replace(report, outcomes=tuple(one for one in report.outcomes if one.id in ids))


def _row(name: str, report: Report, base: Report) -> AblationRow:
    paired = compare(base, report)
    first = report is base
    seconds = _mean(report.outcomes, lambda one: one.seconds)
    before = _mean(base.outcomes, lambda one: one.seconds)
    own = report.workers == base.workers == 1 and before > 0
    return AblationRow(
        name=_named(name, report),
        right=paired.second,
        points=None if first else 100 * (paired.second.accuracy - paired.first.accuracy),
        p_value=None if first else paired.p_value,
        tokens=_mean(report.outcomes, lambda one: one.tokens),
        calls=_mean(report.outcomes, lambda one: one.model_calls),
        seconds=seconds,
        ratio=seconds / before if own else None,
    )


def _mean(outcomes: Iterable[Outcome], key: Callable[[Outcome], float]) -> float:
    values = [key(outcome) for outcome in outcomes if outcome.status != "missing"]
    return statistics.fmean(values) if values else 0.0


def _named(name: str, report: Report) -> str:
    changed = str(report.settings.get("switches") or "")
    return f"{name} ({changed})" if changed else name


def _cells(row: AblationRow) -> tuple[str, ...]:
    return (
        row.name.replace("|", "\\|"),
        str(row.right),
        "" if row.points is None else f"{row.points:+.1f}",
        "" if row.p_value is None else f"{row.p_value:.3g}",
        f"{row.tokens:.0f}",
        f"{row.calls:.2f}",
        f"{row.seconds:.2f}",
        "" if row.ratio is None else f"{row.ratio:.2f}",
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _notes(reports: Sequence[tuple[str, Report]], shared: int) -> tuple[str, ...]:
    lost = max(len(report.outcomes) for _, report in reports) - shared
    left_out = f" (up to {lost} others left out)" if lost else ""
    told = (
        f"{shared} questions in common{left_out}; points and p (McNemar, exact) against the first."
    )
    several = ", ".join(
        f"{name} ({report.workers})" for name, report in reports if report.workers > 1
    )
    return (told, f"{_NO_OWN_TIME}: {several}.") if several else (told,)
