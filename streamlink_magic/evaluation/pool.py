"""Questions asked one after the other, or several at once, so that the server can batch them."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from streamlink_magic.evaluation.benchmark import BenchQuestion
    from streamlink_magic.evaluation.predictions import Prediction

    Ask = Callable[[BenchQuestion], Prediction]


def answers(
    questions: Sequence[BenchQuestion], ask: Ask, workers: int
) -> Generator[tuple[BenchQuestion, Prediction], None, None]:
    """Yield each question with its answer, as soon as it is there.

    Parameters
    ----------
    ask
        Answers one question. With several workers it is called in several threads at once.
    workers
        How many questions are under way at once. One asks in the caller's own thread, where an
        interrupt stops the question itself.
    """
    if workers > 1:
        yield from _side_by_side(questions, ask, workers)
        return
    for question in questions:
        yield question, ask(question)


def _side_by_side(
    questions: Sequence[BenchQuestion], ask: Ask, workers: int
) -> Generator[tuple[BenchQuestion, Prediction], None, None]:
    """Yield answers in the order in which they come.

    The threads are daemons: after an interrupt nobody waits for the questions under way, as the
    threads of an executor would make the interpreter do.
    """
    waiting: SimpleQueue[BenchQuestion] = SimpleQueue()
    done: SimpleQueue[tuple[BenchQuestion, Prediction | BaseException]] = SimpleQueue()
    stop = threading.Event()
    for question in questions:
        waiting.put(question)

    def work() -> None:
        while not stop.is_set():
            try:
                question = waiting.get_nowait()
            except Empty:
                return
            try:
                done.put((question, ask(question)))
            except BaseException as error:  # noqa: BLE001 - told to whoever waits for the answer
                done.put((question, error))

    for _ in range(min(workers, len(questions))):
        threading.Thread(target=work, daemon=True, name="streamlink-eval").start()
    try:
        for _ in questions:
            question, answer = done.get()
            if isinstance(answer, BaseException):
                raise answer
            yield question, answer
    finally:
        stop.set()
