"""How long an answer takes beside a single draft of the same model on the same server.

Run it by hand on a quiet machine, with a server of ``streamlink serve`` or one that
``STREAMLINK_BASE_URL`` names:
``python tests/measure/answer_time.py SET 20 examples grammar=always``. Each question of a benchmark
set (see ``streamlink eval``) is answered in every way, one after another: by one draft, as
``%%ask`` does, by all five drafts, and without each step, or with each setting, that is named. Who
comes first changes from question to question, since the server remembers the beginning of a prompt.
"""

# ruff: noqa: T201  it prints, that is its job

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamlink_magic.adapters.spark.create import create_session
from streamlink_magic.endpoint import find_model
from streamlink_magic.evaluation.answering import PipelineAnswer
from streamlink_magic.evaluation.benchmark import load_set
from streamlink_magic.evaluation.choice import choose
from streamlink_magic.evaluation.database import SetDatabases
from streamlink_magic.evaluation.switches import switched
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlink_magic.evaluation.benchmark import BenchQuestion
    from streamlink_magic.evaluation.predictions import Prediction

    Answer = Callable[[BenchQuestion], Prediction]

SEED = 5
ONE, DEFAULT = "one draft", "the default"


def ways(databases: SetDatabases, changes: Sequence[str]) -> dict[str, Answer]:
    """Return the ways to answer, by name."""
    settings = Settings(turns=0, cells=0)
    model = find_model(settings, None)
    once = replace(settings, samples=0, retries=0, repair=False, refuse_unanswerable=False)
    named = {
        f"with {one}" if "=" in one else f"without {one}": switched(
            settings, [] if "=" in one else [one], [one] if "=" in one else []
        )
        for one in changes
    }
    return {
        ONE: PipelineAnswer(databases, model, once),
        DEFAULT: PipelineAnswer(databases, model, settings),
        "all five drafts": PipelineAnswer(databases, model, replace(settings, adaptive=False)),
        **{name: PipelineAnswer(databases, model, changed) for name, changed in named.items()},
    }


def measure(folder: str, count: int, changes: Sequence[str]) -> None:
    """Answer the questions in every way, and print the means and their ratios to one draft."""
    benchmark = load_set(Path(folder))
    conf = {"spark.sql.shuffle.partitions": "1", "spark.sql.session.timeZone": "UTC"}
    answers = ways(SetDatabases(create_session(conf=conf), benchmark), changes)
    taken: dict[str, list[float]] = {name: [] for name in answers}
    drawn: list[float] = []
    seen: set[str] = set()
    asked = sorted(choose(benchmark.questions, None, count, SEED), key=lambda one: one.db_id)
    for number, question in enumerate(asked):
        if question.db_id not in seen:  # as after a notebook's warm-up
            seen.add(question.db_id)
            for answer in answers.values():
                answer(question)
        names = list(answers)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            begun = time.monotonic()
            told = answers[name](question)
            taken[name].append(time.monotonic() - begun)
            drawn += [told.model_calls] if name == DEFAULT else []
        last = {name: round(times[-1], 1) for name, times in taken.items()}
        print(question.id, last, flush=True)
    base = statistics.fmean(taken[ONE])
    for name, times in taken.items():
        mean = statistics.fmean(times)
        median = statistics.median(times)
        print(
            f"{name:<24} mean {mean:5.2f} s, median {median:5.2f} s, {mean / base:.2f} x one draft"
        )
    print(
        f"{len(asked)} questions; the default asked the model {statistics.fmean(drawn):.2f} times"
    )


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
