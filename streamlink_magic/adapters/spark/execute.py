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
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Protocol

from streamlink_magic.adapters.spark.arrow import fetch_arrow, python_rows
from streamlink_magic.adapters.spark.batches import Fetched, size_text
from streamlink_magic.adapters.spark.catalog import columns_of
from streamlink_magic.adapters.spark.failures import first_line, unprinted
from streamlink_magic.adapters.spark.jobs import NOTHING_SEEN
from streamlink_magic.errors import ExecutionError, QueryTimeoutError, StreamlinkError
from streamlink_magic.records import QueryResult
from streamlink_magic.settings import RESULT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from streamlink_magic.adapters.spark.jobs import JobsSeen
    from streamlink_magic.protocols import Progress
    from streamlink_magic.records import CatalogRows

_POLL_S = 0.2
_CANCEL_EVERY_S = 0.25
_CANCEL_PATIENCE_S = 30.0
# The class of SQLSTATE for values: division by zero, malformed numbers, index out of bounds.
_DATA_EXCEPTION = "22"
_TOO_LARGE_FOR_SPARK = ("spark.driver.maxResultSize", "Cannot grow BufferHolder")


class JobControl(Protocol):
    """How one kind of session tags, counts and cancels jobs."""

    def tagged(self, tag: str) -> AbstractContextManager[None]:
        """Mark the jobs that the calling thread starts inside the block."""
        ...

    def cancel(self, tag: str) -> None:
        """Ask Spark to stop every job with the tag. MUST NOT raise."""
        ...

    def seen(self, tag: str) -> JobsSeen:
        """Return how far the jobs with the tag have come. MUST NOT raise."""
        ...

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """Return a thread in which the session may be used."""
        ...


def fetch_rows(
    make: Callable[[], Any],
    control: JobControl,
    *,
    row_limit: int,
    timeout_s: float,
    progress: Progress,
    byte_limit: float = RESULT_BYTES,
) -> QueryResult:
    """Run a DataFrame and return its first rows.

    Parameters
    ----------
    make
        Returns the lazy Spark DataFrame of a checked query; called where it can be stopped.
    row_limit
        At most so many rows come back; one more is fetched to know whether there are more.
    timeout_s
        Wall-clock limit in seconds.
    byte_limit
        The rows that come back take no more than so many bytes.

    Raises
    ------
    QueryTimeoutError
        When the limit passed; the job has been cancelled.
    ExecutionError
        When Spark failed.
    KeyboardInterrupt
        When the user stopped it; the job has been cancelled. A note on it tells which, and after
        how long.
    """
    work = _Work(make, control, row_limit + 1, byte_limit)
    started = time.monotonic()
    thread = control.thread(work.run)
    thread.daemon = True
    try:
        thread.start()
        progress("Spark", str(work.seen))
        _tell(work, control, progress)
        in_time = _wait(work, started + timeout_s)
        work.hush()
    except BaseException as error:
        work.hush()
        progress("Spark", f"cancelling · {work.seen}")
        cancelled = _cancel(work, control)
        error.add_note(_cancelled(work.seen, time.monotonic() - started, stopped=cancelled))
        raise
    if not in_time:
        raise _timed_out(timeout_s, stopped=_cancel(work, control))
    return _result(work, row_limit, byte_limit, time.monotonic() - started)


def rows_of_catalog(answer: CatalogRows, row_limit: int) -> QueryResult:
    """Return the first rows of what the catalog answered, as a query's result."""
    import pyarrow as pa

    rows = answer.rows[:row_limit]
    arrays = [pa.array([row[place] for row in rows]) for place in range(len(answer.columns))]
    return QueryResult(
        columns=answer.columns,
        rows=rows,
        more=len(answer.rows) > row_limit,
        arrow=pa.Table.from_arrays(arrays, names=[column.name for column in answer.columns]),
    )


def _wait(work: _Work, until: float) -> bool:
    """Wait for the work; return False when the time is up.

    It is waited for in short steps: an interrupt that another thread raises in this one, as a
    Cancel button does, is delivered between two of them and not within one.
    """
    while not work.done.wait(_POLL_S):
        if time.monotonic() > until:
            return False
    return True


def _tell(work: _Work, control: JobControl, progress: Progress) -> None:
    """Tell how far the work is until it has ended or is being cancelled.

    The counting has a thread of its own: an interrupt that meets a call to Spark may be lost in
    it (Python drops what is raised while an object is being freed) and tears its connection. The
    thread that is interrupted only waits.
    """

    def tell() -> None:
        while not work.done.wait(_POLL_S) and work.told:
            work.seen = control.seen(work.tag)
            with work.telling:
                if work.told:
                    progress("Spark", _told(work.seen, work.rows))

    # The copy carries the cell that is running, to which a kernel's thread must send.
    run = copy_context().run
    threading.Thread(target=run, args=(tell,), name="streamlink-progress", daemon=True).start()


