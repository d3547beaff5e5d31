"""SHOW, DESCRIBE and EXPLAIN are answered from the catalog: never run, never telling too much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.errors import GuardError
from streamlink_magic.guard import check_sql
from streamlink_magic.policy import Policy
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from conftest import Shop

    from streamlink_magic.records import QueryResult

pytestmark = pytest.mark.spark


def answered(shop: Shop, sql: str, policy: Policy | None = None) -> QueryResult:
    """Return what a question comes to, through the same seams as a query."""
    bench = open_workbench(shop.spark)
    query = guard_sql(sql, bench, policy or shop.policy)
    assert query.verdict.rule == "catalog-answer"
    return bench.run(query, row_limit=100, timeout_s=60, progress=lambda *_: None)


def test_tables_that_are_closed_are_not_named(shop: Shop) -> None:
    """Lists hold what the policy opens, with Spark's own column names."""
    result = answered(shop, "SHOW TABLES")
    assert [column.name for column in result.columns] == ["namespace", "tableName", "isTemporary"]
    names = {str(row[1]) for row in result.rows}
    assert {"sales", "towns", "recent", "north, south"} <= names
    assert "pay" not in names
    assert [row[0] for row in answered(shop, "SHOW DATABASES").rows] == ["shop"]
    assert [row[1] for row in answered(shop, "SHOW VIEWS LIKE 'open*'").rows] == ["open_view"]


def test_a_table_is_described_without_its_closed_columns(shop: Shop) -> None:
    """Names and types of open columns; nothing of where the table lies and whose it is."""
    assert answered(shop, "DESC shop.towns").rows == (
        ("town", "string", ""),
        ("land", "string", ""),
    )
    policy = replace(shop.policy, denied_columns=("towns.land",))
    assert answered(shop, "SHOW COLUMNS IN towns", policy).rows == (("town",),)
    assert answered(shop, "DESCRIBE `north, south`").rows == (("x", "int", ""),)


def test_queries_are_guarded_before_they_are_described(shop: Shop) -> None:
    """EXPLAIN tells of an allowed query alone, and of a view no more than its name."""
    lines = [str(row[0]) for row in answered(shop, "EXPLAIN SELECT town FROM open_view").rows]
    assert lines == ["Project town", "  As open_view", "    View shop.open_view"]
    described = answered(shop, "DESCRIBE QUERY SELECT price * 2 AS twice FROM sales")
    assert described.rows == (("twice", "double", ""),)
    for sql in (
        "EXPLAIN SELECT who FROM vault.pay",
        "EXPLAIN EXTENDED SELECT reflect('a', 'b')",
        "DESCRIBE QUERY SELECT peek()",
        "EXPLAIN DROP TABLE sales",
        "EXPLAIN EXECUTE IMMEDIATE 'DROP TABLE sales'",
        "DESCRIBE vault.pay",
        "DESCRIBE FUNCTION peek",
        "DESCRIBE DATABASE vault",
        "SHOW TABLES IN vault",
    ):
        assert not check_sql(sql, session=shop.spark, policy=shop.policy).allowed


def test_functions_of_spark_are_described_and_no_others(shop: Shop) -> None:
    """The usage is Spark's own, also where the session has a function of that name."""
    rows = answered(shop, "DESCRIBE FUNCTION upper").rows
    assert rows[0] == ("Function: upper",)
    assert "uppercase" in str(rows[1])
    assert answered(shop, "SHOW FUNCTIONS LIKE 'uppe*'").rows == (("upper",),)


def test_asking_changes_nothing_and_runs_nothing(shop: Shop) -> None:
    """No job, file, table or setting is different after every kind of question."""
    before = shop.picture()
    for sql in (
        "SHOW TABLES", "SHOW SCHEMAS", "SHOW VIEWS", "DESCRIBE sales", "SHOW COLUMNS IN sales",
        "EXPLAIN SELECT * FROM sales", "DESCRIBE DATABASE shop", "DESCRIBE FUNCTION explode",
    ):  # fmt: skip
        assert check_sql(sql, session=shop.spark, policy=shop.policy).rule == "catalog-answer"
    assert shop.picture() == before


def test_an_answer_is_a_dataframe_too(shop: Shop) -> None:
    """What is bound to a name is a DataFrame over the same rows."""
    bench = open_workbench(shop.spark)
    query = guard_sql("DESCRIBE towns", bench, shop.policy)
    frame = bench.dataframe(query)
    assert [row.col_name for row in frame.collect()] == ["town", "land"]  # type: ignore[attr-defined]


def test_a_database_that_is_not_there_is_named(shop: Shop) -> None:
    """An open name without a database behind it is a mistake, not an attack."""
    policy = Policy(tables=("nowhere.*",))
    with pytest.raises(GuardError, match="nowhere"):
        guard_sql("SHOW TABLES IN nowhere", ClassicAnalyzer(shop.spark), policy)
