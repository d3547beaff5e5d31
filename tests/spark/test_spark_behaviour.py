"""What Spark itself does, as the guard's order of steps assumes it.

Each test shows the behaviour, not our answer to it: a version of Spark that changes one of them
fails here, and the guard's assumptions are looked at again.
"""

# ruff: noqa: ANN401  a session with its JVM has no types

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from pyspark.errors import PySparkException
from sqlglot import exp

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


@pytest.fixture
def scratch(spark: SparkSession) -> Iterator[Any]:
    """Yield a session of its own with a database that is dropped afterwards."""
    session = spark.newSession()
    session.sql("CREATE DATABASE scratch")
    session.sql("USE scratch")
    session.sql("CREATE TABLE notes (who STRING) USING parquet")
    yield session
    session.sql("USE default")
    session.sql("DROP DATABASE scratch CASCADE")


def analysed(session: Any, sql: str) -> Any:
    """Return the analysed plan of any statement in the mode that skips commands."""
    state = session._jsparkSession.sessionState()
    mode = getattr(session._jvm.org.apache.spark.sql.execution, "CommandExecutionMode$")
    plan = state.sqlParser().parsePlan(sql)
    execution = state.executePlan(plan, getattr(mode, "MODULE$").SKIP())
    execution.analyzed()
    return execution


@pytest.mark.parametrize(
    "sql",
    [
        "EXECUTE IMMEDIATE 'CREATE TABLE made (a INT) USING parquet'",
        "BEGIN CREATE TABLE made (a INT) USING parquet; END",
    ],
)
def test_1_analysis_can_execute(scratch: Any, sql: str) -> None:
    """EXECUTE IMMEDIATE and scripts run while they are analysed, though commands are skipped."""
    analysed(scratch, "CREATE TABLE skipped (a INT) USING parquet")
    assert not scratch.catalog.tableExists("skipped")
    analysed(scratch, sql)
    assert scratch.catalog.tableExists("made")


def test_2_optimising_runs_code(scratch: Any) -> None:
    """A call of Java over inline rows runs in the optimiser, not in the analyser."""
    system = scratch._jvm.java.lang.System
    system.clearProperty("behaviour.mark")
    execution = analysed(
        scratch,
        "SELECT reflect('java.lang.System', 'setProperty', 'behaviour.mark', x)"
        " FROM VALUES ('set') v(x)",
    )
    assert system.getProperty("behaviour.mark") is None
    execution.optimizedPlan()
    assert system.getProperty("behaviour.mark") == "set"


def test_3_a_select_can_write(scratch: Any) -> None:
    """An option of a table in a SELECT deletes in a remote database; parseQuery lets it pass."""
    url = "jdbc:derby:memory:behaviour;create=true"
    connection = scratch._jvm.java.sql.DriverManager.getConnection(url)
    remote = connection.createStatement()
    remote.execute("CREATE TABLE ACC (ID INT)")
    remote.execute("INSERT INTO ACC VALUES (1)")
    scratch.sql(f"CREATE TABLE acc USING jdbc OPTIONS (url '{url}', dbtable 'ACC')")
    sql = "SELECT * FROM acc WITH ('sessionInitStatement'='DELETE FROM ACC')"
    scratch._jsparkSession.sessionState().sqlParser().parseQuery(sql)
    scratch.sql(sql).collect()
    left = remote.executeQuery("SELECT COUNT(*) FROM ACC")
    left.next()
    assert left.getInt(1) == 0
    connection.close()


def test_4_an_error_does_not_mean_that_nothing_happened(scratch: Any) -> None:
    """CREATE FLOW fails after it has inserted."""
    scratch.sql("CREATE TABLE other (who STRING) USING parquet")
    scratch.sql("INSERT INTO other VALUES ('a')")
    with pytest.raises(PySparkException):
        scratch.sql("CREATE FLOW f AS INSERT INTO notes BY NAME SELECT * FROM other")
    assert scratch.table("notes").count() == 1


