"""The budget on real plans: bombs are stopped before they run, ordinary joins are not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.guard import check_sql
from streamlink_magic.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Shop

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def stocked(shop: Shop) -> Iterator[Shop]:
    """Yield the shop with some rows, and a table in four partitions."""
    spark = shop.spark
    for statement in (
        "CREATE TABLE stock USING parquet AS SELECT id, id % 7 AS kind FROM range(5000)",
        "CREATE TABLE parted (a INT, p INT) USING parquet PARTITIONED BY (p)",
        "INSERT INTO parted SELECT id, id % 4 FROM range(8)",
    ):
        spark.sql(statement)
    tables = (*(shop.policy.tables or ()), "shop.stock", "shop.parted")
    yield replace(shop, policy=replace(shop.policy, tables=tables))
    for name in ("stock", "parted"):
        spark.sql(f"DROP TABLE {name}")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM stock a, stock b, stock c",
        "SELECT count(*) FROM stock a JOIN stock b ON a.id < b.id JOIN stock c ON b.id < c.id",
        "WITH c AS (SELECT * FROM stock) SELECT * FROM c x CROSS JOIN c y CROSS JOIN c z",
        "SELECT a.id FROM stock a, stock b, stock c WHERE a.id = b.id OR b.kind = c.kind",
        "SELECT count(*) FROM stock a, LATERAL (SELECT * FROM stock b, stock c) t",
        "SELECT (SELECT count(*) FROM stock b, stock c, stock d) FROM stock a",
    ],
)
def test_all_with_all_is_over_the_budget(stocked: Shop, sql: str) -> None:
    """A product of tables is refused before it runs, wherever in the statement it stands."""
    before = stocked.picture()
    verdict = check_sql(sql, session=stocked.spark, policy=stocked.policy)
    assert (verdict.allowed, verdict.rule) == (False, "budget")
    assert "row" in verdict.why
    assert stocked.picture() == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM stock a JOIN stock b USING (id) JOIN stock c USING (id)",
        "SELECT count(*) FROM stock a, stock b, stock c WHERE a.id = c.id AND c.id = b.id",
        "SELECT count(*) FROM stock a, stock b, stock c WHERE b.id = c.id AND a.id + 1 = c.kind",
        """SELECT a.id FROM stock a, stock b, stock c
           WHERE (a.id = b.id AND b.id = c.id AND a.kind = 1)
              OR (a.id = b.id AND b.id = c.id AND a.kind = 2)""",
        "WITH c AS (SELECT id AS n FROM stock) SELECT * FROM c x JOIN c y ON x.n = y.n",
        "SELECT * FROM stock a, towns b LIMIT 10",
    ],
)
def test_joins_on_keys_keep_the_budget(stocked: Shop, sql: str) -> None:
    """Keys may stand in ON, USING or WHERE, in any order and in each arm of an OR."""
    assert stocked.rule(sql) == "ok"


def test_partitions_count_after_pruning(stocked: Shop) -> None:
    """A filter on the partition's column brings a query within the budget; no job is started."""
    before = stocked.picture()
    policy = replace(stocked.policy, max_scan_partitions=2)
    sql = "SELECT sum(a) FROM parted"
    refused = check_sql(sql, session=stocked.spark, policy=policy)
    assert (refused.rule, "4 partitions" in refused.why) == ("budget", True)
    assert check_sql(f"{sql} WHERE p = 3", session=stocked.spark, policy=policy).allowed
    assert stocked.picture() == before


def test_bytes_are_those_of_the_tables(stocked: Shop) -> None:
    """What Spark knows of a table's size is held against the limit."""
    policy = replace(stocked.policy, max_scan_bytes=1000)
    verdict = check_sql("SELECT id FROM stock", session=stocked.spark, policy=policy)
    assert (verdict.rule, "bytes" in verdict.why) == ("budget", True)


def test_a_lasting_clone_notices_what_changes(shop: Shop) -> None:
    """Checks may share a clone; a new view or setting makes them take a fresh one."""
    analyzer = ClassicAnalyzer(shop.spark, lasting_s=600)
    analyzer.parse("SELECT 1")
    first = analyzer._clone
    analyzer.parse("SELECT 2")
    assert analyzer._clone is first
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW passing AS SELECT 1 AS one")
    analyzer.parse("SELECT 1")
    second = analyzer._clone
    assert second is not first
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW passing AS SELECT 2 AS one")
    analyzer.parse("SELECT 1")
    assert analyzer._clone is not second
    shop.spark.catalog.dropTempView("passing")


def test_a_view_that_may_be_read_opens_no_table_of_its_name(shop: Shop) -> None:
    """A DataFrame variable called like a closed table does not open that table."""
    policy = Policy(tables=("shop.towns",), views=("sales",))
    assert check_sql("SELECT * FROM sales", session=shop.spark, policy=policy).rule == "table"
    shop.spark.sql("CREATE OR REPLACE TEMP VIEW sales AS SELECT 1 AS one")
    try:
        assert check_sql("SELECT * FROM sales", session=shop.spark, policy=policy).allowed
        refused = check_sql("SELECT * FROM shop.sales", session=shop.spark, policy=policy)
        assert refused.rule == "table"
    finally:
        shop.spark.catalog.dropTempView("sales")