class _Work:
    """The part that runs in the thread; what came of it is read after ``done``."""

    def __init__(
        self, make: Callable[[], Any], control: JobControl, limit: int, byte_limit: float
    ) -> None:
        self.tag = f"streamlink-{uuid.uuid4().hex}"
        self.done = threading.Event()
        self.seen = NOTHING_SEEN
        self.telling = threading.Lock()
        self.told = True
        self.error: BaseException | None = None
        self.fetched = Fetched(None)
        self.schema: Any = None
        self.rows = 0
        self._make = make
        self._control = control
        self._limit = limit
        self._byte_limit = byte_limit

    def run(self) -> None:
        try:
            with self._control.tagged(self.tag), unprinted():
                dataframe = self._make()
                self.schema = dataframe.schema
                self.fetched = fetch_arrow(
                    dataframe, self._limit, self._byte_limit, arrived=self._arrived
                )
        except BaseException as error:  # noqa: BLE001  handed to the waiting thread
            self.error = error
        finally:
            self.done.set()

    def hush(self) -> None:
        """Let nothing more be told: what follows is another phase."""
        with self.telling:
            self.told = False

    def _arrived(self, rows: int) -> None:
        self.rows += rows


def _cancel(work: _Work, control: JobControl) -> bool:
    """Cancel until the work has ended, and return whether it has.

    The cancelling has a thread of its own: a second interrupt ends the waiting here, and the
    job is stopped all the same.
    """

    def cancel_on() -> None:
        work.seen = control.seen(work.tag)
        give_up = time.monotonic() + _CANCEL_PATIENCE_S
        while time.monotonic() < give_up:
            control.cancel(work.tag)
            if work.done.wait(_CANCEL_EVERY_S):
                return

    threading.Thread(target=cancel_on, daemon=True).start()
    return work.done.wait(_CANCEL_PATIENCE_S)


def _timed_out(timeout_s: float, *, stopped: bool) -> QueryTimeoutError:
    if not stopped:
        return QueryTimeoutError(
            f"The query ran longer than {timeout_s:g} s, and Spark has not stopped it yet.",
            "Look at the session's running jobs; restart the session if they do not end.",
        )
    return QueryTimeoutError(
        f"The query ran longer than {timeout_s:g} s and was cancelled.",
        "Narrow the question, or allow more: %config AskMagics.run_timeout_s = 900",
    )


def _result(work: _Work, row_limit: int, byte_limit: float, seconds: float) -> QueryResult:
    if isinstance(work.error, StreamlinkError):
        raise work.error
    if work.error is not None:
        raise ExecutionError(
            f"Spark failed while it ran the query: {first_line(work.error)}", _fix(work.error)
        ) from work.error
    found, cut = work.fetched.table, work.fetched.cut
    table = found.slice(0, row_limit) if found.num_rows > row_limit else found
    return QueryResult(
        columns=columns_of(work.schema),
        rows=python_rows(table),
        more=cut or found.num_rows > row_limit,
        seconds=seconds,
        arrow=table,
        cut_at=size_text(byte_limit) if cut and found.num_rows <= row_limit else "",
    )


def _fix(error: BaseException) -> str:
    """Return what to do: about values that cannot be computed with, else about the SQL."""
    state = getattr(error, "getSqlState", lambda: None)()
    if str(state or "").startswith(_DATA_EXCEPTION):
        return (
            "A row holds a value that this SQL cannot compute with. "
            "Ask again, saying which rows to leave out or what such a value should count as."
        )
    if any(sign in str(error) for sign in _TOO_LARGE_FOR_SPARK):
        return "Its rows are too large: ask for counts, sums or parts of long values instead."
    return "Read the SQL (the error's .sql holds it), then ask again in other words."


def _told(seen: JobsSeen, rows: int) -> str:
    return f"{seen} · {rows:,} {'row' if rows == 1 else 'rows'}" if rows else str(seen)


def _cancelled(seen: JobsSeen, seconds: float, *, stopped: bool) -> str:
    """Return what was cancelled, after how long and how far it had come."""
    several = len(seen.jobs) > 1
    numbers = ", ".join(map(str, seen.jobs))
    which = f"Spark job{'s' * several} {numbers}" if numbers else "The Spark query"
    was, has = ("were", "have") if several else ("was", "has")
    if not stopped:
        return f"{which} {was} asked to stop after {seconds:.1f} s and {has} not ended yet."
    return f"{which} {was} cancelled after {seconds:.1f} s ({seen})."