def test_5_sqlglot_and_spark_read_different_text(scratch: Any) -> None:
    """A comment goes on over a backslash at its line's end, and variables are replaced first."""
    parser = scratch._jsparkSession.sessionState().sqlParser()
    hidden = "SELECT who FROM notes --\\\n/*\nUNION ALL SELECT who FROM vault.pay -- */"
    assert "vault" in parser.parseQuery(hidden).toString()
    tables = sqlglot.parse_one(hidden, dialect="spark").find_all(exp.Table)
    assert {table.name for table in tables} == {"notes"}
    variable = "SELECT '${system:user.dir}'"
    assert "${" not in parser.parseQuery(variable).toString()
    assert "${" in sqlglot.parse_one(variable, dialect="spark").sql()


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE notes",
        "INSERT INTO notes VALUES ('a')",
        "WITH c AS (SELECT 1) INSERT INTO notes SELECT 'a'",
        "FROM notes INSERT INTO notes SELECT who",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "BEGIN SELECT 1; END",
        "SET spark.sql.ansi.enabled=false",
        "ADD JAR 'x.jar'",
        "CACHE TABLE notes",
        "EXPLAIN SELECT 1",
        "DESCRIBE notes",
        "CALL p()",
        "MERGE INTO notes USING notes n ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_6_parse_query_refuses_whatever_is_no_query(scratch: Any, sql: str) -> None:
    """Commands and scripts parse as plans and not as queries."""
    parser = scratch._jsparkSession.sessionState().sqlParser()
    parser.parsePlan(sql)
    with pytest.raises(PySparkException):
        parser.parseQuery(sql)


def test_6_a_clone_keeps_views_and_drops_variables(scratch: Any) -> None:
    """What the user can name is there, session variables are not, and its settings are its own."""
    scratch.sql("CREATE TEMP VIEW few AS SELECT 1 AS a")
    scratch.udf.register("shout", lambda text: text)
    scratch.sql("DECLARE VARIABLE secret STRING DEFAULT 'x'")
    clone = scratch._jsparkSession.cloneSession()
    assert clone.catalog().tableExists("few")
    assert clone.catalog().functionExists("shout")
    with pytest.raises(PySparkException, match="UNRESOLVED_COLUMN"):
        clone.sql("SELECT secret")
    clone.conf().set("spark.sql.variable.substitute", "false")
    plan = clone.sql("SELECT '${system:user.dir}' AS a").queryExecution().analyzed()
    assert "${" in plan.toString()
    assert scratch.conf.get("spark.sql.variable.substitute") == "true"


def test_6_a_clone_can_be_kept_from_files(scratch: Any, tmp_path: Path) -> None:
    """With runSQLOnFiles off a path is no table; with it on it is."""
    (tmp_path / "a.txt").write_text("line\n")
    sql = f"SELECT * FROM text.`{tmp_path}`"
    assert scratch.sql(sql).count() == 1
    clone = scratch._jsparkSession.cloneSession()
    clone.conf().set("spark.sql.runSQLOnFiles", "false")
    with pytest.raises(PySparkException, match="TABLE_OR_VIEW_NOT_FOUND"):
        clone.sql(sql)


def test_6_the_checked_plan_object_is_what_runs(scratch: Any) -> None:
    """A view that is replaced after the analysis changes nothing for its plan."""
    scratch.sql("CREATE TEMP VIEW few AS SELECT 1 AS a")
    analyzer = ClassicAnalyzer(scratch)
    analyzer.parse("SELECT a FROM few")
    _, plan = analyzer.analyze("SELECT a FROM few")
    scratch.sql("CREATE OR REPLACE TEMP VIEW few AS SELECT 2 AS a")
    assert analyzer.dataframe(plan, on_clone=True).collect() == [(1,)]


def test_6_restricted_mode_is_static(scratch: Any) -> None:
    """The switch that refuses reflect and TRANSFORM is there, and no statement can turn it off."""
    assert scratch.conf.get("spark.sql.restrictedMode.enabled") == "false"
    with pytest.raises(PySparkException):
        scratch.conf.set("spark.sql.restrictedMode.enabled", "true")
