"""The guard on Spark Connect: a parser beside the session, names looked up, a hardened clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from test_guard_statements import ATTACKS, HONEST

pytestmark = pytest.mark.spark

TOLD = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from pyspark import SparkContext
from pyspark.sql import SparkSession
from conftest import SHOP_READABLE, SHOP_STATEMENTS
from test_guard_statements import ATTACKS, HONEST
from streamlink_magic.adapters.spark import parser
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.adapters.spark import connect
from streamlink_magic.errors import GuardError, SessionError
from streamlink_magic.guard import check_sql
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_sql

spark = (SparkSession.builder.remote("local[2]").config("spark.driver.memory", "1g")
         .config("spark.ui.enabled", "false").getOrCreate())
files = Path("files")
files.mkdir()
(files / "note.txt").write_text("private")
for statement in SHOP_STATEMENTS:
    spark.sql(statement)
spark.sql("INSERT INTO sales VALUES (1, 'Bonn', 2.5, DATE'2024-05-01', array('a'))")
spark.sql("CREATE VIEW second_view AS SELECT * FROM leaky_view")
spark.sql("CREATE OR REPLACE TEMP VIEW leaky_temp AS SELECT * FROM leaky_view")
spark.sql("CREATE TABLE users (user STRING, n INT) USING parquet")
spark.sql("DECLARE VARIABLE hidden STRING DEFAULT 'x'")
spark.range(3).createOrReplaceTempView("framed")
spark.udf.register("shout", lambda text: f"{text}!")
spark.udf.register("length", lambda text: 0)
policy = Policy(tables=(*SHOP_READABLE, "framed", "second_view", "leaky_temp", "users"))

analyzer = connect.ConnectAnalyzer(spark)
analyzer.ready()

def verdict(sql, policy=policy):
    try:
        told = guard_sql(sql.replace("{files}", str(files.absolute())), analyzer, policy).verdict
    except GuardError as error:
        told = error.verdict
    return [told.allowed, told.rule, told.why, list(told.tables)]

def picture():
    return [
        sorted(str(file) + str(file.stat().st_mtime_ns) for file in Path(".").rglob("*")
               if file.is_file() and "metastore" not in str(file)),
        [[row.asDict() for row in spark.sql(f"SHOW TABLES IN {name}").collect()]
         for name in ("shop", "vault")],
        sorted(row.key + str(row.value) for row in spark.sql("SET").collect()),
        spark.catalog.currentDatabase(), sorted(spark.getTags()),
    ]

# The server runs in this very process's JVM, so its jobs can be counted.
server = SparkContext._active_spark_context._jsc.sc()

def jobs():
    return server.statusStore().jobsList(None).size()

facts = {}
check_sql("SELECT 1", session=spark)
before = picture()
facts["jobs"] = [jobs()]
facts["honest"] = [verdict(sql) for sql in HONEST]
facts["attacks"] = [verdict(sql.replace("{{", "{").replace("}}", "}")) for sql, _ in ATTACKS]
facts["own"] = {sql: verdict(sql) for sql in OWN}
facts["open"] = {sql: verdict(sql, Policy()) for sql in OPEN}
facts["jobs"].append(jobs())
facts["same picture"] = picture() == before
spark.sql("SELECT sum(price) FROM sales").collect()
facts["jobs"].append(jobs())

bench = open_workbench(spark)
CLOSED = Policy(denied_columns=("vault.pay.wage",), databases=("vault",))
facts["columns"] = [verdict("SELECT who FROM vault.pay", CLOSED)[1],
                    verdict("SELECT * FROM leaky_view", CLOSED)[1],
                    verdict("SELECT town FROM sales", CLOSED)[1]]
facts["guards"] = [bench.guards, bench.takes_dataframes]
query = guard_sql("SELECT town, price FROM recent", bench, policy)
spark.sql("CREATE OR REPLACE TEMP VIEW recent AS SELECT 'changed' AS town, 0D AS price")
result = bench.run(query, row_limit=5, timeout_s=60, progress=lambda *_: None)
facts["ran"] = [list(map(str, row)) for row in result.rows]
facts["frame"] = bench.dataframe(guard_sql("SELECT n FROM users", bench, policy)).columns
process = parser.local_parser()._process
process.kill()
process.wait()
facts["after it died"] = verdict("SELECT 1")[:2]

def unproven():
    bench = open_workbench(spark)
    return [bench.guards, bench.unproven_why,
            check_sql("SELECT 1", session=spark).rule,
            check_sql("DROP TABLE sales", session=spark).rule]

def nothing():
    raise SessionError("Spark needs Java 17 or newer, and this machine has none.", "Install one.")
connect.local_parser = nothing
facts["no java"] = unproven()
class Older:
    version = "3.5.0"
connect.local_parser = Older
facts["other version"] = unproven()
print("\\n" + json.dumps(facts))
sys.stdout.flush()
spark.stop()
"""

