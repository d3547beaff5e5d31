"""One bomb of each class: refused before it runs, or stopped by a limit; Spark works on after it.

Not here, since nothing stops them once they run: a value that outgrows the heap in one step, and
a step that computes for ever without a look at its thread, such as four small tables joined on a
key with one value. Cancelling such a job ends it for the driver, yet its tasks keep their cores.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.errors import ExecutionError, GuardError, QueryTimeoutError
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from streamlink_magic.records import QueryResult

pytestmark = pytest.mark.spark

TIMEOUT_S = 4.0
BYTES = 1024 * 1024

_DOUBLING = ", ".join(
    f"c{place} AS (SELECT a.n FROM c{place - 1} a JOIN c{place - 1} b ON a.n = b.n)"
    for place in range(1, 25)
)
_SUMMED = ", ".join(f"n + {place}" for place in range(9))

REFUSED = {
    "a cross join": ("SELECT count(*) FROM seeds a, seeds b, seeds c", "budget"),
    "a long sequence": ("SELECT explode(sequence(1, 1000000000))", "size"),
    "a sequence of sequences": (
        "SELECT transform(sequence(1, 9000), x -> sequence(1, 9000)) FROM seeds",
        "size",
    ),
    "a long text": ("SELECT repeat('x', 2000000000)", "size"),
    "a wide padding": ("SELECT rpad(word, 100000000, 'x') FROM seeds", "size"),
    "a long range": ("SELECT count(*) FROM range(100000000000000)", "size"),
    "a wide cube": (f"SELECT count(*) FROM seeds GROUP BY CUBE ({_SUMMED})", "size"),
    "doubling named queries": (
        f"WITH c0 AS (SELECT n FROM seeds), {_DOUBLING} SELECT count(*) FROM c24",
        "size",
    ),
    "deep brackets": (f"SELECT {'(' * 4000}1{')' * 4000}", "nesting"),
    "deep subqueries": (f"SELECT * FROM {'(SELECT * FROM ' * 400}seeds{')' * 400}", "nesting"),
    "a slow pattern": ("SELECT count(*) FROM seeds WHERE word RLIKE '^(e+)+$'", "pattern"),
    "a slow pattern in pieces": (
        "SELECT count(*) FROM seeds WHERE word RLIKE concat('^(e', '+)+', '$')",
        "pattern",
    ),
    "a pattern of many ways": (
        "SELECT regexp_replace(repeat('a', 5000), '(a|aa)+b', '') FROM seeds",
        "pattern",
    ),
    "loops in loops": (
        (
            "SELECT aggregate(sequence(1, 10000), 0, (s, x) -> s + "
            "aggregate(sequence(1, 10000), 0, (t, y) -> t + y)) FROM seeds"
        ),
        "size",
    ),
    "a deep recursion": (
        (
            "WITH RECURSIVE up(n) MAX RECURSION LEVEL 1000000 AS "
            "(VALUES (1) UNION ALL SELECT n + 1 FROM up) SELECT max(n) FROM up"
        ),
        "size",
    ),
}
STOPPED = {
    "a join on a key with one value": (
        "SELECT count(*) FROM many a JOIN many b ON a.same = b.same WHERE hash(a.n, b.n) = 1",
        QueryTimeoutError,
    ),
    "many dear values": (
        "SELECT count(*) FROM range(20000000) WHERE sha2(sha2(sha2(id || '', 512), 512), 512) = ''",
        QueryTimeoutError,
    ),
    "a recursion without end": (
        "WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up) SELECT max(n) FROM up",
        ExecutionError,
    ),
    "all rows in one value": ("SELECT collect_list(repeat(word, 500)) FROM seeds", ExecutionError),
    "one text of all rows": ("SELECT string_agg(repeat(word, 500)) FROM seeds", ExecutionError),
}
CUT = {
    "texts as long as the data say": "SELECT repeat(word, n * 20) FROM seeds ORDER BY n DESC",
    "long texts from a short statement": "SELECT repeat(word, 20000) FROM seeds",
    "long lists": "SELECT sequence(1, 20000) AS numbers FROM seeds",
}
ENDLESS = {
    "a list blown up to rows": "SELECT explode(sequence(1, n * 1000)) FROM seeds",
    "all pairs": "SELECT a.word, b.word FROM seeds a, seeds b",
}


@pytest.fixture(scope="module")
def seeded(spark: SparkSession) -> Iterator[SparkSession]:
    """Yield a session with a small table: what explodes is the statement."""
    spark.sql("CREATE DATABASE bombs")
    spark.sql("USE bombs")
    spark.sql(
        "CREATE TABLE seeds USING parquet AS "
        "SELECT id AS n, 1 AS same, concat('seed ', id) AS word FROM range(2000)"
    )
    spark.sql("CREATE TABLE many USING parquet AS SELECT id AS n, 1 AS same FROM range(100000)")
    yield spark
    spark.sql("USE default")
    spark.sql("DROP DATABASE bombs CASCADE")


def run(spark: SparkSession, sql: str, timeout_s: float = TIMEOUT_S) -> QueryResult:
    workbench = open_workbench(spark)
    return workbench.run(
        guard_sql(sql, workbench, Policy()),
        row_limit=50,
        timeout_s=timeout_s,
        progress=lambda *_: None,
        byte_limit=BYTES,
    )


def assert_works_on(spark: SparkSession) -> None:
    """Assert that nothing runs on, and that the next query is answered."""
    give_up = time.monotonic() + 60
    while spark.sparkContext.statusTracker().getActiveJobsIds() and time.monotonic() < give_up:
        time.sleep(0.1)  # Spark's own count of its jobs comes a little late
    assert list(spark.sparkContext.statusTracker().getActiveJobsIds()) == []
    assert run(spark, "SELECT 1", 120).rows == ((1,),)
    assert run(spark, "SELECT count(*) FROM seeds", 120).rows == ((2000,),)


@pytest.mark.parametrize(("sql", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_before_it_runs(seeded: SparkSession, sql: str, rule: str) -> None:
    """The rule is named, and no job was started for the check."""
    jobs = len(seeded.sparkContext.statusTracker().getJobIdsForGroup(None))
    with pytest.raises(GuardError) as caught:
        guard_sql(sql, open_workbench(seeded), Policy())
    assert caught.value.verdict.rule == rule
    assert len(seeded.sparkContext.statusTracker().getJobIdsForGroup(None)) == jobs
    assert_works_on(seeded)


@pytest.mark.parametrize(("sql", "error"), STOPPED.values(), ids=STOPPED.keys())
def test_it_is_stopped_while_it_runs(
    seeded: SparkSession, sql: str, error: type[ExecutionError]
) -> None:
    """The time limit cancels it, or Spark's or our own limit ends it; the error says the fix."""
    with pytest.raises(error) as caught:
        run(seeded, sql, TIMEOUT_S if error is QueryTimeoutError else 120)
    assert caught.value.hint
    if error is QueryTimeoutError:
        assert "was cancelled" in caught.value.message
    assert_works_on(seeded)


@pytest.mark.parametrize("sql", CUT.values(), ids=CUT.keys())
def test_its_rows_are_cut_at_the_bytes(seeded: SparkSession, sql: str) -> None:
    """Some rows come back, never more bytes than the limit."""
    result = run(seeded, sql, 120)
    assert result.cut_at
    assert result.arrow.nbytes <= BYTES
    assert result.rows
    assert_works_on(seeded)


@pytest.mark.parametrize("sql", ENDLESS.values(), ids=ENDLESS.keys())
def test_its_rows_are_cut_at_their_number(seeded: SparkSession, sql: str) -> None:
    """No more is computed than is shown."""
    result = run(seeded, sql, 120)
    assert (len(result.rows), result.more, result.cut_at) == (50, True, "")
    assert_works_on(seeded)
