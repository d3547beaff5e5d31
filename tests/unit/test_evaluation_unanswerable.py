"""A question loses the one thing that it needs, and the right answer is to say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from streamlink_magic.cli import app
from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation import Prediction, load_set, score, summary_text, to_json
from streamlink_magic.evaluation.essential import removals
from streamlink_magic.evaluation.unanswerable import make_unanswerable, write_unanswerable
from streamlink_magic.records import Column, ForeignKey, TableName, TableSchema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def table(name: str, columns: str, key: str = "", *foreign: ForeignKey) -> TableSchema:
    """Return a table of text columns."""
    made = tuple(Column(column, "string") for column in columns.split())
    return TableSchema(
        TableName(name), columns=made, primary_key=(key,) if key else (), foreign_keys=foreign
    )


GARDEN = (
    table("plant", "plant_id species height planted_on bed_no", "plant_id"),
    table(
        "watering",
        "plant_id litres gardener",
        "",
        ForeignKey(("plant_id",), "plant", ("plant_id",)),
    ),
    table("gardener", "gardener_no first_name hired_on", "gardener_no"),
    table("tool", "maker colour"),
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # what is returned, and what is filtered by
        ("SELECT species FROM plant WHERE height > 2", "plant.height plant.species"),
        ("SELECT max(p.height) FROM plant AS p", "plant.height"),
        ("SELECT count(DISTINCT species) FROM plant", "plant.species"),
        # inside subqueries, joins and set operations
        (
            "SELECT litres FROM watering WHERE plant_id IN (SELECT 1 FROM plant WHERE height > 2)",
            "plant.height watering.litres",
        ),
        (
            "SELECT species FROM plant JOIN watering ON plant.plant_id = watering.plant_id",
            "plant.species",
        ),
        ("SELECT species FROM plant EXCEPT SELECT colour FROM tool", "plant.species tool.colour"),
        # sorted by alone, joined by, or a date where another date is
        ("SELECT planted_on FROM plant ORDER BY height", "plant"),
        # other tables hold a plant's key, so the table is no loss
        ("SELECT plant_id FROM plant", ""),
        ("SELECT count(*) FROM watering", "watering"),
        ("SELECT count(litres) FROM watering", "watering"),
        # a gardener is named in another table too
        ("SELECT count(*) FROM gardener", ""),
        ("SELECT * FROM tool", "tool"),
        ("SELECT nothing FROM nowhere", ""),
        ("SELECT FROM WHERE (", ""),
    ],
)
def test_what_a_query_cannot_do_without(sql: str, expected: str) -> None:
    """Only what is returned or filtered by, is no key, and has nothing like it counts."""
    assert " ".join(map(str, removals(sql, GARDEN))) == expected


QUESTIONS = (
    ("tall", "Which plants are taller than 2 m?", "SELECT plant_id FROM plant WHERE height > 2"),
    ("mean", "How high are plants on average?", "SELECT avg(height) FROM plant"),
    ("water", "How much water was given?", "SELECT sum(litres) FROM watering"),
    ("count", "How many waterings were there?", "SELECT count(*) FROM watering"),
    ("plants", "How many plants are there?", "SELECT count(*) FROM plant"),
)


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """Write a set of two tables whose parquet files are empty."""
    folder = tmp_path / "garden"
    database = folder / "db" / "garden"
    database.mkdir(parents=True)
    tables = []
    for one in GARDEN[:2]:
        (database / f"{one.name.name}.parquet").touch()
        columns = [{"name": c.name, "spark_type": c.type} for c in one.columns]
        keys = [
            {"columns": key.columns, "ref_table": key.table, "ref_columns": key.references}
            for key in one.foreign_keys
        ]
        tables.append(
            {
                "name": one.name.name,
                "columns": columns,
                "primary_key": one.primary_key,
                "foreign_keys": keys,
            }
        )
    (database / "schema.json").write_text(json.dumps({"tables": tables}), encoding="utf-8")
    write_lines(
        folder / "questions.jsonl",
        [{"id": key, "db_id": "garden", "question": words} for key, words, _ in QUESTIONS],
    )
    write_lines(
        folder / "gold_spark.jsonl", [{"id": key, "spark_sql": sql} for key, _, sql in QUESTIONS]
    )
    return folder


def write_lines(path: Path, records: Sequence[dict[str, object]]) -> None:
    """Write records as JSON Lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def test_the_set_lacks_what_each_question_needs(garden: Path, tmp_path: Path) -> None:
    """Questions that need the same share a database; the files are those of the source."""
    out = tmp_path / "lacking"
    arguments = ["eval-unanswerable", str(garden), "--out", str(out), "--seed", "3"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "4 questions on 3 databases, 3 without a column and 1 without a table" in done.output
    made = load_set(out)
    where = {question.id: question.db_id for question in made.questions}
    assert where["tall"] == where["mean"] != where["water"]
    assert "plants" not in where  # the other table still knows every plant that was watered
    assert not any("height" in name or "without" in name for name in where.values())
    assert not any(gold.answerable or gold.sql for gold in made.golds.values())
    low = {one.schema.name.name: one for one in made.databases[where["tall"]].tables}
    assert [column.name for column in low["plant"].schema.columns] == [
        "plant_id",
        "species",
        "planted_on",
        "bed_no",
    ]
    assert low["plant"].file.resolve() == garden / "db" / "garden" / "plant.parquet"
    assert low["watering"].schema.foreign_keys == GARDEN[1].foreign_keys
    (alone,) = made.databases[where["count"]].tables
    assert alone.schema.name.name == "plant"


def test_the_same_seed_makes_the_same_set(garden: Path) -> None:
    """A smaller set is part of the larger."""
    benchmark = load_set(garden)
    large, small = (make_unanswerable(benchmark, limit, seed=5) for limit in (4, 2))
    assert make_unanswerable(benchmark, 4, seed=5) == large
    assert {(one.question, one.removal) for one in small} < {
        (one.question, one.removal) for one in large
    }


def test_a_set_is_never_written_over_another(garden: Path) -> None:
    """A folder that holds something is refused."""
    benchmark = load_set(garden)
    made = make_unanswerable(benchmark, 4, seed=0)
    with pytest.raises(EvaluationError, match="is not empty"):
        write_unanswerable(benchmark, made, garden)
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_unanswerable(benchmark, made, garden / "questions.jsonl")


def test_a_set_of_which_nothing_can_be_taken_is_told(garden: Path) -> None:
    """Without gold queries nothing is known of what a question needs."""
    write_lines(garden / "gold_spark.jsonl", [])
    with pytest.raises(EvaluationError, match="No question of garden"):
        make_unanswerable(load_set(garden), 4, seed=0)


def test_saying_so_is_the_right_answer(garden: Path, tmp_path: Path) -> None:
    """SQL for such a question is wrong however it looks; no query is run to find out."""
    source = load_set(garden)
    out = tmp_path / "lacking"
    write_unanswerable(source, make_unanswerable(source, 4, seed=0), out)
    benchmark = load_set(out)
    predictions = {
        "tall": Prediction("", status="unanswerable"),
        "mean": Prediction("SELECT avg(bed_no) FROM plant"),
        "water": Prediction("SELECT litres FROM plant", status="refused:unknown-column"),
        "count": Prediction("", status="error:NoSqlError"),
    }

    def unused(db_id: str, sql: str) -> list[tuple[object, ...]]:
        raise AssertionError(db_id, sql)

    made = score(benchmark, benchmark.questions, predictions, run_sql=unused, run_gold=unused)
    assert {one.id: one.failure for one in made.outcomes} == {
        "tall": "",
        "mean": "answered",
        "water": "failed",
        "count": "missing",
    }
    assert to_json(made)["declined"] == 1
    assert "1/4 = 25.0 %" in summary_text(made).split("said unanswerable")[1].splitlines()[0]
