"""A made-up set is loaded into real Spark, asked, and scored by what its queries return."""

from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation import (
    BenchQuestion,
    Prediction,
    RunInfo,
    SetDatabases,
    evaluate,
    load_database,
    load_set,
    read_predictions,
    score,
)
from streamlink_magic.evaluation.answering import PipelineAnswer, run_whole
from streamlink_magic.evaluation.kept import KeptPair, evaluate_kept
from streamlink_magic.evaluation.unanswerable import make_unanswerable, write_unanswerable
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.testing import FakeModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

    from streamlink_magic.evaluation import BenchmarkSet

pytestmark = pytest.mark.spark

DB = "Bench_Library"
COMMENT = "who 'lent' it \\ ${env:HOME} to\nwhom <b>"
BOOKS = {"id": [1, 2, 3], "the title": ["Emma", "Dune", "Ulysses"], "price": [9.5, 12.25, None]}
LOANS = {
    "book_id": [1, 1, 2, 2, 3],
    "reader": ["Ada", "Bo", "Ada", "Cy", "Bo"],
    "since": [dt.date(2024, 5, day) for day in range(1, 6)],
}
MOST = "FROM loan GROUP BY reader ORDER BY count(*) DESC"

# id: (gold, a right prediction, a wrong one, the class of the wrong one)
CASES = {
    "count": ("SELECT count(*) FROM book", "SELECT 3.0", "SELECT count(price) FROM book", "result"),
    "join": (
        "SELECT reader, `the title` FROM loan JOIN book ON id = book_id",
        "SELECT b.`the title`, l.reader FROM book b JOIN loan l ON b.id = l.book_id",
        "SELECT reader, title FROM loan JOIN book ON id = book_id",
        "unknown_column",
    ),
    "sorted": (
        f"SELECT reader {MOST}",
        f"SELECT reader {MOST}, reader DESC",
        "SELECT DISTINCT reader FROM loan ORDER BY reader DESC",
        "result",
    ),
    "top": (
        f"SELECT reader {MOST} LIMIT 1",
        f"SELECT reader {MOST}, reader DESC LIMIT 1",
        "SELECT reader FROM loans LIMIT 1",
        "unknown_table",
    ),
    "date": (
        "SELECT max(since) FROM loan",
        "SELECT '2024-05-05'",
        "SELEC max(since) FROM loan",
        "parse_error",
    ),
    "average": (
        "SELECT avg(price) FROM book",
        "SELECT sum(price) / 2.0000000001 FROM book",
        "SELECT avg(coalesce(price, 0)) FROM book",
        "result",
    ),
    "crash": ("SELECT 1", "SELECT true", "SELECT 1 / (id - 1) FROM book", "other_runtime"),
}
TIES = {
    "sorted": {"ordered": True, "tie_sql": f"SELECT reader, count(*) {MOST}"},
    "top": {
        "ordered": True,
        "limit_tie": True,
        "limit": 1,
        "full_sql": f"SELECT reader, count(*) {MOST}",
    },
}


@pytest.fixture
def bench_spark(spark: SparkSession) -> Iterator[SparkSession]:
    """Return a session whose current database is nobody else's, and drop what was loaded."""
    session = spark.newSession()
    yield session
    session.sql(f"DROP DATABASE IF EXISTS {DB} CASCADE")


@pytest.fixture
def benchmark(tmp_path: Path) -> BenchmarkSet:
    """Return a set of our own, with an awkward column, in a folder with an awkward name."""
    folder = tmp_path / "it's a set"
    database = folder / "db" / DB
    database.mkdir(parents=True)
    pq.write_table(pa.table(BOOKS), database / "book.parquet")
    pq.write_table(pa.table(LOANS), database / "loan.parquet")
    schema = {"tables": [table_json("book", BOOKS), table_json("loan", LOANS)]}
    schema["tables"][0]["primary_key"] = ["id"]
    schema["tables"][1]["foreign_keys"] = [
        {"columns": ["book_id"], "ref_table": "book", "ref_columns": ["id"]}
    ]
    (database / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    questions = [{"id": key, "db_id": DB, "question": key, "difficulty": "easy"} for key in CASES]
    golds = [{"id": key, "spark_sql": CASES[key][0], **TIES.get(key, {})} for key in CASES]
    for name, records in (("questions", questions), ("gold_spark", golds)):
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return load_set(folder)


def table_json(name: str, columns: dict[str, list[object]]) -> dict[str, list[object]]:
    """Return what schema.json says of a table."""
    types = {int: "bigint", str: "string", float: "double", dt.date: "date"}
    return {
        "name": name.title(),
        "file": f"{name}.parquet",
        "columns": [
            {"name": column, "spark_type": types[type(values[0])], "description": COMMENT}
            for column, values in columns.items()
        ],
    }


def test_a_database_is_loaded_and_current(
    bench_spark: SparkSession, benchmark: BenchmarkSet
) -> None:
    """Tables are readable by bare name, comments arrive as written, keys come back."""
    tables = load_database(bench_spark, benchmark, DB)
    assert bench_spark.catalog.currentDatabase().lower() == DB.lower()
    assert [row[0] for row in bench_spark.sql("SELECT `the title` FROM book").collect()] == [
        "Emma",
        "Dune",
        "Ulysses",
    ]
    described = bench_spark.sql("DESCRIBE loan").collect()
    assert [row["comment"] for row in described] == [COMMENT] * 3
    assert tables["book"].primary_key == ("id",)
    assert tables["loan"].foreign_keys[0].references == ("id",)
    assert load_database(bench_spark, benchmark, DB) == tables


def test_a_database_of_somebody_else_is_not_used(
    bench_spark: SparkSession, benchmark: BenchmarkSet
) -> None:
    """A database of the same name from elsewhere would silently answer with other data."""
    bench_spark.sql(f"CREATE DATABASE {DB}")
    with pytest.raises(EvaluationError, match="not of this set"):
        load_database(bench_spark, benchmark, DB)
    with pytest.raises(EvaluationError, match="has no database"):
        load_database(bench_spark, benchmark, "nowhere")


def test_every_thread_has_a_database_of_its_own(
    bench_spark: SparkSession, benchmark: BenchmarkSet
) -> None:
    """Threads that first use a database together load it once, and none moves another's."""
    databases = SetDatabases(bench_spark, benchmark)
    together = threading.Barrier(4, timeout=60)

    def look(_: int) -> tuple[int, object, str]:
        together.wait()
        tables = databases.use(DB)
        together.wait()
        rows = databases.run_trusted(DB, "SELECT count(*) FROM loan")
        databases.spark.sql("USE default")
        return id(databases.spark), rows, min(tables)

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(look, range(4)))
    assert [rest for _, *rest in seen] == [[[(5,)], "book"]] * 4
    assert len({session for session, *_ in seen} | {id(bench_spark)}) == 5
    assert databases.spark is bench_spark


