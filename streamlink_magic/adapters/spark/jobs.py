"""Tagging, counting and cancelling jobs, for classic sessions and for Connect."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ClassicJobs:
    """Implements ``JobControl`` with the job tags of a ``SparkContext``."""

    def __init__(self, spark: Any) -> None:  # noqa: ANN401
        self._context = spark.sparkContext

    def tag(self, tag: str) -> None:
        """Tag the calling thread's jobs."""
        self._context.addJobTag(tag)

    def cancel(self, tag: str) -> None:
        """Cancel by tag; a broken py4j call is tried again by the caller's loop."""
        from py4j.protocol import Py4JError

        try:
            self._context.cancelJobsWithTag(tag)
        except (Py4JError, OSError):
            # An interrupt may have torn down this thread's py4j connection; the next call opens
            # a new one, and the caller's loop makes that call.
            return

    def tasks(self, tag: str) -> tuple[int, int]:
        """Return tasks done and tasks known over the active stages of the tagged jobs."""
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

    def tag(self, tag: str) -> None:
        """Tag the calling thread's operations."""
        self._spark.addTag(tag)

    def cancel(self, tag: str) -> None:
        """Interrupt the operations that carry the tag."""
        self._spark.interruptTag(tag)

    def tasks(self, tag: str) -> tuple[int, int]:  # noqa: ARG002
        """Return (0, 0): Connect tells its progress only to registered handlers."""
        return 0, 0

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a plain thread: Connect's tags are set inside it."""
        return threading.Thread(target=target)
