"""A result is cut at a number of bytes: what is held, what is told, what is an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.errors import ExecutionError
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.steps.check import check_answer
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.render.phrases import row_count

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from streamlink_magic.records import QueryResult

pytestmark = pytest.mark.spark

KIB = 1024
WIDE = "SELECT id, repeat('x', 1000) AS filler FROM range(0, 3000, 1, {parts})"


def fetched(spark: SparkSession, sql: str, *, byte_limit: float, rows: int = 10_000) -> QueryResult:
    workbench = open_workbench(spark)
    return workbench.run(
        guard_sql(sql, workbench, Policy()),
        row_limit=rows,
        timeout_s=120,
        progress=lambda *_: None,
        byte_limit=byte_limit,
    )


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize("order", ["", " ORDER BY id DESC"])
def test_the_first_rows_within_the_bytes_come_back(
    spark: SparkSession, parts: int, order: str
) -> None:
    """They are a front of the result, in its order, however many partitions it has."""
    result = fetched(spark, WIDE.format(parts=parts) + order, byte_limit=100 * KIB)
    numbers = [row[0] for row in result.rows]
    whole = range(3000) if not order else range(2999, -1, -1)
    assert 0 < len(numbers) < 103
    assert numbers == list(whole)[: len(numbers)]
    assert result.arrow.nbytes <= 100 * KIB
    assert (result.more, result.cut_at) == (True, "102,400 bytes")
    assert row_count(result, len(numbers)) == (
        f"the first {len(numbers)} rows, cut at 102,400 bytes"
    )
    assert "cut at 102,400 bytes" in check_answer("SELECT 1", result)[0].text


def test_the_room_is_used(spark: SparkSession) -> None:
    """What is dropped is no more than what did not fit."""
    assert len(fetched(spark, WIDE.format(parts=1), byte_limit=100 * KIB).rows) > 90


def test_a_front_that_comes_last_is_not_lost(spark: SparkSession) -> None:
    """The first partition may be the slowest; its rows are the first all the same."""
    numbers = "sequence(1, CAST(IF(id = 0, 3000000, 1) AS INT))"
    slow = f"aggregate({numbers}, 0L, (sum, one) -> sum + one % 7)"
    sql = f"SELECT id, {slow}, repeat('x', 60000) FROM range(0, 4, 1, 4)"
    result = fetched(spark, sql, byte_limit=100 * KIB)
    assert [row[0] for row in result.rows] == [0]


def test_a_result_that_fits_is_whole(spark: SparkSession) -> None:
    """Nothing is said of a limit that was not met; the rows' own limit is told as ever."""
    whole = fetched(spark, WIDE.format(parts=3), byte_limit=64 * KIB * KIB)
    assert (len(whole.rows), whole.more, whole.cut_at) == (3000, False, "")
    some = fetched(spark, WIDE.format(parts=3), byte_limit=64 * KIB * KIB, rows=5)
    assert (len(some.rows), some.more, some.cut_at) == (5, True, "")
    none = fetched(spark, "SELECT 1 AS a WHERE false", byte_limit=1)
    assert (none.rows, none.more, none.cut_at) == ((), False, "")


def test_a_single_huge_value_is_an_error_that_says_what_to_do(spark: SparkSession) -> None:
    """No row can be shown, so the answer fails instead of claiming that there is none."""
    with pytest.raises(ExecutionError, match="first row alone holds more than 102,400") as caught:
        fetched(spark, "SELECT repeat('x', 200000) AS huge", byte_limit=100 * KIB)
    assert "left(column, 1000)" in caught.value.hint
    assert fetched(spark, "SELECT 1 AS a", byte_limit=100 * KIB).rows == ((1,),)


def test_rows_before_a_huge_one_come_back(spark: SparkSession) -> None:
    """The cut is made before it."""
    sql = "SELECT id, repeat('x', CAST(IF(id = 2, 200000, 5) AS INT)) FROM range(0, 5, 1, 1)"
    result = fetched(spark, sql, byte_limit=100 * KIB)
    assert [row[0] for row in result.rows] == [0, 1]
    assert result.cut_at


def test_the_policy_tightens_the_setting() -> None:
    """An admin's limit holds whatever the notebook says."""
    policy = Policy(max_result_bytes=1000)
    assert Settings(policy=policy).byte_limit == 1000
    assert Settings(result_bytes=10, policy=policy).byte_limit == 10
    assert Policy().tightened_by(policy).max_result_bytes == 1000
    assert policy.unlimited().max_result_bytes == 1000


CONNECT = """
import json, warnings
warnings.simplefilter("ignore")
from pyspark.sql import SparkSession
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.errors import ExecutionError
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_sql
spark = (SparkSession.builder.remote("local[2]").config("spark.driver.memory", "1g")
         .config("spark.ui.enabled", "false").getOrCreate())

def run(sql, byte_limit):
    bench = open_workbench(spark)
    query = guard_sql(sql, bench, Policy())
    return bench.run(query, row_limit=10000, timeout_s=120, progress=lambda *_: None,
                     byte_limit=byte_limit)
wide = run("SELECT id, repeat('x', 1000) AS filler FROM range(0, 9000, 1, 3)", 5_000_000)
facts = {"rows": len(wide.rows), "cut": wide.cut_at, "bytes": wide.arrow.nbytes,
         "front": [row[0] for row in wide.rows] == list(range(len(wide.rows)))}
try:
    run("SELECT repeat('x', 200000) AS huge", 1000)
except ExecutionError as error:
    facts["error"] = error.message
facts["after"] = run("SELECT 1 AS a", 1000).rows[0][0]
facts["empty"] = len(run("SELECT 1 AS a WHERE false", 1000).rows)
print("\\n" + json.dumps(facts))
spark.stop()
"""


def test_connect_stops_taking_batches(tmp_path: Path) -> None:
    """On Connect the call ends with the batch that passes the limit, and the session goes on."""
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        env=os.environ | {"PYSPARK_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.strip().splitlines()[-1])
    assert 4000 < facts["rows"] < 5000
    assert facts["bytes"] <= 5_000_000
    assert facts["front"]
    assert facts["cut"] == "5 MiB"
    assert "first row alone" in facts["error"]
    assert (facts["after"], facts["empty"]) == (1, 0)