def test_what_was_taken_out_is_not_there(
    bench_spark: SparkSession, benchmark: BenchmarkSet, tmp_path: Path
) -> None:
    """Of an unanswerable set Spark shows neither the column nor its values; the rest is there."""
    made = make_unanswerable(benchmark, limit=10, seed=0)
    write_unanswerable(benchmark, made, tmp_path / "lacking")
    lacking = load_set(tmp_path / "lacking")
    databases = SetDatabases(bench_spark, lacking)
    removed = {str(one.removal): one.db_id for one in made}
    try:
        db_id = removed["Book.price"]
        assert [row[:2] for row in databases.run_trusted(db_id, "SELECT * FROM book")] == [
            (1, "Emma"),
            (2, "Dune"),
            (3, "Ulysses"),
        ]
        with pytest.raises(Exception, match="UNRESOLVED_COLUMN"):
            databases.run_trusted(db_id, "SELECT price FROM book")
        assert databases.run_trusted(db_id, "SELECT count(*) FROM loan") == [(5,)]
    finally:
        bench_spark.sql("USE default")
        for name in removed.values():
            bench_spark.sql(f"DROP DATABASE IF EXISTS {name} CASCADE")


def test_workers_answer_each_in_its_own_database(
    bench_spark: SparkSession, benchmark: BenchmarkSet, tmp_path: Path
) -> None:
    """Questions under way at once do not move each other's current database."""
    lacking = tmp_path / "lacking"
    made = make_unanswerable(benchmark, limit=10, seed=0)
    write_unanswerable(benchmark, made, lacking)
    db_ids = {str(one.removal): one.db_id for one in made}
    databases = SetDatabases(bench_spark, load_set(lacking))
    without = db_ids.pop("Book.price")
    ids = [*db_ids.values(), without] * 4
    questions = [BenchQuestion(f"q{place}", db_id, "?") for place, db_id in enumerate(ids)]
    answer = PipelineAnswer(databases, FakeModel(["SELECT price FROM book"]), Settings(retries=0))
    out = tmp_path / "predictions.jsonl"
    try:
        evaluate(questions, answer, out, info=RunInfo("lacking"), workers=4)
    finally:
        bench_spark.sql("USE default")
        for name in ids:
            bench_spark.sql(f"DROP DATABASE IF EXISTS {name} CASCADE")
    statuses = [one.status for one in read_predictions(out).values()]
    assert statuses == ["refused:unknown-column" if db_id == without else "ok" for db_id in ids]


def test_kept_answers_are_compared_through_the_guard(
    bench_spark: SparkSession, benchmark: BenchmarkSet
) -> None:
    """Other SQL with the same rows is as kept; what writes, or returns too much, is not run."""
    SetDatabases(bench_spark, benchmark).use(DB)
    run = partial(run_whole, workbench=open_workbench(bench_spark), policy=Policy(), row_limit=4)
    sorted_sql = f"SELECT reader {MOST}"
    pairs = (
        KeptPair("tie", "Who lent most?", sorted_sql),
        KeptPair("drop", "How many loans?", "DROP TABLE loan"),
        KeptPair("long", "Which loans?", "SELECT * FROM loan"),
    )
    answers = {
        "tie": f"{sorted_sql}, reader DESC",
        "drop": "SELECT 1",
        "long": "SELECT * FROM loan",
    }
    report = evaluate_kept(pairs, lambda pair: Prediction(answers[pair.id]), run)
    assert [one.failure for one in report.outcomes] == ["", "gold_failed", "other_runtime"]
    assert "more than 4 rows" in report.outcomes[2].detail
    assert bench_spark.catalog.tableExists("loan")


def test_a_run_is_scored(
    bench_spark: SparkSession, benchmark: BenchmarkSet, tmp_path: Path
) -> None:
    """Right predictions are right however they are written, wrong ones have their class."""
    databases = SetDatabases(bench_spark, benchmark)
    for place, right in ((0, True), (1, True), (2, False)):
        out = tmp_path / f"{place}.jsonl"

        def answer(question: BenchQuestion, place: int = place) -> Prediction:
            return Prediction(CASES[question.id][place])

        evaluate(benchmark.questions, answer, out, info=RunInfo(benchmark.name))
        report = score(
            benchmark,
            benchmark.questions,
            read_predictions(out),
            run_sql=databases.run_trusted,
            run_gold=databases.run_trusted,
        )
        for outcome in report.outcomes:
            failure = CASES[outcome.id][3].replace("result", "wrong_result")
            assert (outcome.id, outcome.failure) == (outcome.id, "" if right else failure)
