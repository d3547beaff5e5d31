"""What the policy closes stays out of what the model is sent: real Spark, a recorder on top."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.catalog import columns_of
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.catalog.profile import JoinCorrections
from streamlink_magic.disclosure import see_catalog
from streamlink_magic.errors import StreamlinkError
from streamlink_magic.memory.joins import parse_join
from streamlink_magic.memory.recall import Memory
from streamlink_magic.pipeline import Ports, ask
from streamlink_magic.records import DataFrameVariable, NotebookSnapshot, Question, Term, Turn
from streamlink_magic.sampling import open_sampler
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.testing import FakeModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from streamlink_magic.records import TableSchema

pytestmark = pytest.mark.spark

STATEMENTS = (
    "CREATE DATABASE clinic",
    "USE clinic",
    (
        "CREATE TABLE people (person_id INT, town STRING, passport STRING COMMENT 'as Xy-77', "
        "city_code STRING) USING parquet COMMENT 'all people, with their passport'"
    ),
    "CREATE TABLE visits (visit_id INT, person_id INT, diagnosis STRING) USING parquet",
    "CREATE TABLE vaultlike (treasure STRING) USING parquet",
    "INSERT INTO people VALUES (1, 'Ghent', 'SECRETPASS1', 'G'), (2, 'Lille', 'SECRETPASS2', 'L')",
    "INSERT INTO visits VALUES (1, 1, 'SECRETFLU'), (2, 2, 'SECRETGOUT')",
    "INSERT INTO vaultlike VALUES ('SECRETGOLD')",
    "CREATE VIEW everything AS SELECT * FROM people",
    "CREATE VIEW renamed AS SELECT person_id, passport AS papers FROM people",
    "CREATE VIEW through AS SELECT treasure AS shine FROM vaultlike",
    "CREATE OR REPLACE TEMP VIEW passing AS SELECT town, passport FROM people",
)


@dataclass
class Clinic:
    """A database, and a notebook over it that has looked at its data."""

    spark: SparkSession
    cache: CatalogCache = field(default_factory=CatalogCache)

    def learn(self, settings: Settings) -> tuple[TableSchema, ...]:
        """Look at the catalog and at samples, as a notebook does in the background."""
        workbench = open_workbench(self.spark)
        visible = see_catalog(workbench, settings.policy, self.cache)
        snapshot = self.cache.snapshot(visible, deadline_s=60, age_s=60)
        self.cache.learn(open_sampler(workbench, settings), budget_s=60)
        return snapshot.tables

    def sent(self, question: str, settings: Settings, *answers: str) -> str:
        """Return every byte that a model is sent for a question."""
        model = FakeModel(answers or ("SELECT count(*) FROM people",))
        frame = self.spark.table("people")
        notebook = NotebookSnapshot(
            cells=("spark.table('people').select('passport')", "spark.table('people').count()"),
            dataframes=(DataFrameVariable("frame", columns_of(frame.schema), frame),),
        )
        ports = Ports(
            notebook,
            open_workbench(self.spark),
            model,
            self.cache,
            turns=(Turn("Which passport?", "SELECT passport FROM people"),),
            memory=Memory(terms=(Term("foreign", "passport LIKE 'SECRETPASS%'"),)),
        )
        with suppress(StreamlinkError):  # what counts here is what left
            ask(Question(question), ports, settings, lambda *_: None)
        return "\n".join(message.content for messages in model.sent for message in messages)


@pytest.fixture(scope="module")
def database(spark: SparkSession) -> Iterator[SparkSession]:
    """Yield a session with people whose passports are nobody's business."""
    for statement in STATEMENTS:
        spark.sql(statement)
    yield spark
    spark.sql("USE default")
    spark.sql("DROP DATABASE clinic CASCADE")
    spark.catalog.dropTempView("passing")


@pytest.fixture
def clinic(database: SparkSession) -> Clinic:
    """Return a notebook that has seen nothing yet."""
    return Clinic(database)


def columns(tables: tuple[TableSchema, ...]) -> dict[str, list[str]]:
    return {table.name.name: [column.name for column in table.columns] for table in tables}


DENYING = [
    Policy(denied_columns=("passport",)),
    Policy(denied_columns=("clinic.people.passport",)),
    Policy(columns=("people.person_id", "people.town", "people.city_code")),
    Policy().tightened_by(Policy(denied_columns=("people.passport",))),
]


