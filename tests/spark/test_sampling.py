"""Samples of real tables: bounded, guarded, never a whole table for its first row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.records import TableSample, TableSchema
from streamlink_magic.sampling import GuardedSampler
from streamlink_magic.settings import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from streamlink_magic.protocols import Workbench

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def zoo(spark: SparkSession) -> Iterator[Workbench]:
    """Yield a workbench over a little zoo: two tables that join, and views over them."""
    for statement in (
        "CREATE DATABASE zoo",
        "USE zoo",
        "CREATE TABLE species (species_id INT, name STRING, `odd ``name` STRING) USING parquet",
        (
            "CREATE TABLE animals (animal_id INT, species_id INT, call STRING, parts ARRAY<STRING>)"
            " USING parquet"
        ),
        "INSERT INTO species VALUES (1, 'Red Panda', 'x'), (2, 'Otter', 'y'), (3, 'Lynx', 'z')",
        "INSERT INTO animals SELECT id, id % 3 + 1, repeat('m', 200), array() FROM range(40)",
        "CREATE VIEW plain AS SELECT species_id, name FROM species",
        "CREATE VIEW counted AS SELECT species_id, count(*) AS n FROM animals GROUP BY species_id",
        "CREATE VIEW sorted AS SELECT * FROM animals ORDER BY call",
        "CREATE OR REPLACE TEMP VIEW pairs AS SELECT a.animal_id FROM animals a, animals b",
    ):
        spark.sql(statement)
    yield open_workbench(spark)
    spark.sql("USE default")
    spark.sql("DROP DATABASE zoo CASCADE")
    spark.catalog.dropTempView("pairs")


def described(zoo: Workbench, name: str) -> TableSchema:
    return zoo.describe(next(one for one in zoo.list_tables() if one.name.name == name))


def test_the_first_rows_are_read_and_no_more(zoo: Workbench) -> None:
    """A sample that holds all rows says so."""
    sampler = GuardedSampler(zoo, Policy(), rows=5)
    some = sampler.sample(described(zoo, "animals"))
    whole = sampler.sample(described(zoo, "species"))
    assert isinstance(some, TableSample)
    assert isinstance(whole, TableSample)
    assert (len(some.rows), some.complete) == (5, False)
    assert (len(whole.rows), whole.complete) == (3, True)


def test_long_texts_are_cut_and_nested_columns_left_out(zoo: Workbench) -> None:
    """A sample stays small whatever the cells hold."""
    sample = GuardedSampler(zoo, Policy(), rows=2).sample(described(zoo, "animals"))
    assert isinstance(sample, TableSample)
    assert [column.name for column in sample.columns] == ["animal_id", "species_id", "call"]
    assert {len(str(row[2])) for row in sample.rows} == {101}


def test_a_hidden_column_is_not_read(zoo: Workbench) -> None:
    """Not even to be dropped afterwards."""
    sampler = GuardedSampler(zoo, Policy(), hidden=lambda _table, column: column == "name")
    sample = sampler.sample(described(zoo, "species"))
    assert isinstance(sample, TableSample)
    assert [column.name for column in sample.columns] == ["species_id", "odd `name"]
    assert "Otter" not in str(sample.rows)


def test_a_table_that_the_policy_closes_is_not_sampled(zoo: Workbench) -> None:
    """The guard decides, as for a question."""
    sampler = GuardedSampler(zoo, Policy(tables=("zoo.animals",)))
    refused = sampler.sample(described(zoo, "species"))
    assert isinstance(refused, str)
    assert "species" in refused


@pytest.mark.parametrize(
    ("view", "operator"), [("counted", "Aggregate"), ("sorted", "Sort"), ("pairs", "Join")]
)
def test_a_view_that_must_be_computed_first_is_left_alone(
    zoo: Workbench, spark: SparkSession, view: str, operator: str
) -> None:
    """Its first row would read whole tables; no job is started for it."""
    jobs = len(spark.sparkContext.statusTracker().getJobIdsForGroup(None))
    assert operator in str(GuardedSampler(zoo, Policy()).sample(described(zoo, view)))
    assert len(spark.sparkContext.statusTracker().getJobIdsForGroup(None)) == jobs


def test_a_plain_view_is_sampled(zoo: Workbench) -> None:
    """A view that only picks columns costs what its table costs."""
    assert isinstance(GuardedSampler(zoo, Policy()).sample(described(zoo, "plain")), TableSample)


def test_the_catalog_learns_joins_and_values_and_forgets_them(zoo: Workbench) -> None:
    """What was learned of tables that have changed is of no use."""
    cache = CatalogCache()
    cache.snapshot(zoo, deadline_s=60, age_s=60)
    assert not cache.profile.values
    cache.learn(GuardedSampler(zoo, Policy()), budget_s=60)
    species = described(zoo, "species").name
    known = cache.profile.of(species, "NAME")
    assert known is not None
    assert set(known.values) == {"Red Panda", "Otter", "Lynx"}
    joins = [join for join in cache.profile.joins if join.left.name == "animals"]
    assert [(join.condition, join.confidence) for join in joins][:1] == [
        ("animals.species_id = species.species_id", "high")
    ]
    cache.forget()
    cache.snapshot(zoo, deadline_s=60, age_s=60)
    assert not cache.profile.values