OWN = {
    "SELECT * FROM second_view": "table",
    "SELECT * FROM leaky_temp": "table",
    "SELECT id FROM framed": "ok-by-name",
    "SELECT user FROM users": "ok-by-name",
    "SELECT user FROM sales": "function",
    "SELECT length(town) FROM sales": "udf",
    "SELECT session_user FROM users": "function",
    "SELECT hidden FROM sales": "unknown-column",
    "WITH pay AS (SELECT 1 AS a) SELECT * FROM pay": "ok-by-name",
    "WITH leaky_view AS (SELECT 1 AS a) SELECT * FROM leaky_view": "table",
    "SELECT * FROM nowhere": "table",
    "SELECT nothing FROM sales": "unknown-column",
    "SELECT * FROM (WITH pay AS (SELECT 1 AS a) TABLE pay) x JOIN vault.pay": "table",
    "SELECT * FROM system.session.everywhere": "table",
    "SELECT '\n+- LocalRelation' AS town FROM open_view": "ok-by-name",
}
"""Statements under the policy of the shop, and the rule that decides on each."""

OPEN = {
    "SELECT * FROM sales JOIN recent USING (id)": "ok-by-name",
    "SELECT * FROM vault.pay": "table",
    "SELECT * FROM leaky_temp": "ok-by-name",
    "SELECT * FROM nowhere": "unknown-table",
    "SELECT * FROM global_temp.everywhere": "table",
    "SELECT * FROM text.`{files}/note.txt`": "path",
}
"""The same where the policy opens the current database."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a process with a local Connect server tells of the guard."""
    pytest.importorskip("grpc")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"OWN = {list(OWN)!r}\nOPEN = {list(OPEN)!r}\n{TOLD}"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path_factory.mktemp("connect"),
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_honest_queries_are_proven_on_connect(told: dict[str, Any]) -> None:
    """Every honest query that passes on a classic session passes here."""
    refused = {sql: one for sql, one in zip(HONEST, told["honest"], strict=True) if not one[0]}
    assert refused == {}


def test_attacks_are_refused_on_connect(told: dict[str, Any]) -> None:
    """Every attack is refused, by the same rule but for one that only an analysed plan tells."""
    other = {
        sql: (rule, one)
        for (sql, rule), one in zip(ATTACKS, told["attacks"], strict=True)
        if one[0] or one[1] != rule
    }
    assert list(other) == ["SELECT session_user"]
    assert other["SELECT session_user"][1][:2] == [False, "function"]


def test_names_are_followed_through_views(told: dict[str, Any]) -> None:
    """Views are looked into as deep as they go; a name that may mean two things is refused."""
    assert {sql: one[1] for sql, one in told["own"].items()} == OWN
    assert {sql: one[1] for sql, one in told["open"].items()} == OPEN
    assert "vault.pay" in told["own"]["SELECT * FROM second_view"][2]


def test_a_table_with_a_closed_column_is_closed_on_connect(told: dict[str, Any]) -> None:
    """Which columns a query uses cannot be followed here, so it may not read such a table."""
    assert told["columns"] == ["column", "column", "ok-by-name"]


def test_checking_on_connect_leaves_no_trace(told: dict[str, Any]) -> None:
    """Files, tables, settings, the current database and tags are as they were."""
    assert told["same picture"] is True


def test_checking_on_connect_starts_no_job(told: dict[str, Any]) -> None:
    """The server ran nothing for all those checks, and the count does see a query that runs."""
    before, checked, ran = told["jobs"]
    assert checked == before
    assert ran > checked


def test_what_was_checked_is_what_runs(told: dict[str, Any]) -> None:
    """A temporary view that is replaced after the check does not change what the query reads."""
    assert told["guards"] == [True, False]
    assert told["ran"] == [["Bonn", "2.5"]]
    assert told["frame"] == ["n"]


def test_a_parser_that_died_is_started_again(told: dict[str, Any]) -> None:
    """Nothing is proven by a dead process, and the next statement has a new one."""
    assert told["after it died"] == [True, "ok-by-name"]


def test_without_a_parser_nothing_is_proven_and_the_reason_is_told(told: dict[str, Any]) -> None:
    """No Java, or another Spark: the SQL may be shown, nothing is allowed, writes are named."""
    guards, why, honest, write = told["no java"]
    assert (guards, honest, write) == (False, "unproven", "not-a-query")
    assert "Java 17" in why
    guards, why, honest, _ = told["other version"]
    assert (guards, honest) == (False, "unproven")
    assert "3.5.0" in why
    assert "pip install" in why
