"""Tagging, counting and cancelling jobs, for classic sessions and for Connect."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class JobsSeen:
    """How far the jobs of one query have come; zeros where nothing is known yet.

    Attributes
    ----------
    jobs
        Spark's numbers of them, where it tells them.
    """

    jobs: tuple[int, ...] = ()
    stages_done: int = 0
    stages: int = 0
    tasks_done: int = 0
    tasks: int = 0

    def __str__(self) -> str:
        """Return it as people read it.

        >>> str(JobsSeen(stages_done=1, stages=3, tasks_done=12, tasks=200))
        'stage 2 of 3 · 12 of 200 tasks'
        """
        if not self.tasks:
            return "planning"
        stage = f"stage {min(self.stages_done + 1, self.stages)} of {self.stages} · "
        return f"{stage * (self.stages > 1)}{self.tasks_done:,} of {self.tasks:,} tasks"


NOTHING_SEEN = JobsSeen()


class ClassicJobs:
    """Implements ``JobControl`` with the job tags of a ``SparkContext``."""

    def __init__(self, spark: Any) -> None:  # noqa: ANN401
        self._context = spark.sparkContext

    @contextmanager
    def tagged(self, tag: str) -> Iterator[None]:
        """Tag the calling thread's jobs inside the block."""
        self._context.addJobTag(tag)
        try:
            yield
        finally:
            self._context.removeJobTag(tag)

    def cancel(self, tag: str) -> None:
        """Cancel by tag; a broken py4j call is tried again by the caller's loop."""
        with suppress(Exception):
            self._context.cancelJobsWithTag(tag)

    def seen(self, tag: str) -> JobsSeen:
        """Return how far the tagged jobs are, as Spark's status tracker knows."""
        # An interrupt may have torn down this thread's py4j connection; the next call opens a
        # new one. A JVM that is gone is told by the work itself.
        with suppress(Exception):
            return self._count(tag)
        return NOTHING_SEEN

    def _count(self, tag: str) -> JobsSeen:
        tracker = self._context._jsc.sc().statusTracker()  # noqa: SLF001  Python's has no tags
        jobs = sorted(tracker.getJobIdsForTag(tag))
        infos = [info.get() for job in jobs if (info := tracker.getJobInfo(job)).isDefined()]
        numbers = [number for info in infos for number in list(info.stageIds())]
        found = [tracker.getStageInfo(number) for number in numbers]
        # A stage that Spark does not know yet has not begun, or its result was there already.
        counts = [
            (one.get().numCompletedTasks(), one.get().numTasks())
            for one in found
            if one.isDefined()
        ]
        return JobsSeen(
            jobs=tuple(jobs),
            stages_done=sum(done == total for done, total in counts),
            stages=len(counts),
            tasks_done=sum(done for done, _ in counts),
            tasks=sum(total for _, total in counts),
        )

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a thread that inherits the session's local properties."""
        from pyspark import InheritableThread

        thread: threading.Thread = InheritableThread(target=target)
        return thread


class ConnectJobs:
    """Implements ``JobControl`` with the operation tags of a Connect session."""

    def __init__(self, spark: Any) -> None:  # noqa: ANN401
        self._spark = spark
        self._seen: dict[str, JobsSeen] = {}

    @contextmanager
    def tagged(self, tag: str) -> Iterator[None]:
        """Tag the calling thread's operations inside the block, and listen to their progress."""
        handler = self._handler(tag)
        self._spark.addTag(tag)
        self._spark.registerProgressHandler(handler)
        try:
            yield
        finally:
            self._spark.removeProgressHandler(handler)
            self._spark.removeTag(tag)
            self._seen.pop(tag, None)

    def _handler(self, tag: str) -> Callable[..., None]:
        mine = threading.get_ident()

        def note(stages: Sequence[Any] | None = None, **_: object) -> None:
            # Connect calls every handler for every operation, each in the operation's thread.
            if threading.get_ident() == mine and stages:
                self._seen[tag] = JobsSeen(
                    stages_done=sum(one.num_completed_tasks == one.num_tasks for one in stages),
                    stages=len(stages),
                    tasks_done=sum(one.num_completed_tasks for one in stages),
                    tasks=sum(one.num_tasks for one in stages),
                )

        return note

    def cancel(self, tag: str) -> None:
        """Interrupt the operations that carry the tag; the caller's loop tries again."""
        with suppress(Exception):
            self._spark.interruptTag(tag)

    def seen(self, tag: str) -> JobsSeen:
        """Return how far the operations are, as Connect last told it."""
        return self._seen.get(tag, NOTHING_SEEN)

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a plain thread: Connect's tags are set inside it."""
        return threading.Thread(target=target)
