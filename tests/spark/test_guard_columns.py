"""Single columns that a policy closes stay closed, whichever way a query reaches for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.guard import check_sql
from streamlink_magic.policy import Policy

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.spark

REACHING = [
    "SELECT * FROM sales",
    "TABLE sales",
    "SELECT town FROM sales WHERE price > 3",
    "SELECT town FROM sales ORDER BY price",
    "SELECT max(price) OVER (PARTITION BY town) FROM sales",
    "SELECT row_number() OVER (ORDER BY price) FROM sales",
    "SELECT struct(s.*) FROM sales s",
    "SELECT price AS p, p + 1 AS q FROM sales",
    "SELECT * FROM open_view",
    "SELECT price FROM recent",
    "WITH c AS (SELECT * FROM sales) SELECT a.id, b.price FROM c a JOIN c b ON a.id = b.id",
    "SELECT land FROM towns UNION ALL SELECT CAST(price AS STRING) FROM sales",
    "SELECT town FROM (SELECT town, price FROM sales EXCEPT SELECT town, 1 FROM towns)",
    "SELECT price, count(*) FROM sales GROUP BY ROLLUP (price)",
    "SELECT count(*) FROM sales GROUP BY CUBE (price * 2, town)",
    "SELECT v FROM sales UNPIVOT (v FOR k IN (price))",
    "SELECT t.x FROM sales s, LATERAL (SELECT s.price AS x) t",
    "SELECT land FROM towns WHERE EXISTS (SELECT 1 FROM sales WHERE price > 1)",
    "SELECT land FROM towns t WHERE t.town IN (SELECT town FROM sales WHERE price > 1)",
    "SELECT (SELECT max(price) FROM sales) AS top",
    "SELECT transform(array(price), x -> x) FROM sales",
    "SELECT count(CASE WHEN price > 3 THEN 1 END) FROM sales",
    "SELECT count(twice) FROM (SELECT price * 2 AS twice FROM sales)",
    "SELECT count(price) FILTER (WHERE price > 3) FROM sales",
    "SELECT town FROM sales GROUP BY town HAVING sum(price) > 1",
]
LEAVING_OUT = [
    "SELECT id, town FROM sales",
    "SELECT * EXCEPT (price) FROM sales",
    "SELECT count(*) FROM sales",
    "SELECT town FROM open_view",
    "SELECT DISTINCT town FROM recent",
    "WITH c AS (SELECT * FROM sales) SELECT a.id, b.town FROM c a JOIN c b ON a.id = b.id",
    "SELECT town, count(id) FROM sales GROUP BY ROLLUP (town)",
    "SELECT land FROM towns t WHERE EXISTS (SELECT * FROM sales s WHERE s.town = t.town)",
    "SELECT tag FROM sales LATERAL VIEW explode(tags) t AS tag",
]
COUNTING = [
    "SELECT count(price), count(DISTINCT price) FROM sales",
    "SELECT town, count(price) FROM open_view GROUP BY town",
    "SELECT count(p) FROM (SELECT price AS p FROM sales)",
]


@pytest.mark.parametrize("sql", REACHING)
def test_a_closed_column_is_reached_in_no_way(shop: Shop, sql: str) -> None:
    """Denied or masked, through stars, views, named queries and subqueries: it is refused."""
    assert shop.rule(sql) == "ok"
    for rules in ({"denied_columns": ("sales.price",)}, {"masked_columns": ("PRICE",)}):
        verdict = check_sql(sql, session=shop.spark, policy=replace(shop.policy, **rules))
        assert (verdict.allowed, verdict.rule, verdict.clause.lower()) == (False, "column", "price")


@pytest.mark.parametrize("sql", LEAVING_OUT)
def test_other_columns_of_the_table_stay_open(shop: Shop, sql: str) -> None:
    """A query that leaves the closed column alone runs, though the table has it."""
    policy = replace(shop.policy, denied_columns=("shop.sales.price",))
    assert check_sql(sql, session=shop.spark, policy=policy).rule == "ok"
    policy = replace(shop.policy, masked_columns=("spark_catalog.shop.*.price",))
    assert check_sql(sql, session=shop.spark, policy=policy).rule == "ok"


@pytest.mark.parametrize("sql", COUNTING)
def test_a_masked_column_may_be_counted_and_a_denied_one_not(shop: Shop, sql: str) -> None:
    """Counting tells nothing of single values; a denied column is not even counted."""
    masked = replace(shop.policy, masked_columns=("sales.price",))
    denied = replace(shop.policy, denied_columns=("sales.price",))
    assert check_sql(sql, session=shop.spark, policy=masked).allowed
    assert check_sql(sql, session=shop.spark, policy=denied).rule == "column"


def test_a_table_named_in_columns_opens_only_those(shop: Shop) -> None:
    """Columns that are listed open; the others of that table close; other tables stay whole."""
    policy = replace(shop.policy, columns=("sales.town", "shop.sales.id"))
    assert check_sql("SELECT id, town FROM sales", session=shop.spark, policy=policy).allowed
    assert check_sql("SELECT * FROM towns", session=shop.spark, policy=policy).allowed
    assert check_sql("SELECT day FROM sales", session=shop.spark, policy=policy).clause == "day"


def test_a_dataframe_variable_does_not_open_a_closed_column(shop: Shop) -> None:
    """The rule follows a temporary view that was made of a DataFrame."""
    shop.spark.table("shop.sales").createOrReplaceTempView("of_frame")
    try:
        policy = Policy(denied_columns=("sales.price",))
        assert check_sql("SELECT id FROM of_frame", session=shop.spark, policy=policy).allowed
        refused = check_sql("SELECT price FROM of_frame", session=shop.spark, policy=policy)
        assert refused.rule == "column"
    finally:
        shop.spark.catalog.dropTempView("of_frame")


def test_a_ceiling_holds_whatever_the_policy_says(shop: Shop) -> None:
    """Tables and columns that a ceiling closes are closed, also where a list opens them."""
    wide = replace(shop.policy, tables=("shop.*", "vault.*", "open_view"))
    policy = wide.tightened_by(Policy(tables=("shop.*",), denied_columns=("price",)))
    assert check_sql("SELECT wage FROM vault.pay", session=shop.spark, policy=wide).allowed
    assert (
        check_sql("SELECT wage FROM vault.pay", session=shop.spark, policy=policy).rule == "table"
    )
    assert check_sql("SELECT price FROM sales", session=shop.spark, policy=policy).rule == "column"
    assert check_sql("SELECT town FROM sales", session=shop.spark, policy=policy).allowed


@pytest.mark.parametrize(
    ("rules", "sql", "rule"),
    [
        ({"denied_tables": ("towns",)}, "SELECT * FROM towns", "table"),
        ({"denied_tables": ("shop.*",)}, "SELECT town FROM open_view", "table"),
        ({"denied_functions": ("upper",)}, "SELECT upper(town) FROM sales", "function"),
        ({"denied_functions": ("upper",)}, "SELECT ucase(town) FROM sales", "function"),
        (
            {"denied_functions": ("substring",)},
            "SELECT substring(town FROM 2) FROM sales",
            "function",
        ),
        ({"hints": ("BROADCAST",)}, "SELECT /*+ REPARTITION(3) */ * FROM sales", "hint"),
    ],
)
def test_what_a_policy_closes_is_refused(
    shop: Shop, rules: dict[str, tuple[str, ...]], sql: str, rule: str
) -> None:
    """Tables, functions and hints that are open by default can be closed."""
    assert shop.rule(sql) == "ok"
    assert check_sql(sql, session=shop.spark, policy=replace(shop.policy, **rules)).rule == rule
