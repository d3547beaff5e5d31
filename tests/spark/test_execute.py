"""What the executor brings back from real Spark, and what it leaves running: nothing."""

from __future__ import annotations

import _thread
import datetime as dt
import logging
import math
import re
import signal
import threading
import time
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from streamlink_magic.adapters.spark import execute
from streamlink_magic.adapters.spark.execute import fetch_rows
from streamlink_magic.adapters.spark.jobs import ClassicJobs
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.errors import ExecutionError, QueryTimeoutError
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame, SparkSession

    from streamlink_magic.records import QueryResult

pytestmark = pytest.mark.spark

ENDLESS = "SELECT count(*) FROM range(1000000000000) WHERE hash(id) = 1"


def silent(_phase: str, _detail: str = "") -> None:
    """Take no note of progress."""


@pytest.fixture
def session(spark: SparkSession) -> SparkSession:
    """Return a session whose settings and views are nobody else's."""
    return spark.newSession()


def fetched(
    session: SparkSession,
    query: str | DataFrame,
    *,
    rows: int = 50,
    timeout_s: float = 300,
    progress: Callable[..., None] = silent,
) -> QueryResult:
    """Run a query the way the workbench does."""
    make = partial(session.sql, query) if isinstance(query, str) else lambda: query
    return fetch_rows(
        make, ClassicJobs(session), row_limit=rows, timeout_s=timeout_s, progress=progress
    )


def active_jobs(session: SparkSession) -> list[int]:
    """Return the jobs that run now."""
    return list(session.sparkContext.statusTracker().getActiveJobsIds())


@contextmanager
def interrupted_when(ready: threading.Event) -> Iterator[None]:
    """Send the main thread an interrupt as a kernel does, once the event is set."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stop = threading.Event()

    def interrupt() -> None:
        while not ready.wait(0.1):
            if stop.is_set():
                return
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


# ---------------------------------------------------------------- values


def test_values_arrive_as_python_values(session: SparkSession) -> None:
    """Scalars, nulls, NaN, bytes and nested values are what Python calls them."""
    result = fetched(
        session,
        "SELECT 1.50BD d, DATE'2020-02-29' day, X'00FF' b, null n, double('NaN') nan, "
        "float('-inf') inf, array(struct(1 AS a, map('k', 2) AS m)) x, true t, '航班' s, "
        "INTERVAL '1 02:00:00' DAY TO SECOND i, TIMESTAMP_NTZ'2020-01-02 03:04:05' w",
    )
    (row,) = result.rows
    assert row[:4] == (Decimal("1.50"), dt.date(2020, 2, 29), b"\x00\xff", None)
    assert math.isnan(row[4])
    assert row[5:] == (
        -math.inf,
        [{"a": 1, "m": [("k", 2)]}],
        True,
        "航班",
        dt.timedelta(days=1, hours=2),
        dt.datetime(2020, 1, 2, 3, 4, 5),  # noqa: DTZ001  Spark's own has no zone either
    )
    types = [column.type for column in result.columns]
    assert types[:5] == ["decimal(3,2)", "date", "binary", "void", "double"]
    assert types[6] == "array<struct<a:int,m:map<string,int>>>"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
def test_timestamps_are_told_in_the_sessions_zone(session: SparkSession, zone: str) -> None:
    """An instant shows the wall clock of the session's time zone, inside nested values too."""
    session.conf.set("spark.sql.session.timeZone", zone)
    result = fetched(
        session,
        "SELECT TIMESTAMP'2020-07-02 03:04:05.678901' t, "
        "array(struct(map('k', TIMESTAMP'2020-07-02 03:04:05.678901') AS m)) n",
    )
    wall = dt.datetime(2020, 7, 2, 3, 4, 5, 678901, tzinfo=ZoneInfo(zone))
    ((instant, nested),) = result.rows
    assert (instant, instant.isoformat()) == (wall, wall.isoformat())
    assert nested[0]["m"][0][1].isoformat() == wall.isoformat()


