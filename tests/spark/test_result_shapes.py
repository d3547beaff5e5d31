"""Results of every shape, as Spark really gives them, in every form of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.drafting import Written
from streamlink_magic.pipeline import run_query
from streamlink_magic.records import (
    AnswerView,
    Completion,
    Prompt,
    Question,
    SqlDraft,
)
from streamlink_magic.settings import Settings
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.render import mimebundle, render_markdown
from streamlink_magic.viewing import view_written

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

SHAPES = {
    "nested": (
        (
            "SELECT named_struct('city', 'Åre', 'tags', array('a', NULL)) s, map('k', 1) m, "
            "array(named_struct('x', 1)) a, X'00FF' b, CAST(NULL AS STRING) n"
        ),
        ['{"city": "Åre", "tags": ["a", null]}', '{"k": 1}', '[{"x": 1}]', "0x00ff"],
        "",
    ),
    "numbers": (
        (
            "SELECT * FROM VALUES (double('NaN'), 1.50BD, 9007199254740993L), "
            "(double('-Infinity'), 2.25BD, 1L) t(f, d, l)"
        ),
        ["NaN", "-Infinity", "1.50", "9007199254740993"],
        "",
    ),
    "times": (
        (
            "SELECT timestamp_ltz'2013-07-01 12:00:00+05:00' AS ltz, date'2013-01-02' AS d, "
            "timestamp_ntz'2013-01-02 03:04:05' AS ntz, interval 1 day AS i"
        ),
        ["2013-01-02 03:04:05", "2013-01-02"],
        "",
    ),
    "names": ("SELECT 1 AS a, 2 AS a, 3 AS `a.b``c`", ["a.b`c"], ""),
    "scripts": ("SELECT 'مرحبا' AS `שם`, '全日空' AS `数量`", ["مرحبا", "全日空"], ""),
    "nothing": ("SELECT 1 AS n WHERE false", ["No row came back"], ""),
    "one": ("SELECT 42 AS n", ["42"], "figure"),
    "bars": ("SELECT * FROM VALUES ('a', 3), ('b', 2) t(kind, n)", ["a"], "bar"),
    "line": (
        "SELECT date_add(date'2013-01-01', CAST(id AS INT)) AS day, id * 2 AS n FROM range(9)",
        ["2013-01-09"],
        "line",
    ),
    "decimals": (
        (
            "SELECT make_date(2013, CAST(id AS INT) + 1, 1) AS m, CAST(id AS DECIMAL(20, 2)) AS n "
            "FROM range(5)"
        ),
        ["4.00"],
        "line",
    ),
}


def answered(spark: SparkSession, sql: str) -> AnswerView:
    """Return the view of a statement that the guard passed and Spark ran."""
    workbench, settings = open_workbench(spark, ()), Settings()
    query = guard_sql(sql, workbench, settings.policy)
    draft = SqlDraft(sql, Completion(sql, "by hand"))
    written = Written(draft, Prompt((), 0, ()), query.verdict, query, 1)
    view = view_written(Question("What is there?"), written)
    return run_query(view, query, workbench, settings, lambda *_: None)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_in_every_form(spark: SparkSession, shape: str) -> None:
    """Spark's own values are told the same in text, HTML and Markdown; charts where they fit."""
    sql, told, chart = SHAPES[shape]
    view = answered(spark, sql)
    assert (view.chart.kind if view.chart else "") == chart
    bundle = mimebundle(view)
    assert render_markdown(view)
    for text in told:
        assert text in bundle["text/plain"]
        assert text.replace('"', "&quot;") in bundle["text/html"]


def test_two_hundred_columns_and_a_megabyte(spark: SparkSession) -> None:
    """Wide rows and long texts stay within bounds, and what is missing is said."""
    columns = ", ".join(f"id + {index} AS c{index}" for index in range(200))
    html = mimebundle(answered(spark, f"SELECT {columns} FROM range(3)"))["text/html"]
    assert html.count("<th ") == 200
    long = mimebundle(answered(spark, "SELECT repeat('x', 1000000) AS t"))
    assert "(+999,800 characters)" in long["text/html"]
    assert len(long["text/html"]) < 20_000


def test_the_plan_in_words(spark: SparkSession) -> None:
    """What is read and how much, how tables join and what makes rows travel; nothing is run."""
    spark.range(1000).selectExpr("id", "id % 7 AS kind").write.saveAsTable("wide_t")
    spark.createDataFrame([(1, "a")], "kind int, name string").createOrReplaceTempView("kinds_v")
    try:
        workbench = open_workbench(spark, ())
        sql = (
            "SELECT k.name, count(*) AS n FROM wide_t w JOIN kinds_v k ON w.kind = k.kind "
            "GROUP BY k.name ORDER BY n DESC"
        )
        plan = guard_sql(sql, workbench, Settings().policy).verdict.plan
        assert plan[0].startswith("Reads default.wide_t: about ")
        assert plan[1] == "Reads the view kinds_v; Spark has no size noted for it."
        assert plan[2] == "Joins on w.kind = k.kind, only rows with a match."
        assert plan[3] == "Rows may travel between tasks for 1 sort, 1 grouping, 1 join."
        alone = guard_sql("SELECT a.id FROM wide_t a, wide_t b", workbench, Settings().policy)
        assert "Joins without a key: every pair of rows is looked at." in alone.verdict.plan
        assert "a rough guess" in alone.verdict.plan[-1]
    finally:
        spark.sql("DROP TABLE wide_t")
        spark.catalog.dropTempView("kinds_v")
