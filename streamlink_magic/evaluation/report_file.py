"""A report as a JSON file: sums first, then a row for each question."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.evaluation.jsonl import Entry, read_json_object
from streamlink_magic.evaluation.predictions import write_atomically
from streamlink_magic.evaluation.report import (
    Outcome,
    Report,
    Share,
    by_badge,
    by_database,
    by_difficulty,
    by_language,
    by_status,
    failures_by_difficulty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        "declined": report.declined.correct,
        "by_badge": _badges_json(report),
        "failures": report.failures,
        "failures_by_difficulty": failures_by_difficulty(report),
        "wrong_results": report.shapes,
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


def _share_json(share: Share) -> dict[str, object]:
    return {
        "questions": share.questions,
        "correct": share.correct,
        "accuracy": round(share.accuracy, 4),
    }


def _shares_json(shares: Mapping[str, Share]) -> dict[str, object]:
    return {name: _share_json(share) for name, share in shares.items()}


def _badges_json(report: Report) -> dict[str, object]:
    count = len(report.outcomes)
    return {
        badge: {**_share_json(share), "coverage": round(share.questions / count, 4)}
        for badge, share in by_badge(report).items()
    }


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
        shape=entry.get("shape", ""),
        badge=entry.get("badge", ""),
    )
