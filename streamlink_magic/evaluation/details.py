"""Everything about each question of a report in a file of its own, to read or to sort."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from streamlink_magic.evaluation.predictions import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from streamlink_magic.evaluation.benchmark import BenchmarkSet
    from streamlink_magic.evaluation.predictions import Prediction
    from streamlink_magic.evaluation.report import Report


def write_details(
    report: Report,
    benchmark: BenchmarkSet,
    predictions: Mapping[str, Prediction],
    path: Path,
) -> None:
    """Write a JSON line a question: words, gold query, outcome and the signals of its trust.

    Raises
    ------
    EvaluationError
        When the file cannot be written.
    """
    questions = {question.id: question.question for question in benchmark.questions}
    lines = []
    for outcome in report.outcomes:
        predicted = predictions.get(outcome.id)
        line = {
            **dataclasses.asdict(outcome),
            "question": questions[outcome.id],
            "gold_sql": benchmark.golds[outcome.id].sql,
            "signals": dict(predicted.signals) if predicted else {},
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    write_atomically(path, "".join(lines))
