"""Running a checked plan where it can be watched and stopped.

Interrupting a cell does not stop a Spark job by itself. So the work runs in a thread of its own
under a job tag; the caller waits on an event, and an interrupt or the time limit cancels by tag,
again and again until the thread has ended (a cancel that comes before the job is registered is a
silent no-op). Other jobs of the session are never touched.
"""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Protocol

from streamlink_magic.adapters.spark.catalog import columns_of
from streamlink_magic.errors import ExecutionError, QueryTimeoutError
from streamlink_magic.records import QueryResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.protocols import Progress

_POLL_S = 0.2
_CANCEL_EVERY_S = 0.25
_CANCEL_PATIENCE_S = 30.0


class JobControl(Protocol):
    """How one kind of session tags, counts and cancels jobs."""

    def tag(self, tag: str) -> None:
        """Mark the jobs that the calling thread starts from now on."""
        ...

    def cancel(self, tag: str) -> None:
        """Ask Spark to stop every job with the tag."""
        ...

    def tasks(self, tag: str) -> tuple[int, int]:
        """Return how many tasks are done and how many there are; (0, 0) when unknown."""
        ...

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a thread in which the session may be used."""
        ...


def fetch_rows(
    dataframe: Any,  # noqa: ANN401
    control: JobControl,
    *,
    row_limit: int,
    timeout_s: float,
    progress: Progress,
) -> QueryResult:
    """Run a DataFrame and return its first rows.

    Parameters
    ----------
    dataframe
        A lazy Spark DataFrame over a checked plan.
    row_limit
        At most so many rows come back; one more is fetched to know whether there are more.
    timeout_s
        Wall-clock limit in seconds.

    Raises
    ------
    QueryTimeoutError
        When the limit passed; the job has been cancelled.
    ExecutionError
        When Spark failed.
    KeyboardInterrupt
        When the user stopped it; the job has been cancelled.
    """
    work = _Work(dataframe, control, row_limit + 1)
    started = time.monotonic()
    thread = control.thread(work.run)
    thread.daemon = True
    thread.start()
    try:
        while not work.done.wait(_POLL_S):
            elapsed = time.monotonic() - started
            if elapsed > timeout_s:
                _cancel(work, control)
                raise QueryTimeoutError(
                    f"The query ran longer than {timeout_s:g} s and was cancelled.",
                    "Narrow the question, or allow more: %config AskMagics.run_timeout_s = 900",
                )
            progress("Spark", _tasks_text(*control.tasks(work.tag)))
    except KeyboardInterrupt:
        _cancel(work, control)
        raise
    return _result(work, row_limit, time.monotonic() - started)


class _Work:
    """The part that runs in the thread; what came of it is read after ``done``."""

    def __init__(self, dataframe: Any, control: JobControl, limit: int) -> None:  # noqa: ANN401
        self.tag = f"streamlink-{uuid.uuid4().hex}"
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.arrow: Any = None
        self.schema: Any = None
        self._dataframe = dataframe
        self._control = control
        self._limit = limit

    def run(self) -> None:
        try:
            self._control.tag(self.tag)
            self.schema = self._dataframe.schema
            self.arrow = self._dataframe.limit(self._limit).toArrow()
        except BaseException as error:  # noqa: BLE001  handed to the waiting thread
            self.error = error
        finally:
            self.done.set()


def _cancel(work: _Work, control: JobControl) -> None:
    give_up = time.monotonic() + _CANCEL_PATIENCE_S
    while not work.done.wait(_CANCEL_EVERY_S) and time.monotonic() < give_up:
        control.cancel(work.tag)


def _result(work: _Work, row_limit: int, seconds: float) -> QueryResult:
    if work.error is not None:
        raise ExecutionError(
            f"Spark failed while it ran the query: {_cause(work.error)}",
            "The SQL is in the message's chain; ask differently, or look at the Spark log.",
        ) from work.error
    table = work.arrow.slice(0, row_limit)
    columns = [table.column(index).to_pylist() for index in range(table.num_columns)]
    rows = tuple(zip(*columns, strict=True)) if columns else ((),) * table.num_rows
    return QueryResult(
        columns=columns_of(work.schema),
        rows=rows,
        more=work.arrow.num_rows > row_limit,
        seconds=seconds,
        arrow=table,
    )


def _cause(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:300] or type(error).__name__


def _tasks_text(done: int, total: int) -> str:
    return f"{done} of {total} tasks" if total else "planning"
