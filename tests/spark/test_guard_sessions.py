"""The guard and the session: views, functions, DataFrames, errors, files of statements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.errors import InvalidSqlError, StreamlinkError, UnsafeSqlError
from streamlink_magic.guard import check_sql, guard_file
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

pytestmark = pytest.mark.spark


def test_a_view_is_looked_into(shop: Shop) -> None:
    """A view that may be named but reads a forbidden table is refused, and the table is named."""
    verdict = check_sql("SELECT * FROM leaky_view", session=shop.spark, policy=shop.policy)
    assert verdict.rule == "table"
    assert "vault.pay" in verdict.why


def test_a_udf_passes_only_where_the_policy_lists_it(shop: Shop) -> None:
    """User-defined functions are off, also inside a SQL view, until the policy names them."""
    sql = "SELECT shout(town) FROM sales"
    listed = Policy(tables=shop.policy.tables, udfs=("shout",))
    assert check_sql(sql, session=shop.spark, policy=listed).allowed
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW loud AS SELECT shout(town) AS t FROM sales")
    try:
        assert check_sql("SELECT * FROM loud", session=shop.spark).rule == "udf"
    finally:
        shop.spark.catalog.dropTempView("loud")


def test_a_function_named_like_one_of_spark_is_never_called(shop: Shop) -> None:
    """A user's function under the name of Spark's own does not run in its place."""
    shop.spark.udf.register("soundex", lambda _: "mine")
    try:
        analyzer = ClassicAnalyzer(shop.spark)
        query = guard_sql("SELECT soundex('Robert') AS code", analyzer, shop.policy)
        assert analyzer.dataframe(query.plan, on_clone=False).collect()[0].code == "R163"
    finally:
        shop.spark.sql("DROP TEMPORARY FUNCTION soundex")


def test_dataframe_variables_are_readable_on_the_clone_alone(shop: Shop) -> None:
    """A DataFrame of the notebook can be asked about and leaves no view behind."""
    before = shop.picture()
    analyzer = ClassicAnalyzer(shop.spark)
    frame = shop.spark.createDataFrame([(1, "a"), (2, "b")], ["n", "letter"])
    analyzer.add_view("my frame", frame)
    analyzer.add_view("from_disk", shop.spark.read.text(str(shop.files)))
    query = guard_sql("SELECT max(n) AS top FROM `my frame`", analyzer, Policy())
    assert query.verdict.tables == ("my frame",)
    assert guard_sql("SELECT * FROM from_disk", analyzer, Policy()).verdict.allowed
    assert shop.picture() == before
    assert not shop.spark.catalog.tableExists("from_disk")
    assert analyzer.dataframe(query.plan, on_clone=False).collect()[0].top == 2


def test_what_was_checked_is_what_runs(shop: Shop) -> None:
    """A view that is replaced after the check does not change the query."""
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW shifty AS SELECT 'before' AS word")
    analyzer = ClassicAnalyzer(shop.spark)
    query = guard_sql("SELECT word FROM shifty", analyzer, Policy())
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW shifty AS SELECT who AS word FROM vault.pay")
    try:
        for on_clone in (True, False):
            rows = analyzer.dataframe(query.plan, on_clone=on_clone).collect()
            assert [row.word for row in rows] == ["before"]
    finally:
        shop.spark.catalog.dropTempView("shifty")


def test_views_made_after_the_analyzer_are_seen(shop: Shop) -> None:
    """One analyser serves a whole notebook: each statement sees the session as it is now."""
    analyzer = ClassicAnalyzer(shop.spark)
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW late AS SELECT 1 AS one")
    try:
        assert guard_sql("SELECT one FROM late", analyzer, Policy()).verdict.allowed
    finally:
        shop.spark.catalog.dropTempView("late")


# ---------------------------------------------------------------- messages and trees


def test_an_unknown_column_comes_with_what_a_repair_needs(shop: Shop) -> None:
    """Spark's condition, parameters and suggestion are on the error."""
    with pytest.raises(InvalidSqlError) as caught:
        guard_sql("SELECT towm FROM sales", ClassicAnalyzer(shop.spark), shop.policy)
    assert caught.value.verdict.rule == "unknown-column"
    assert caught.value.verdict.clause == "towm"
    assert caught.value.condition.startswith("UNRESOLVED_COLUMN")
    assert "`town`" in caught.value.parameters["proposal"]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT * FROM salez", "unknown-table"),
        ("SELECT town, price FROM sales GROUP BY town", "grouping"),
        ("SELECT sum(tags) FROM sales", "type"),
        ("SELECT town FROM sales s JOIN towns t ON s.town = t.town", "ambiguous-column"),
        ("SELECT 列 FROM sales", "unquoted-name"),
        ("SELECT (1", "syntax"),
    ],
)
def test_mistakes_are_told_from_attacks(shop: Shop, sql: str, rule: str) -> None:
    """What Spark cannot resolve is invalid, not unsafe, and says what kind of mistake it is."""
    with pytest.raises(InvalidSqlError) as caught:
        guard_sql(sql, ClassicAnalyzer(shop.spark), Policy())
    assert caught.value.verdict.rule == rule


def test_a_refusal_shows_the_clause_as_it_was_written(shop: Shop) -> None:
    """The clause is the user's own text."""
    with pytest.raises(UnsafeSqlError) as caught:
        guard_sql(
            "SELECT town, Reflect('a', f(1)) FROM sales", ClassicAnalyzer(shop.spark), shop.policy
        )
    assert caught.value.verdict.clause == "Reflect('a', f(1))"


# ---------------------------------------------------------------- files of statements


def test_guard_file_writes_a_verdict_for_each_line(shop: Shop, tmp_path: Path) -> None:
    """Each line is checked under its own database, and the session's stays as it was."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [
        {"id": "a", "sql": "SELECT * FROM sales", "db": "shop"},
        {"id": "b", "sql": "SELECT * FROM pay", "db": "vault"},
        {"id": "c", "sql": "DROP TABLE sales"},
    ]
    source.write_text("\n".join(json.dumps(line) for line in lines))
    before = shop.picture()
    guard_file(source, out, session=shop.spark, policy=shop.policy)
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(each["id"], each["verdict"], each["rule"]) for each in verdicts] == [
        ("a", "allow", "ok"),
        ("b", "refuse", "table"),
        ("c", "refuse", "not-a-query"),
    ]
    assert shop.picture() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_guard_file_names_a_malformed_line_and_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    """A bad line stops the job before anything is written."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "sql": "SELECT 1"}\n{"id": 2}\n')
    with pytest.raises(StreamlinkError, match="line 2"):
        guard_file(source, out, session=shop.spark)
    assert not out.exists()


def test_a_database_beside_the_current_one_is_closed_until_the_policy_opens_it(shop: Shop) -> None:
    """Without a list of tables only the current database and those named are open."""
    sql = "SELECT who FROM vault.pay"
    assert check_sql(sql, session=shop.spark).rule == "table"
    assert check_sql(sql, session=shop.spark, policy=Policy(databases=("VAULT",))).allowed
    assert check_sql(sql, session=shop.spark, policy=Policy(databases=("val",))).rule == "table"


def test_spark_prints_nothing_about_a_statement_that_does_not_resolve(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    """The verdict tells it; a JSON record with the Java stack would only bury the answer."""
    capfd.readouterr()
    assert not check_sql("SELECT no_such_column FROM sales", session=shop.spark).allowed
    assert "no_such_column" not in "".join(capfd.readouterr())
