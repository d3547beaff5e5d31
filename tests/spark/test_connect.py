"""The same adapters on Spark Connect, against a real local server in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.spark

TOLD = """
import json, signal, threading, time, _thread, warnings
warnings.simplefilter("ignore")
from pyspark.sql import SparkSession
from streamlink_magic.adapters.spark import recognize
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_approved

spark = SparkSession.builder.remote("local[2]").getOrCreate()
facts = {}

def told(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except BaseException as error:
        return type(error).__name__ + ": " + str(error)

def silent(phase, detail=""):
    pass

facts["seen"] = [recognize.is_session(spark), recognize.is_connect(spark),
                 recognize.is_dataframe(spark.range(1)), recognize.is_stopped(spark)]
facts["found"] = [recognize.find_session({"spark": spark}) is spark,
                  recognize.find_session({}) is spark]

spark.sql("CREATE TABLE pets (name string COMMENT 'what it is called', age interval year, "
          "seen timestamp) USING parquet")
spark.sql("CREATE VIEW all_pets AS SELECT name FROM pets")
spark.sql("CREATE TABLE gone (a int) USING parquet")
spark.sql("CREATE VIEW lost AS SELECT * FROM gone")
spark.sql("DROP TABLE gone")
spark.sql("CREATE TEMP VIEW `航 班` AS SELECT 1 AS n")
bench = open_workbench(spark)
facts["guards"] = bench.guards
facts["tables"] = {}
for listed in bench.list_tables():
    table = bench.describe(listed)
    facts["tables"][table.name.dotted] = [
        table.kind, [[c.name, c.type, c.comment] for c in table.columns], table.unreadable]
facts["same types"] = [c.type for c in bench.describe(
    next(t for t in bench.list_tables() if t.name.name == "pets")).columns] == [
    f.dataType.simpleString() for f in spark.table("pets").schema.fields]

def run(sql, rows=3, timeout_s=300, progress=silent):
    return bench.run(guard_approved(sql, None, Policy()), row_limit=rows, timeout_s=timeout_s,
                     progress=progress)

def rows(sql):
    result = run(sql)
    return [[[c.name, c.type] for c in result.columns], [list(map(str, r)) for r in result.rows],
            result.more]

spark.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
facts["rows"] = rows("SELECT id, id + 1 AS id FROM range(5) ORDER BY 1")
facts["zone"] = rows("SELECT TIMESTAMP'2020-01-02 03:04:05' AS t")
facts["text"] = rows("SELECT named_struct('a', 1, 'a', 2) AS s, DATE'+10000-01-01' AS d")
facts["refused"] = told(run, "DROP TABLE pets")
facts["unknown"] = told(run, "SELECT nope FROM pets")
facts["divided"] = told(run, "SELECT 1 / (id - 1) AS x FROM range(3)")

ENDLESS = "SELECT count(*) FROM range(1000000000000) WHERE hash(id) = 1"
own = []
def beside():
    spark.addTag("beside")
    own.append(told(spark.range(0, 10**12, 1, 1).where("hash(id) = 1").count))
thread = threading.Thread(target=beside)
thread.start()
time.sleep(2)
spark.addTag("the-users-own")
facts["limit"] = told(run, ENDLESS, timeout_s=2)
facts["beside lives"] = thread.is_alive()
facts["cancelled of mine"] = len(spark.interruptTag("beside"))
thread.join()
details = []
running = threading.Event()
def progress(phase, detail=""):
    details.append(detail)
    if "tasks" in detail:
        running.set()
def interrupt():
    running.wait()
    _thread.interrupt_main()
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=interrupt).start()
facts["interrupt"] = told(run, ENDLESS, progress=progress)
facts["details"] = sorted(set(details))
facts["tags"] = sorted(spark.getTags())
facts["left"] = len(spark.interruptAll())
facts["after"] = rows("SELECT count(*) AS n FROM range(10)")
facts["handlers"] = len(spark.client._progress_handlers)
spark.stop()
facts["stopped"] = recognize.is_stopped(spark)
facts["use stopped"] = told(recognize.find_session, {"spark": spark})
print("\\n" + json.dumps(facts))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a process with a local Connect server tells of the adapters."""
    pytest.importorskip("grpc")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(
        [sys.executable, "-c", TOLD],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path_factory.mktemp("connect"),
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1]) | {"stderr": done.stderr}


def test_a_connect_session_is_known_by_sight(told: dict[str, Any]) -> None:
    """A Connect session and its DataFrames are recognised and found, named or not."""
    assert told["seen"] == [True, True, True, False]
    assert told["found"] == [True, True]
    assert told["guards"] is True


def test_the_catalog_reads_the_same_on_connect(told: dict[str, Any]) -> None:
    """Tables, views and odd temporary views are described, and an unreadable view says why."""
    tables = told["tables"]
    assert set(tables) == {"default.pets", "default.all_pets", "default.lost", "航 班"}
    assert tables["default.pets"][1][0] == ["name", "string", "what it is called"]
    assert tables["default.all_pets"][0] == "view"
    assert tables["航 班"] == ["temp view", [["n", "int", ""]], ""]
    assert tables["default.lost"][1] == []
    assert tables["default.lost"][2].startswith("[TABLE_OR_VIEW_NOT_FOUND]")
    assert told["same types"] is True


def test_an_approved_query_runs_on_connect(told: dict[str, Any]) -> None:
    """Rows, repeated names, the row limit, zones and text fallbacks are as on a classic session."""
    assert told["rows"] == [
        [["id", "bigint"], ["id", "bigint"]],
        [["0", "1"], ["1", "2"], ["2", "3"]],
        True,
    ]
    assert told["zone"][1] == [["2020-01-02 03:04:05+08:00"]]
    assert told["text"][1] == [["{1, 2}", "10000-01-01"]]


def test_a_statement_that_writes_is_refused_even_when_approved(told: dict[str, Any]) -> None:
    """The strict rules hold on Connect whatever the user approved; nothing was dropped."""
    assert told["refused"].startswith("UnsafeSqlError")
    assert told["unknown"].startswith("ExecutionError")


def test_failures_on_connect_are_told_in_one_line(told: dict[str, Any]) -> None:
    """Unknown columns and bad values become errors of ours, and Spark prints nothing beside."""
    assert "UNRESOLVED_COLUMN" in told["unknown"]
    assert "DIVIDE_BY_ZERO" in told["divided"]
    assert "\n" not in told["unknown"] + told["divided"]
    assert "SQLQueryContextLogger" not in told["stderr"]


def test_the_time_limit_cancels_by_tag_on_connect(told: dict[str, Any]) -> None:
    """The limit stops this query alone: the user's own operation had to be stopped by hand."""
    assert told["limit"].startswith("QueryTimeoutError")
    assert "was cancelled" in told["limit"]
    assert told["beside lives"] is True
    assert told["cancelled of mine"] == 1


def test_an_interrupt_cancels_on_connect(told: dict[str, Any]) -> None:
    """An interrupt while tasks run leaves no operation, no tag and no handler behind."""
    assert told["interrupt"].startswith("KeyboardInterrupt")
    assert any(detail.endswith("tasks") for detail in told["details"])
    assert told["left"] == 0
    assert told["tags"] == ["the-users-own"]
    assert told["handlers"] == 0
    assert told["after"][1] == [["10"]]


def test_a_stopped_connect_session_is_said_to_be_stopped(told: dict[str, Any]) -> None:
    """After ``stop()`` the session is not used."""
    assert told["stopped"] is True
    assert told["use stopped"].startswith("SessionError: The Spark session is stopped.")
