"""One real SparkSession for all tests of this folder, and a little shop to ask about."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.guard import check_sql
from streamlink_magic.settings import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession


SHOP_STATEMENTS = (
    "CREATE DATABASE shop",
    "CREATE DATABASE vault",
    "USE shop",
    """CREATE TABLE sales (
        id BIGINT, town STRING, price DOUBLE, day DATE, tags ARRAY<STRING>
    ) USING parquet""",
    "CREATE TABLE towns (town STRING, land STRING) USING parquet",
    "CREATE TABLE vault.pay (who STRING, wage INT) USING parquet",
    "CREATE VIEW open_view AS SELECT town, price FROM sales",
    "CREATE VIEW leaky_view AS SELECT wage FROM vault.pay",
    "CREATE OR REPLACE TEMP VIEW recent AS SELECT * FROM sales WHERE day > DATE'2024-01-01'",
    "CREATE OR REPLACE GLOBAL TEMP VIEW everywhere AS SELECT * FROM vault.pay",
    "CREATE OR REPLACE TEMP VIEW `odd name.of ``it``` AS SELECT 1 AS `a b`, 2 AS `select`",
    "CREATE OR REPLACE TEMP VIEW `north, south` AS SELECT 1 AS x",
    "CREATE OR REPLACE TEMP VIEW `销售` AS SELECT 1 AS `金额`",
    "CREATE FUNCTION plus_one(x INT) RETURNS INT RETURN x + 1",
    "CREATE FUNCTION peek() RETURNS INT RETURN (SELECT max(wage) FROM vault.pay)",
)
SHOP_READABLE = (
    "shop.sales",
    "shop.towns",
    "shop.open_view",
    "shop.leaky_view",
    "recent",
    "`odd name.of ``it```",
    "`north, south`",
    "`销售`",
)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Yield a small local session with an in-memory catalog and a warehouse of its own."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    warehouse = tmp_path_factory.mktemp("warehouse")
    session = (
        SparkSession.builder.master("local[2]")
        .appName("streamlink-tests")
        .config("spark.driver.memory", "1g")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(warehouse))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@dataclass(frozen=True)
class Shop:
    """A little database: what may be read is in ``policy``, ``vault.pay`` may not."""

    spark: SparkSession
    policy: Policy
    files: Path

    def rule(self, sql: str) -> str:
        """Return the rule that decides on a statement."""
        return check_sql(sql, session=self.spark, policy=self.policy).rule

    def picture(self) -> tuple[object, ...]:
        """Return everything a check could change: jobs, files, catalog, settings, sessions."""
        java: Any = self.spark
        active = java._jvm.org.apache.spark.sql.classic.SparkSession.getActiveSession()
        warehouse = self.spark.conf.get("spark.sql.warehouse.dir") or ""
        folders = (Path(warehouse.removeprefix("file:")), self.files)
        return (
            len(self.spark.sparkContext.statusTracker().getJobIdsForGroup(None)),
            sorted(
                (str(file), file.stat().st_mtime_ns)
                for folder in folders
                for file in folder.rglob("*")
                if file.is_file()
            ),
            [self.spark.sql(f"SHOW TABLES IN {name}").collect() for name in ("shop", "vault")],
            sorted(row.key + row.value for row in self.spark.sql("SET").collect()),
            self.spark.catalog.currentDatabase(),
            str(active.get().sessionUUID()) if active.isDefined() else "",
        )


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Yield tables in three databases, views over them and a file that nobody may read."""
    files = tmp_path_factory.mktemp("files")
    (files / "note.txt").write_text("private\n")
    for statement in SHOP_STATEMENTS:
        spark.sql(statement)
    spark.udf.register("shout", lambda text: f"{text}!")
    yield Shop(spark, Policy(tables=SHOP_READABLE), files)
    spark.sql("USE default")
    for statement in ("DROP DATABASE shop CASCADE", "DROP DATABASE vault CASCADE"):
        spark.sql(statement)
    for view in ("recent", "odd name.of `it`", "north, south", "销售"):
        spark.catalog.dropTempView(view)
    spark.catalog.dropGlobalTempView("everywhere")
