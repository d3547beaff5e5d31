"""Where files may lie: a table outside the folders that the policy opens is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.guard import check_sql
from streamlink_magic.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def data(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder with an open and a closed half, and tables over both."""
    data = tmp_path_factory.mktemp("data")
    for name in ("open/inside", "opened_too", "closed"):
        spark.range(3).write.parquet(str(data / name))
    spark.range(4).selectExpr("id", "id % 2 AS part").write.partitionBy("part").parquet(
        str(data / "open" / "parted")
    )
    for statement in (
        "CREATE DATABASE places",
        "USE places",
        f"CREATE TABLE inside USING parquet LOCATION '{data}/open/inside'",
        f"CREATE TABLE beside USING parquet LOCATION '{data}/opened_too'",
        f"CREATE TABLE closed USING parquet LOCATION '{data}/closed'",
        f"CREATE TABLE around USING parquet LOCATION '{data}/open/../closed'",
        (
            "CREATE TABLE parted (id BIGINT, part BIGINT) USING parquet PARTITIONED BY (part) "
            f"LOCATION '{data}/open/parted'"
        ),
        "MSCK REPAIR TABLE parted",
        "CREATE VIEW through AS SELECT * FROM closed",
        "CREATE VIEW fine AS SELECT * FROM inside",
        f"CREATE TEMP VIEW reading USING parquet OPTIONS (path '{data}/closed')",
    ):
        spark.sql(statement)
    spark.read.parquet(str(data / "closed")).createOrReplaceTempView("framed")
    yield data
    spark.sql("USE default")
    spark.sql("DROP DATABASE places CASCADE")
    spark.catalog.dropTempView("reading")
    spark.catalog.dropTempView("framed")


def rule(spark: SparkSession, sql: str, *paths: str) -> str:
    return check_sql(sql, session=spark, policy=Policy(paths=paths)).rule


@pytest.mark.parametrize("table", ["inside", "fine", "parted"])
@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "{}/", "{}/../open"])
def test_what_lies_inside_is_open(spark: SparkSession, data: Path, table: str, form: str) -> None:
    """However the folder is written, and through a view."""
    assert rule(spark, f"SELECT * FROM {table}", form.format(data / "open")) == "ok"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM closed",
        "SELECT * FROM around",
        "SELECT * FROM beside",
        "SELECT * FROM through",
        "SELECT * FROM reading",
        "SELECT * FROM framed",
        "SELECT * FROM inside WHERE id IN (SELECT id FROM closed)",
        "WITH c AS (SELECT * FROM closed) SELECT * FROM inside",
        "SELECT (SELECT max(id) FROM closed) FROM inside",
        "SELECT * FROM inside i, LATERAL (SELECT * FROM closed c WHERE c.id = i.id)",
    ],
)
def test_what_lies_outside_is_refused(spark: SparkSession, data: Path, sql: str) -> None:
    """A longer name, dots, a view, a variable, a subquery: the folder counts, not the name."""
    assert rule(spark, sql, f"{data}/open") == "path"
    assert rule(spark, sql, f"{data}") == "ok"


def test_a_partition_that_lies_elsewhere_is_seen(spark: SparkSession, data: Path) -> None:
    """A table's own folder says nothing of where its partitions are."""
    spark.sql(f"ALTER TABLE parted ADD PARTITION (part = 9) LOCATION '{data}/closed'")
    try:
        assert rule(spark, "SELECT * FROM parted", f"{data}/open") == "path"
    finally:
        spark.sql("ALTER TABLE parted DROP PARTITION (part = 9)")


def test_every_policy_must_open_the_folder(spark: SparkSession, data: Path) -> None:
    """A ceiling bounds a policy that says nothing of folders, and one that opens more."""
    ceiling = Policy(paths=(f"{data}/open",))
    for mine in (Policy(), Policy(paths=(str(data),))):
        policy = mine.tightened_by(ceiling)
        told = check_sql("SELECT * FROM closed", session=spark, policy=policy)
        assert told.rule == "path"
        assert "closed" in told.why
        assert check_sql("SELECT * FROM inside", session=spark, policy=policy).allowed


def test_no_folder_opens_no_file(spark: SparkSession, data: Path) -> None:
    """An empty list is a list; rows that are in no file stay readable."""
    assert rule(spark, "SELECT * FROM inside") == "path"
    assert rule(spark, "SELECT id FROM range(3)") == "ok"
    assert rule(spark, "SELECT * FROM inside", f"s3a://bucket{data}") == "path"