def test_a_zone_that_python_does_not_know_leaves_utc(session: SparkSession) -> None:
    """A zone that only Java knows shows the same instant in UTC."""
    session.conf.set("spark.sql.session.timeZone", "GMT+08:00")
    ((instant,),) = fetched(session, "SELECT TIMESTAMP'2020-07-02 08:00:00'").rows
    assert instant.isoformat() == "2020-07-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("DATE'+10000-01-01'", "10000-01-01"),
        ("DATE'-0001-01-01'", "-0001-01-01"),
        ("TIMESTAMP'+12000-01-01 00:00:00'", "12000-01-01 00:00:00"),
        ("TIMESTAMP_NTZ'-0044-03-15 00:00:00'", "-0044-03-15 00:00:00"),
        ("array(named_struct('d', DATE'+10000-01-01'))", "10000-01-01"),
    ],
)
def test_times_beyond_pythons_calendar_are_text(session: SparkSession, sql: str, text: str) -> None:
    """A date that Python cannot hold is shown as text instead of failing the answer."""
    result = fetched(session, f"SELECT {sql} AS d, 7 AS n")
    assert text in str(result.rows[0][0])
    assert result.rows[0][1] == 7


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '1-2' YEAR TO MONTH"),
        ("make_interval(1, 2)", "1 years 2 months"),
        ("array(make_interval(1, 2))", "[1 years 2 months]"),
        ("named_struct('a', 1, 'a', 2)", "{1, 2}"),
        ("""parse_json('{"a":[1,2]}')""", '{"a":[1,2]}'),
    ],
)
def test_what_arrow_cannot_carry_comes_as_text(session: SparkSession, sql: str, text: str) -> None:
    """Such a column is text, keeps its name and type, and leaves the columns beside it alone."""
    result = fetched(session, f"SELECT 1 AS a, {sql} AS a, array(2) AS `odd.name`")
    assert result.rows == ((1, text, [2]),)
    assert [column.name for column in result.columns] == ["a", "a", "odd.name"]
    assert result.columns[1].type == session.sql(f"SELECT {sql}").schema[0].dataType.simpleString()


def test_names_may_repeat(session: SparkSession) -> None:
    """Two columns of one name both arrive, in order."""
    result = fetched(session, "SELECT 1 AS a, 2 AS a")
    assert [column.name for column in result.columns] == ["a", "a"]
    assert result.rows == ((1, 2),)


def test_a_page_of_rows_is_run_as_it_was_checked(session: SparkSession) -> None:
    """LIMIT with OFFSET needs a rule of the optimiser that checking goes without."""
    workbench = open_workbench(session)
    sql = "SELECT id FROM range(10) ORDER BY id LIMIT 2 OFFSET 3"
    query = guard_sql(sql, workbench, Policy())
    result = workbench.run(query, row_limit=10, timeout_s=60, progress=lambda *_: None)
    assert result.rows == ((3,), (4,))


def test_no_rows_and_no_columns(session: SparkSession) -> None:
    """An empty result keeps its columns; a result without columns keeps its number of rows."""
    empty = fetched(session, "SELECT 1 AS a WHERE false")
    assert ([column.name for column in empty.columns], empty.rows) == (["a"], ())
    bare = session.range(5).select()
    assert (fetched(session, bare).rows, fetched(session, bare).more) == (((),) * 5, False)
    assert (fetched(session, bare, rows=3).rows, fetched(session, bare, rows=3).more) == (
        ((),) * 3,
        True,
    )


@pytest.mark.parametrize(("size", "more"), [(0, False), (2, False), (3, False), (4, True)])
def test_one_row_beyond_the_limit_is_looked_for(
    session: SparkSession, *, size: int, more: bool
) -> None:
    """At most the limit comes back, and ``more`` tells whether there was another row."""
    result = fetched(session, f"SELECT id FROM range({size})", rows=3)
    assert result.rows == tuple((number,) for number in range(min(size, 3)))
    assert result.more is more
    assert result.arrow.num_rows == len(result.rows)


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ("SELECT 1 / (id - 1) FROM range(3)", "DIVIDE_BY_ZERO"),
        ("SELECT CAST(concat('x', id) AS int) FROM range(3)", "CAST_INVALID_INPUT"),
        ("SELECT element_at(array(1), 5)", "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"),
    ],
)
def test_a_value_that_cannot_be_computed_with_is_told(
    session: SparkSession, sql: str, condition: str
) -> None:
    """A failure at run time shows Spark's first line alone and what to do about such values."""
    with pytest.raises(ExecutionError, match=condition) as caught:
        fetched(session, sql)
    assert "\n" not in caught.value.message
    assert "which rows to leave out" in caught.value.hint
    assert caught.value.__cause__ is not None


def test_a_failure_that_is_not_about_values_points_to_the_sql(session: SparkSession) -> None:
    """Any other failure says where the statement is to be read."""
    with pytest.raises(ExecutionError, match="boom") as caught:
        fetched(session, "SELECT raise_error('boom')")
    assert ".sql" in caught.value.hint


def test_spark_prints_nothing_beside_our_error(session: SparkSession) -> None:
    """PySpark's own report of a failed query is held back for our thread, and for no other."""
    from pyspark.logger import PySparkLogger

    seen: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = seen.append
    printer = PySparkLogger.getLogger("SQLQueryContextLogger")
    printer.addHandler(handler)
    try:
        with pytest.raises(ExecutionError):
            fetched(session, "SELECT 1 / 0")
        assert seen == []
        with pytest.raises(Exception, match="DIVIDE_BY_ZERO"):
            session.sql("SELECT 1 / 0").collect()
        assert seen
    finally:
        printer.removeHandler(handler)


