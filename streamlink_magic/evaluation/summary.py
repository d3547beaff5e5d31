"""A report as short rows of text, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.evaluation.report import (
    by_badge,
    by_database,
    by_difficulty,
    by_status,
    failures_by_difficulty,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streamlink_magic.evaluation.report import Report, Share


def summary_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the report as short rows of label and value, for any kind of table."""
    tokens = report.cost(lambda outcome: outcome.tokens)
    seconds = report.cost(lambda outcome: outcome.seconds)
    calls = report.cost(lambda outcome: outcome.model_calls)
    count = len(report.outcomes)
    return (
        (report.set_name, str(report.overall)),
        *((f"  {name}", str(share)) for name, share in by_difficulty(report).items()),
        *((f"  {name}", str(share)) for name, share in by_database(report).items()),
        *((f"  status {name}", str(share)) for name, share in by_status(report).items()),
        ("said unanswerable", str(report.declined)),
        *((f"  {name}", _badge(share, count)) for name, share in by_badge(report).items()),
        ("failures", _listed(report.failures)),
        *((f"  {name}", _listed(some)) for name, some in failures_by_difficulty(report).items()),
        ("wrong results", _listed(report.shapes)),
        ("tokens", f"mean {tokens[0]:.0f}, median {tokens[1]:.0f}"),
        ("seconds", f"mean {seconds[0]:.2f}, median {seconds[1]:.2f}{_together(report)}"),
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


def _together(report: Report) -> str:
    """Say when questions waited for each other."""
    return f" ({report.workers} questions at once)" if report.workers > 1 else ""


def _badge(share: Share, count: int) -> str:
    return f"{share}, covers {100 * share.questions / count:.1f} %"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
