"""Questions taken one after the other, or several at once, so that the server can batch them."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

Q = TypeVar("Q")
A = TypeVar("A")


def side_by_side(
    questions: Sequence[Q], answer: Callable[[Q], A], workers: int
) -> Generator[tuple[Q, A], None, None]:
    """Yield each question with its answer, as soon as it is there.

    Parameters
    ----------
    answer
        Answers one question. With several workers it is called in several threads at once.
    workers
        How many questions are under way at once. One answers in the caller's own thread, where
        an interrupt stops the question itself.
    """
    if workers > 1:
        yield from _in_threads(questions, answer, workers)
        return
    for question in questions:
        yield question, answer(question)


def _in_threads(
    questions: Sequence[Q], answer: Callable[[Q], A], workers: int
) -> Generator[tuple[Q, A], None, None]:
    """Yield answers in the order in which they come.

    The threads are daemons: after an interrupt nobody waits for the questions under way, as the
    threads of an executor would make the interpreter do.
    """
    waiting: SimpleQueue[Q] = SimpleQueue()
    done: SimpleQueue[tuple[Q, A] | BaseException] = SimpleQueue()
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
                done.put((question, answer(question)))
            except BaseException as error:  # noqa: BLE001 - raised where the answer is waited for
                done.put(error)

    for _ in range(min(workers, len(questions))):
        threading.Thread(target=work, daemon=True, name="streamlink-eval").start()
    try:
        for _ in questions:
            answered = done.get()
            if isinstance(answered, BaseException):
                raise answered
            yield answered
    finally:
        stop.set()