# ---------------------------------------------------------------- stopping


def test_the_time_limit_cancels_this_query_alone(session: SparkSession) -> None:
    """After the limit the job is gone, another job still runs, and the session answers."""
    context = session.sparkContext
    tracker = context._jsc.sc().statusTracker()
    control = ClassicJobs(session)

    def run_beside() -> None:
        context.addJobTag("beside")
        with pytest.raises(Exception, match="cancelled"):
            session.range(0, 10**12, 1, 1).where("hash(id) = 1").count()

    beside = control.thread(run_beside)
    beside.start()
    try:
        while not list(tracker.getJobIdsForTag("beside")):
            time.sleep(0.1)
        with pytest.raises(QueryTimeoutError, match="cancelled"):
            fetched(session, ENDLESS, timeout_s=2)
        assert active_jobs(session) == list(tracker.getJobIdsForTag("beside"))
    finally:
        context.cancelJobsWithTag("beside")
        beside.join()
    assert fetched(session, "SELECT count(*) FROM range(10)").rows == ((10,),)


def test_an_interrupt_cancels_the_job(session: SparkSession) -> None:
    """An interrupt while tasks run ends the wait with KeyboardInterrupt and the job with it."""
    seen: list[str] = []
    running = threading.Event()

    def progress(_phase: str, detail: str = "") -> None:
        seen.append(detail)
        if detail.endswith("of 2 tasks"):
            running.set()

    with interrupted_when(running), pytest.raises(KeyboardInterrupt) as caught:
        fetched(session, ENDLESS, progress=progress)
    assert "0 of 2 tasks" in seen
    told = " ".join(caught.value.__notes__)
    assert re.fullmatch(r"Spark job \d+ was cancelled after .* s \(0 of 2 tasks\)\.", told)
    assert active_jobs(session) == []
    assert fetched(session, "SELECT 1").rows == ((1,),)


def test_an_interrupt_before_the_job_is_registered_cancels_it(session: SparkSession) -> None:
    """A cancel that comes too early is repeated until the job it was meant for is gone."""
    waiting = threading.Event()
    started = threading.Event()

    def late() -> DataFrame:
        waiting.set()
        time.sleep(1.5)
        started.set()
        return session.sql(ENDLESS)

    with interrupted_when(waiting), pytest.raises(KeyboardInterrupt):
        fetch_rows(late, ClassicJobs(session), row_limit=1, timeout_s=300, progress=silent)
    assert started.is_set()
    assert active_jobs(session) == []


def test_work_that_does_not_stop_is_not_called_cancelled(
    session: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When Spark does not let go in time, the error says so instead of claiming success."""
    monkeypatch.setattr(execute, "_CANCEL_PATIENCE_S", 0.3)
    release = threading.Event()

    def stuck() -> DataFrame:
        release.wait(60)
        return session.range(1)

    try:
        with pytest.raises(QueryTimeoutError, match="has not stopped it yet"):
            fetch_rows(stuck, ClassicJobs(session), row_limit=1, timeout_s=0.1, progress=silent)
    finally:
        release.set()


# ---------------------------------------------------------------- leaving no trace


def test_the_users_session_is_left_as_it_was(session: SparkSession) -> None:
    """Settings, views, job tags, current database and active session are the same afterwards."""
    session.sql("CREATE TEMP VIEW pets AS SELECT * FROM VALUES ('Ida', 3), ('Bo', 5) AS t(n, age)")
    context = session.sparkContext
    jvm_sessions = context._jvm.org.apache.spark.sql.classic.SparkSession

    def state() -> tuple[object, ...]:
        active = jvm_sessions.getActiveSession()
        return (
            sorted(map(tuple, session.sql("SET").collect())),
            sorted(map(tuple, session.sql("SHOW TABLES").collect())),
            session.catalog.currentDatabase(),
            context.getJobTags(),
            active.get().sessionUUID() if active.isDefined() else None,
        )

    context.addJobTag("the-users-own")
    try:
        before = state()
        workbench = open_workbench(session)
        query = guard_sql("SELECT max(age) AS oldest FROM pets", workbench, Policy())
        result = workbench.run(query, row_limit=5, timeout_s=300, progress=silent)
        assert state() == before
    finally:
        context.removeJobTag("the-users-own")
    assert result.rows == ((5,),)
    lazy = workbench.dataframe(query)
    assert lazy.sparkSession is session
    assert [tuple(row) for row in lazy.collect()] == [(5,)]
