"""How far a Spark query is, and what is said of one that was stopped."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, nullcontext, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark import execute
from streamlink_magic.adapters.spark.execute import fetch_rows
from streamlink_magic.adapters.spark.jobs import ClassicJobs, JobsSeen
from streamlink_magic.stopping import Stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_S = 30


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (JobsSeen(), "planning"),
        (JobsSeen(stages=1, tasks_done=2, tasks=5), "2 of 5 tasks"),
        (
            JobsSeen(stages_done=1, stages=3, tasks_done=1200, tasks=2000),
            "stage 2 of 3 · 1,200 of 2,000 tasks",
        ),
        (JobsSeen(stages_done=2, stages=2, tasks_done=4, tasks=4), "stage 2 of 2 · 4 of 4 tasks"),
    ],
)
def test_stages_and_tasks_are_told_in_few_words(seen: JobsSeen, told: str) -> None:
    """One stage is not counted, and nothing known is planning."""
    assert str(seen) == told


class Control:
    """Jobs that are seen as the test says, and stop when they are cancelled."""

    def __init__(self, seen: JobsSeen, *, stops: bool = True) -> None:
        self.cancelled = threading.Event()
        self._seen, self._stops = seen, stops

    @contextmanager
    def tagged(self, _: str) -> Iterator[None]:
        """Tag nothing."""
        yield

    def cancel(self, _: str) -> None:
        """Let the work end, where it heeds that."""
        if self._stops:
            self.cancelled.set()

    def seen(self, _: str) -> JobsSeen:
        """Return what the test says."""
        return self._seen

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a plain thread."""
        return threading.Thread(target=target, daemon=True)


def interrupt() -> None:
    """Interrupt the test's own thread, as a notebook's stop button does."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def stopped(control: Control, monkeypatch: pytest.MonkeyPatch) -> KeyboardInterrupt:
    """Return the interrupt that comes out of a query which is stopped at its first sign of life."""

    @contextmanager
    def nothing_printed() -> Iterator[None]:
        yield

    def fetch(*_: object, **options: Callable[[int], None]) -> None:
        options["arrived"](1200)
        control.cancelled.wait(PATIENCE_S)
        raise LookupError

    details: list[str] = []

    def progress(_: str, detail: str = "") -> None:
        details.append(detail)
        if "rows" in detail:
            interrupt()

    monkeypatch.setattr(execute, "unprinted", nothing_printed)
    monkeypatch.setattr(execute, "fetch_arrow", fetch)
    monkeypatch.setattr(execute, "_CANCEL_PATIENCE_S", 0.5)
    make = lambda: SimpleNamespace(schema=None)  # noqa: E731
    with pytest.raises(KeyboardInterrupt) as caught:
        fetch_rows(make, control, row_limit=5, timeout_s=PATIENCE_S, progress=progress)
    assert details[0] == "planning"
    assert details[1].endswith(" · 1,200 rows")
    assert details[2].startswith("cancelling · ")
    return caught.value


def test_a_stopped_query_says_which_job_and_after_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number is Spark's own, as its user interface shows it."""
    seen = JobsSeen(jobs=(7,), stages=1, tasks_done=12, tasks=200)
    (note,) = stopped(Control(seen), monkeypatch).__notes__
    assert note.startswith("Spark job 7 was cancelled after ")
    assert note.endswith(" s (12 of 200 tasks).")


def test_a_query_that_goes_on_is_not_called_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Spark has not ended is said not to have ended."""
    control = Control(JobsSeen(jobs=(7, 8), stages=1, tasks=2), stops=False)
    (note,) = stopped(control, monkeypatch).__notes__
    assert note.startswith("Spark jobs 7, 8 were asked to stop after ")
    assert note.endswith("have not ended yet.")
    control.cancelled.set()


class Swallows(Control):
    """Counting in it loses an interrupt, as Python does where an object is being freed."""

    def __init__(self) -> None:
        super().__init__(JobsSeen())
        self.counting = threading.Event()

    def seen(self, _: str) -> JobsSeen:
        """Count for a while, whatever comes."""
        self.counting.set()
        with suppress(KeyboardInterrupt):
            self.cancelled.wait(1.0)
        return JobsSeen()


def test_an_interrupt_is_heard_while_the_jobs_are_being_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread that is interrupted never counts, so there is nothing to lose it in."""
    control = Swallows()

    def interrupt_once_counting() -> None:
        control.counting.wait(PATIENCE_S)
        interrupt()

    def make() -> SimpleNamespace:
        control.cancelled.wait(PATIENCE_S)
        raise LookupError

    monkeypatch.setattr(execute, "unprinted", nullcontext)
    threading.Thread(target=interrupt_once_counting, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        fetch_rows(make, control, row_limit=5, timeout_s=PATIENCE_S, progress=lambda *_: None)
    assert control.cancelled.is_set()


def test_what_another_thread_stops_is_heard_while_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A control's work has a thread of its own, which no signal of the system reaches."""
    control = Control(JobsSeen(jobs=(7,), stages=1, tasks=2))
    stop, working = Stoppable(), threading.Event()
    said: list[str] = []

    def make() -> SimpleNamespace:
        working.set()
        control.cancelled.wait(PATIENCE_S)
        raise LookupError

    def work() -> None:
        try:
            with stop:
                fetch_rows(
                    make, control, row_limit=5, timeout_s=PATIENCE_S, progress=lambda *_: None
                )
        except KeyboardInterrupt as stopped:
            said.extend(stopped.__notes__)

    monkeypatch.setattr(execute, "unprinted", nullcontext)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert working.wait(PATIENCE_S)
    assert stop()
    thread.join(PATIENCE_S)
    (note,) = said
    assert note.startswith("Spark job 7 was cancelled after ")


def test_a_tracker_that_cannot_be_asked_tells_nothing() -> None:
    """An interrupt may have torn the way to the JVM down; the work itself tells the rest."""
    jobs = ClassicJobs(SimpleNamespace(sparkContext=SimpleNamespace(_jsc=None)))
    assert jobs.seen("tag") == JobsSeen()
