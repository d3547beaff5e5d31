"""Ask every question of a set, writing each answer down as soon as it is there."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from streamlink_magic.errors import (
    EvaluationError,
    GuardError,
    ServerUnreachableError,
    StreamlinkError,
    UnanswerableError,
)
from streamlink_magic.evaluation.failures import UNANSWERABLE
from streamlink_magic.evaluation.pool import side_by_side
from streamlink_magic.evaluation.predictions import Prediction, PredictionFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from streamlink_magic.evaluation.benchmark import BenchQuestion
    from streamlink_magic.evaluation.predictions import RunInfo
    from streamlink_magic.protocols import Clock

Q = TypeVar("Q")

# One question may break a connection; a server that fails so many in a row is gone
MAX_UNREACHABLE = 3
_UNREACHABLE = f"error:{ServerUnreachableError.__name__}"


class Answer(Protocol):
    """Something that answers a question with SQL."""

    def __call__(self, question: BenchQuestion, /) -> Prediction:
        """Return the SQL and what it cost.

        SQL that was refused or failed SHOULD be returned with ``status_of`` its error, so that
        it can be scored. May raise: the run notes the error, without SQL, and goes on. MUST bear
        being called in several threads at once where the run has several workers.
        """
        ...


class Check(Protocol):
    """Something that knows at once whether an answer is right."""

    def __call__(self, question: BenchQuestion, prediction: Prediction, /) -> bool:
        """Return whether the answer is right."""
        ...


class RunProgress(Protocol):
    """Somebody who watches a run."""

    def __call__(
        self, done: int, total: int, accuracy: float | None, seconds_left: float, /
    ) -> None:
        """Take note of how far the run is. MUST be quick and MUST NOT raise.

        ``done`` counts earlier runs' questions too; ``accuracy`` is that of the questions
        checked in this run, None when none were.
        """
        ...


def evaluate(
    questions: Sequence[BenchQuestion],
    answer: Answer,
    out: Path,
    *,
    info: RunInfo,
    workers: int = 1,
    progress: RunProgress | None = None,
    check: Check | None = None,
    clock: Clock = time.monotonic,
) -> None:
    """Ask the questions that ``out`` does not hold yet, and add each answer to it.

    A question that fails is written down with its error. An interrupt ends the run and loses
    nothing but the questions under way; the same call goes on from there.

    Parameters
    ----------
    answer
        What is evaluated.
    out
        The JSON Lines file of predictions.
    info
        What this run is made with; ``out`` must have been begun with the same.
    workers
        How many questions are under way at once. Only with one is a question's time its own:
        questions that share a server wait for each other.
    check
        Judges each answer as it comes, for the running accuracy.

    Raises
    ------
    EvaluationError
        When ``out`` cannot be used, or the model server is gone.
    """
    tally = _Tally(len(questions), progress, clock)
    with PredictionFile(out, info) as file:
        rest = tuple(question for question in questions if question.id not in file.ids)
        tally.skip(len(questions) - len(rest))
        waiting: list[tuple[BenchQuestion, Prediction]] = []
        ask = partial(ask_timed, answer=answer, clock=clock)
        # Closed at once when the loop is left: nothing further is asked then
        with closing(side_by_side(rest, ask, workers)) as coming:
            for question, prediction in coming:
                waiting.append((question, prediction))
                if prediction.status != _UNREACHABLE:
                    _settle(waiting, file, tally, check)
                elif len(waiting) == MAX_UNREACHABLE:
                    # Not written down: these are asked again when the server is back
                    raise EvaluationError(
                        f"The model server is gone; {tally.done} of {len(questions)} are answered.",
                        "Start the server, then give the same command again to go on.",
                    )
        _settle(waiting, file, tally, check)
        file.sort([question.id for question in questions])


def ask_timed(question: Q, answer: Callable[[Q], Prediction], clock: Clock) -> Prediction:
    """Return the answer to one question; an error becomes its status."""
    begun = clock()
    try:
        return answer(question)
    except Exception as error:  # noqa: BLE001 - whatever fails, the questions after it are asked
        return Prediction("", 0, clock() - begun, status_of(error), 0)


def status_of(error: Exception) -> str:
    """Return the status that a failed question gets.

    >>> status_of(TimeoutError())
    'error:TimeoutError'
    """
    if isinstance(error, UnanswerableError):
        return UNANSWERABLE
    if isinstance(error, GuardError):
        return f"refused:{error.verdict.rule}"
    return f"error:{type(error).__name__}"


def _settle(
    waiting: list[tuple[BenchQuestion, Prediction]],
    file: PredictionFile,
    tally: _Tally,
    check: Check | None,
) -> None:
    for question, prediction in waiting:
        file.add(question.id, prediction)
        tally.add(right=_judge(question, prediction, check))
    waiting.clear()


def _judge(question: BenchQuestion, prediction: Prediction, check: Check | None) -> bool | None:
    try:
        return check(question, prediction) if check else None
    except StreamlinkError:  # a question that cannot be judged has no part in the accuracy
        return None


class _Tally:
    """How far a run is, told to whoever watches."""

    def __init__(self, total: int, progress: RunProgress | None, clock: Clock) -> None:
        self.done = 0
        self._total = total
        self._progress = progress
        self._clock = clock
        self._begun = clock()
        self._asked = 0
        self._checked = 0
        self._right = 0

    def skip(self, count: int) -> None:
        """Count questions that an earlier run answered."""
        self.done += count

    def add(self, *, right: bool | None) -> None:
        """Count a question answered now, and tell."""
        self.done += 1
        self._asked += 1
        if right is not None:
            self._checked += 1
            self._right += right
        if self._progress:
            accuracy = self._right / self._checked if self._checked else None
            left = (self._clock() - self._begun) / self._asked * (self._total - self.done)
            self._progress(self.done, self._total, accuracy, left)