@pytest.mark.parametrize("policy", DENYING)
def test_a_denied_column_is_never_sent(clinic: Clinic, policy: Policy) -> None:
    """Not by the schema, a view, a variable, a comment, a term, an earlier turn, a cell."""
    settings = Settings(policy=policy, samples=0)
    clinic.learn(settings)
    sent = clinic.sent("How many foreign people has frame, and where?", settings)
    assert "passport" not in sent.lower()
    assert "SECRETPASS" not in sent
    assert "papers" not in sent
    assert "town" in sent
    assert "spark.table(…).count()" in sent or "spark.table('people').count()" in sent


@pytest.mark.parametrize("policy", DENYING)
def test_sparks_own_suggestions_are_silenced(clinic: Clinic, policy: Policy) -> None:
    """The message that goes back with a failed draft names every column there is."""
    settings = Settings(policy=policy, samples=0)
    wrong = "SELECT zzzzzz FROM people"
    sent = clinic.sent("How many people?", settings, wrong, wrong)
    assert wrong in sent
    assert "(closed)" in sent
    assert "passport" not in sent.lower()


@pytest.mark.parametrize("policy", DENYING)
def test_a_view_shows_what_may_be_asked_of_it(clinic: Clinic, policy: Policy) -> None:
    """A closed column that a view hands on, under its own name or another, is closed there."""
    seen = columns(clinic.learn(Settings(policy=policy)))
    assert seen["people"] == ["person_id", "town", "city_code"]
    assert seen["everything"] == ["person_id", "town", "city_code"]
    assert seen["renamed"] == ["person_id"]
    assert seen["passing"] == ["town"]


def test_a_masked_column_shows_its_name_and_no_value(clinic: Clinic) -> None:
    """It is there to be counted: named, with a note, neither sampled nor joined nor shown."""
    policy = Policy(masked_columns=("passport", "visits.diagnosis"))
    settings = Settings(policy=policy, samples=0)
    tables = {table.name.name: table for table in clinic.learn(settings)}
    masked = {
        (name, column.name)
        for name, table in tables.items()
        for column in table.columns
        if column.counted_only
    }
    assert masked == {
        ("people", "passport"),
        ("everything", "passport"),
        ("renamed", "papers"),
        ("passing", "passport"),
        ("visits", "diagnosis"),
    }
    sent = clinic.sent("How many people have a SecretPass1 passport, see frame?", settings)
    note = "values hidden: may only be counted, count(passport)"
    assert f"passport string COMMENT '{note}'" in sent
    for secret in ("SECRETPASS1", "SECRETFLU", "Xy-77"):
        assert secret not in sent
    profile = str(clinic.cache.profile)
    assert not any(secret in profile for secret in ("SECRETPASS", "SECRETFLU", "SECRETGOUT"))


@pytest.mark.parametrize(
    "policy",
    [
        Policy(denied_tables=("clinic.vaultlike",)),
        Policy(tables=("clinic.people", "clinic.visits", "clinic.through")),
    ],
)
def test_a_closed_table_is_never_sent(clinic: Clinic, policy: Policy) -> None:
    """Neither its name nor its columns, through a view neither."""
    settings = Settings(policy=policy, samples=0)
    seen = columns(clinic.learn(settings))
    assert "vaultlike" not in seen
    assert seen["through"] == []
    sent = clinic.sent("How many people?", settings)
    for name in ("vaultlike", "treasure", "shine", "SECRETGOLD"):
        assert name not in sent


def test_joins_rest_on_open_columns_alone(clinic: Clinic) -> None:
    """Neither an inferred join nor one that the user added names a closed column."""
    policy = Policy(denied_columns=("people.person_id",), masked_columns=("visits.diagnosis",))
    clinic.cache.correct_joins(
        JoinCorrections(added=(parse_join("visits.diagnosis = people.town"),))
    )
    clinic.learn(Settings(policy=policy))
    conditions = [join.condition for join in clinic.cache.profile.joins]
    assert conditions
    assert not any("people.person_id" in one or "diagnosis" in one for one in conditions)


def test_another_policy_makes_the_notebook_forget(clinic: Clinic) -> None:
    """What an open policy let be seen is gone once a stricter one is in force."""
    clinic.learn(Settings())
    assert "SECRETPASS1" in str(clinic.cache.profile)
    policy = Policy(denied_columns=("passport",))
    clinic.cache.keep_to(policy, bounded=True)
    assert clinic.cache.last.tables == ()
    assert "SECRETPASS1" not in str(clinic.cache.profile)
    assert "passport" not in clinic.sent("How many people?", Settings(policy=policy, samples=0))
