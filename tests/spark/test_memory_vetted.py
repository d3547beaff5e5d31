"""Patterns and kept answers before the real parser, analyser and guard."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.commands import run_command
from streamlink_magic.commands.desk import Desk
from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.memory.fingerprint import find_tables, fingerprint
from streamlink_magic.memory.patterns import load_patterns
from streamlink_magic.memory.recall import recall_examples
from streamlink_magic.memory.standing import standing
from streamlink_magic.pipeline import why_unusable
from streamlink_magic.session import AskSession
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# The invented tables that the patterns speak of.
APIARY = {
    "keepers": "SELECT * FROM VALUES (1, 'Ada'), (2, 'Bo') AS t(id, name)",
    "hives": "SELECT * FROM VALUES (1, 1, 'red', 30.0D), (2, 1, 'blue', 20.0D)"
    " AS t(id, keeper_id, colour, weight)",
    "harvests": "SELECT * FROM VALUES (1, DATE '2024-05-01', 12.5D, 'north'),"
    " (1, DATE '2024-06-03', 30.0D, 'north'), (2, DATE '2024-06-04', 8.0D, 'south')"
    " AS t(hive_id, day, kilos, region)",
    "weighings": "SELECT * FROM VALUES (1, DATE '2024-05-01', 30.0D) AS t(hive_id, day, kilos)",
    "visits": "SELECT * FROM VALUES ('clover', DATE '2024-05-02', 'north'),"
    " ('linden', DATE '2024-05-02', 'north'), ('clover', DATE '2024-06-02', 'south')"
    " AS t(plant, day, region)",
}
EXPECTED = {
    "anti-join": [("Bo",)],
    "difference": [("linden",)],
    "intersection": [("clover",)],
    "count-distinct": [("north", 2), ("south", 1)],
    "highest-row": [("Ada",)],
    "above-average": [(1,)],
    "dates": [(2,)],
    "list-values": [(1, "blue, red")],
    "count-if": [("north", 1, 1), ("south", 0, 1)],
    "latest-per-key": [(1, 30.0)],
}


@pytest.fixture(scope="module")
def apiary(spark: SparkSession) -> Iterator[SparkSession]:
    """Yield a session with the tables of the patterns as temporary views."""
    for name, query in APIARY.items():
        spark.sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
    yield spark
    for name in APIARY:
        spark.catalog.dropTempView(name)


@pytest.mark.parametrize("name", [pattern.name for pattern in load_patterns()])
def test_every_pattern_is_spark_sql_that_the_guard_lets_through(
    apiary: SparkSession, name: str
) -> None:
    """What we show the model as right must parse, resolve, run, and give what it promises."""
    pattern = next(one for one in load_patterns() if one.name == name)
    workbench = open_workbench(apiary)
    query = guard_sql(pattern.sql, workbench, Policy())
    frame: Any = workbench.dataframe(query)
    rows = [tuple(row) for row in frame.collect()]
    if name in EXPECTED:
        assert sorted(rows) == EXPECTED[name]


def kept(sql: str, spark: SparkSession, table: str) -> KeptAnswer:
    found = find_tables([table], tables(spark)) or ()
    return KeptAnswer(
        "How many hives have keepers?", sql, tables=(table,), schema=fingerprint(found)
    )


def tables(spark: SparkSession) -> Any:  # noqa: ANN401
    return CatalogCache().snapshot(open_workbench(spark), deadline_s=60, age_s=0).tables


def test_kept_sql_is_guarded_by_the_real_guard_each_time(apiary: SparkSession) -> None:
    """A statement that changes something, runs code or reads a closed table is no example."""
    workbench = open_workbench(apiary)
    sound = kept("SELECT count(*) FROM hives", apiary, "hives")
    poison = [
        kept(sql, apiary, "hives")
        for sql in (
            "DROP VIEW hives",
            "INSERT INTO hives SELECT * FROM hives",
            "SELECT reflect('java.lang.System', 'exit', 1) FROM hives",
            "SELECT * FROM parquet.`/etc/passwd`",
            "SELECT count(*) FROM hives; DROP VIEW hives",
        )
    ]

    def examples(policy: Policy) -> list[str]:
        found = recall_examples(
            sound.question,
            tables(apiary),
            (*poison, sound),
            vet=lambda sql: why_unusable(sql, workbench, policy),
            limit=9,
        )
        return [one.sql for one in found if one.source == "kept"]

    assert examples(Policy()) == [sound.sql]
    assert examples(Policy(tables=("keepers",))) == []
    assert "hives" in {table.name.name for table in tables(apiary)}


def test_a_changed_table_makes_an_answer_stale_or_has_it_checked_again(
    apiary: SparkSession,
) -> None:
    """A new column changes nothing for it; a lost one does."""
    workbench = open_workbench(apiary)
    apiary.sql("CREATE OR REPLACE TEMP VIEW swarms AS SELECT 1 AS size, 'a' AS hive")
    entry = kept("SELECT avg(size) FROM swarms", apiary, "swarms")

    def now() -> str:
        return standing(entry, tables(apiary), lambda sql: why_unusable(sql, workbench, Policy()))

    assert now() == "in use"
    apiary.sql("CREATE OR REPLACE TEMP VIEW swarms AS SELECT 1 AS size, 'a' AS hive, 2 AS age")
    assert now().startswith("in use; checked again")
    apiary.sql("CREATE OR REPLACE TEMP VIEW swarms AS SELECT 'a' AS hive")
    assert now().startswith("stale")
    apiary.catalog.dropTempView("swarms")
    assert "not here" in now()


def test_the_magic_shows_values_and_joins_of_real_tables(apiary: SparkSession) -> None:
    """Distinct texts and ranges of the first rows; joins with the reason for each."""
    asks = AskSession(SimpleNamespace(user_ns={"spark": apiary}))
    desk = Desk(asks, Settings(memory_path=""))
    apiary.sql(
        "CREATE OR REPLACE TEMP VIEW crates AS "
        "SELECT * FROM VALUES (1, 'red'), (2, 'red') AS t(crate_id, colour)"
    )
    values = run_command("values crates", desk)
    assert ("colour", "string", "red", "1", "") in values.rows
    assert values.notes == ("As all 2 rows have it.",)
    joins = run_command("joins hives", desk)
    assert ("hives.keeper_id = keepers.id", "inferred") in [row[:2] for row in joins.rows]
    apiary.catalog.dropTempView("crates")
