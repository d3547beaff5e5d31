"""``%%explain`` on real Spark: what its analyser and its estimates add to the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.disclosure import see_catalog
from streamlink_magic.explaining import explain_statement
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.steps.repair import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Shop

pytestmark = pytest.mark.spark

OPEN = Policy(tables=("shop.*", "recent"))


@pytest.fixture(scope="module")
def told(shop: Shop) -> Iterator[Callable[[str], str]]:
    """Yield what explains a statement on the shop, as one text."""
    spark = shop.spark
    spark.sql("CREATE TABLE parted (a INT, p INT) USING parquet PARTITIONED BY (p)")
    spark.sql("INSERT INTO parted SELECT id, id % 4 FROM range(8)")
    workbench, cache = open_workbench(spark), CatalogCache()
    settings = Settings(policy=OPEN)
    tables = cache.snapshot(see_catalog(workbench, OPEN, cache), deadline_s=60, age_s=60).tables

    def explain(sql: str) -> str:
        listing = explain_statement(sql, Known(tables), workbench, settings)
        return "\n".join(f"{name}: {text}" for name, text in listing.rows)

    yield explain
    spark.sql("DROP TABLE parted")


def test_partitions_that_no_condition_leaves_out_are_told(told: Callable[[str], str]) -> None:
    """Spark's own pruning is asked, not guessed."""
    assert "Reads all 4 partitions" in told("SELECT a FROM parted WHERE a > 1")
    assert "Reads 1 of 4 partitions." in told("SELECT a FROM parted WHERE p = 3")


def test_a_wrong_column_comes_with_the_nearest_and_what_would_work(
    told: Callable[[str], str],
) -> None:
    """Spark's complaint, its proposal, and the statement mended from the catalog."""
    text = told("SELECT max(prices) FROM sales")
    assert "does not work: [UNRESOLVED_COLUMN" in text
    assert "The nearest there is: price" in text
    assert "This would work: SELECT MAX(price)" in text


def test_a_wrong_table_comes_with_the_nearest(told: Callable[[str], str]) -> None:
    """Names of tables are mended as well."""
    text = told("SELECT count(*) FROM salez")
    assert "TABLE_OR_VIEW_NOT_FOUND" in text
    assert "The nearest there is: sales" in text


def test_a_view_is_told_by_its_own_name(told: Callable[[str], str]) -> None:
    """What lies behind it may be nobody's to know."""
    text = told("SELECT town FROM open_view")
    assert "what it reads: shop.open_view: town" in text
    assert "shop.sales" not in text


def test_what_ask_would_refuse_is_said(told: Callable[[str], str]) -> None:
    """The words are there all the same."""
    text = told("SELECT wage FROM vault.pay")
    assert "what it does: Reads vault.pay." in text
    assert "%ask: %ask would not run it, by rule table" in text


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE sales",
        "INSERT INTO sales SELECT * FROM sales",
        "CREATE TABLE other AS SELECT 1 AS x",
        "SELECT count(*) FROM sales a, sales b",
        "SET spark.sql.ansi.enabled = false",
        "SELECT java_method('java.lang.System', 'exit', 1)",
    ],
)
def test_nothing_is_run_and_nothing_changes(
    shop: Shop, told: Callable[[str], str], sql: str
) -> None:
    """No job, no table, no setting, whatever the statement is."""
    before = shop.picture()
    assert told(sql).startswith("what it does: ")
    assert shop.picture() == before
