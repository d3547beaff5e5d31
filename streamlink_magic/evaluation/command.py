"""The line of ``streamlink eval``: read the set, ask, score, report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.adapters.spark.create import create_session
from streamlink_magic.endpoint import find_model
from streamlink_magic.errors import OutsidePolicyError, ReplayMissError
from streamlink_magic.evaluation.ablation import ablation_table
from streamlink_magic.evaluation.answering import GuardedRuns, PipelineAnswer, PlainAnswer
from streamlink_magic.evaluation.benchmark import load_set
from streamlink_magic.evaluation.choice import choose, read_ids
from streamlink_magic.evaluation.database import SetDatabases
from streamlink_magic.evaluation.details import write_details
from streamlink_magic.evaluation.paired import compare, comparison_rows
from streamlink_magic.evaluation.predictions import describe_run, read_predictions, read_run_info
from streamlink_magic.evaluation.report_file import read_report, write_report
from streamlink_magic.evaluation.run import evaluate
from streamlink_magic.evaluation.score import score
from streamlink_magic.evaluation.summary import align, summary_text
from streamlink_magic.evaluation.switches import describe_switches, switched
from streamlink_magic.evaluation.terminal import RunProgressLines
from streamlink_magic.evaluation.unanswerable import make_unanswerable, write_unanswerable
from streamlink_magic.governance import govern, hub_rules
from streamlink_magic.prompts import digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from streamlink_magic.evaluation.benchmark import BenchQuestion
    from streamlink_magic.evaluation.predictions import RunInfo
    from streamlink_magic.evaluation.report import Report
    from streamlink_magic.settings import Settings

_SPARK = {"spark.sql.shuffle.partitions": "1", "spark.sql.session.timeZone": "UTC"}


@dataclass(frozen=True, slots=True)
class EvalRequest:
    """What ``streamlink eval`` was asked to do; the fields are its options."""

    benchmark: Path
    out: Path
    ids: Path | None = None
    limit: int | None = None
    seed: int = 0
    report: Path | None = None
    plain: bool = False
    compare_with: Path | None = None
    workers: int = 1
    without: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    details: Path | None = None


def run_eval(request: EvalRequest, settings: Settings, console: Console) -> str:
    """Ask, score and report.

    Parameters
    ----------
    console
        Shows how far the run is.

    Returns
    -------
    str
        The summary, as plain text.

    Raises
    ------
    EvaluationError
        When the set or an earlier file cannot be used, or the server is gone.
    PolicyError
        When a policy file cannot be used, or does not allow the model server.
    """
    settings = govern(switched(settings, request.without, request.given), hub_rules())
    _require_no_audit(settings)
    benchmark = load_set(request.benchmark)
    ids = read_ids(request.ids) if request.ids else None
    questions = choose(benchmark.questions, ids, request.limit, request.seed)
    databases = SetDatabases(create_session(conf=_SPARK), benchmark)
    workers = request.workers
    with RunProgressLines(console) as lines:
        info = _asked(
            request, benchmark.name, settings, databases, questions=questions, lines=lines
        )
        if not benchmark.golds:
            return f"{len(questions)} questions answered; the set has no gold queries to score by."
        predictions = read_predictions(request.out)
        report = score(
            benchmark,
            questions,
            predictions,
            run_sql=GuardedRuns(databases, settings),
            run_gold=databases.run_trusted,
            settings=info.settings,
            workers=workers,
            progress=lines.scored,
        )
    if request.details:
        write_details(report, benchmark, predictions, request.details)
    return _told(report, request)


def _require_no_audit(settings: Settings) -> None:
    """Refuse where every question must be recorded: a benchmark's questions are not."""
    if any(sink.required for sink in settings.audit):
        raise OutsidePolicyError(
            "The policy requires an audit, and streamlink eval writes none.",
            "Measure where no such policy holds, or ask in a notebook: %streamlink eval",
        )


def _asked(
    request: EvalRequest,
    name: str,
    settings: Settings,
    databases: SetDatabases,
    *,
    questions: Sequence[BenchQuestion],
    lines: RunProgressLines,
) -> RunInfo:
    """Ask what has not been asked; in replay nothing is, and what is there must be all."""
    if settings.replay == "replay":
        require_all(questions, request.out)
        return read_run_info(request.out)
    model = find_model(settings, None)
    answer = (PlainAnswer if request.plain else PipelineAnswer)(databases, model, settings)
    info = _described(request, name, settings, model.name)
    evaluate(
        questions, answer, request.out, info=info, workers=request.workers, progress=lines.asked
    )
    return info


def require_all(questions: Sequence[BenchQuestion], out: Path) -> None:
    """Refuse to score recorded predictions that lack a question.

    Raises
    ------
    ReplayMissError
        When one is missing; it is named.
    """
    there = read_predictions(out) if out.is_file() else {}
    missing = [one for one in questions if one.id not in there]
    if missing:
        raise ReplayMissError(
            f"Replay is on, and {out.name} holds no prediction for {len(missing)} of "
            f"{len(questions)} questions; the first is {missing[0].id}: {missing[0].question}",
            "Run it where a model is, without STREAMLINK_REPLAY, and keep the file.",
        )


def _described(request: EvalRequest, name: str, settings: Settings, model_name: str) -> RunInfo:
    return describe_run(
        name,
        settings,
        model_name=model_name,
        plain=request.plain,
        prompts=digest(),
        switches=describe_switches(request.without, request.given),
        workers=request.workers,
    )


def run_unanswerable(source: Path, out: Path, *, limit: int, seed: int) -> str:
    """Write a set of questions that its tables cannot answer, and return what it holds.

    Raises
    ------
    EvaluationError
        When the source cannot be used or the folder cannot be written.
    """
    benchmark = load_set(source)
    made = make_unanswerable(benchmark, limit, seed)
    write_unanswerable(benchmark, made, out)
    columns = sum(bool(one.removal.column) for one in made)
    databases = len({one.db_id for one in made})
    return (
        f"{out}: {len(made)} questions on {databases} databases, {columns} without a column and "
        f"{len(made) - columns} without a table.\nAsk them with: streamlink eval {out} --out FILE"
    )


def run_table(reports: Sequence[Path]) -> str:
    """Return the table of some reports on the same questions, as Markdown.

    Raises
    ------
    EvaluationError
        When a report cannot be read, or they have no question in common.
    """
    return ablation_table([(file.stem, read_report(file)) for file in reports])


def _told(report: Report, request: EvalRequest) -> str:
    if request.report:
        write_report(report, request.report)
    text = summary_text(report)
    if request.compare_with:
        paired = compare(read_report(request.compare_with), report)
        text += "\n\n" + align(comparison_rows(paired))
    return text
