"""Tagging, counting and cancelling jobs, for classic sessions and for Connect."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


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

    def tasks(self, tag: str) -> tuple[int, int]:
        """Return tasks done and tasks known over the active stages of the tagged jobs."""
        # An interrupt may have torn down this thread's py4j connection; the next call opens a
        # new one. A JVM that is gone is told by the work itself.
        with suppress(Exception):
            return self._count(tag)
        return 0, 0

    def _count(self, tag: str) -> tuple[int, int]:
        tracker = self._context._jsc.sc().statusTracker()  # noqa: SLF001  Python's has no tags
        done = total = 0
        for job in list(tracker.getJobIdsForTag(tag)):
            info = tracker.getJobInfo(job)
            for stage in list(info.get().stageIds()) if info.isDefined() else ():
                known = tracker.getStageInfo(stage)
                if known.isDefined():
                    done += known.get().numCompletedTasks()
                    total += known.get().numTasks()
        return done, total

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a thread that inherits the session's local properties."""
        from pyspark import InheritableThread

        thread: threading.Thread = InheritableThread(target=target)
        return thread


class ConnectJobs:
    """Implements ``JobControl`` with the operation tags of a Connect session."""

    def __init__(self, spark: Any) -> None:  # noqa: ANN401
        self._spark = spark
        self._tasks: dict[str, tuple[int, int]] = {}

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
            self._tasks.pop(tag, None)

    def _handler(self, tag: str) -> Callable[..., None]:
        mine = threading.get_ident()

        def note(stages: Sequence[Any] | None = None, **_: object) -> None:
            # Connect calls every handler for every operation, each in the operation's thread.
            if threading.get_ident() == mine and stages:
                done = sum(stage.num_completed_tasks for stage in stages)
                self._tasks[tag] = done, sum(stage.num_tasks for stage in stages)

        return note

    def cancel(self, tag: str) -> None:
        """Interrupt the operations that carry the tag; the caller's loop tries again."""
        with suppress(Exception):
            self._spark.interruptTag(tag)

    def tasks(self, tag: str) -> tuple[int, int]:
        """Return tasks done and tasks known, as Connect last told them."""
        return self._tasks.get(tag, (0, 0))

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a plain thread: Connect's tags are set inside it."""
        return threading.Thread(target=target)
