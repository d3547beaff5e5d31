"""The commands of the README, as a user's shell runs them: real Spark, real model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamlink_magic.demo import QUESTIONS as QUESTIONS_OF_DEMO

pytestmark = [pytest.mark.model, pytest.mark.spark]

MEMBERS = {"member_id": [1, 2, 3], "name": ["Ada", "Ben", "Chi"], "city": ["Oslo", "Rome", "Oslo"]}
LOANS = {"loan_id": [10, 11, 12, 13], "member_id": [1, 1, 2, 3], "days": [7, 30, 14, 2]}
QUESTIONS = (
    ("q1", "How many members are there?", "SELECT count(*) FROM member"),
    ("q2", "Show the names of members in Oslo.", "SELECT name FROM member WHERE city = 'Oslo'"),
)


def streamlink(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the console command in a process of its own."""
    command = [sys.executable, "-m", "streamlink_magic.cli", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path: Path, records: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def write_table(folder: Path, name: str, data: dict[str, list[object]]) -> dict[str, object]:
    """Write a table as Parquet and return its entry in ``schema.json``."""
    pq.write_table(pa.table(data), folder / f"{name}.parquet")
    columns = [
        {"spark_name": column, "spark_type": "bigint" if isinstance(values[0], int) else "string"}
        for column, values in data.items()
    ]
    columns = [{"name": one["spark_name"], **one} for one in columns]
    file = f"{name}.parquet"
    keys = {"primary_key": [f"{name}_id"], "foreign_keys": []}
    return {"name": name, "spark_name": name, "file": file, "columns": columns, **keys}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Write a benchmark set of two tables and two questions."""
    folder = tmp_path / "library_set"
    data = folder / "db" / "library"
    data.mkdir(parents=True)
    tables = [write_table(data, "member", MEMBERS), write_table(data, "loan", LOANS)]
    schema = {"db_id": "library", "tables": tables}
    (data / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    asked = [
        {"id": one, "db_id": "library", "question": text, "language": "en", "difficulty": "easy"}
        for one, text, _ in QUESTIONS
    ]
    golds = [
        {"id": one, "db_id": "library", "spark_sql": sql, "usable": True, "ordered": False}
        for one, _, sql in QUESTIONS
    ]
    write_lines(folder / "questions.jsonl", asked)
    write_lines(folder / "gold_spark.jsonl", golds)
    return folder


def test_eval_asks_scores_and_resumes(library: Path, tmp_path: Path) -> None:
    """Each question gets one line; a second run asks nothing anew; the report counts them."""
    out, report = tmp_path / "predictions.jsonl", tmp_path / "report.json"
    first = streamlink("eval", library, "--out", out, "--limit", 1, "--report", report)
    begun = lines(out)
    assert len(begun) == 1
    assert {"id", "sql", "tokens", "seconds", "status"} <= begun[0].keys()
    assert "failures" in first.stdout
    streamlink("eval", library, "--out", out, "--report", report)
    assert begun[0] in lines(out)
    assert sorted(str(one["id"]) for one in lines(out)) == ["q1", "q2"]
    rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == 2
    assert all(row["correct"] in {True, False} for row in rows)


def test_resuming_with_another_prompt_is_refused(library: Path, tmp_path: Path) -> None:
    """Answers of two settings never mix in one file."""
    out = tmp_path / "predictions.jsonl"
    streamlink("eval", library, "--out", out, "--limit", 1)
    before = out.read_bytes()
    done = streamlink("eval", library, "--out", out, "--plain", check=False)
    assert done.returncode == 1
    assert "plain" in done.stderr
    assert out.read_bytes() == before


def test_guard_gives_each_statement_its_verdict_and_runs_none(tmp_path: Path) -> None:
    """Reading is allowed, everything else is refused with rule and clause."""
    schema, statements, out = (tmp_path / name for name in ("s.json", "in.jsonl", "out.jsonl"))
    columns = ["order_id bigint", "amount double"]
    schema.write_text(json.dumps({"sales": {"orders": columns}}), encoding="utf-8")
    asked = {
        "read": "SELECT sum(amount) FROM sales.orders",
        "drop": "DROP TABLE sales.orders",
        "file": f"SELECT * FROM text.`{schema}`",
        "java": "SELECT reflect('java.lang.System', 'exit', 3)",
    }
    write_lines(statements, [{"id": one, "sql": sql} for one, sql in asked.items()])
    streamlink("guard", statements, "--out", out, "--schema", schema)
    verdicts = {str(one["id"]): one for one in lines(out)}
    assert {one: verdict["verdict"] for one, verdict in verdicts.items()} == {
        "read": "allow", "drop": "refuse", "file": "refuse", "java": "refuse",
    }  # fmt: skip
    assert all(verdicts[one]["rule"] and verdicts[one]["why"] for one in asked)


def test_the_demo_answers_every_question() -> None:
    """Each question is printed with its SQL, the guard's verdict and the times."""
    done = streamlink("demo")
    assert len(QUESTIONS_OF_DEMO) >= 5
    for question in QUESTIONS_OF_DEMO:
        assert question in done.stdout
    for part in ("SQL\n", "read-only: proven", "How\n", "Times "):
        assert done.stdout.count(f"\n{part}") == len(QUESTIONS_OF_DEMO)


def test_the_doctor_finds_everything_that_the_tests_set_up() -> None:
    """On a machine where the tests run nothing is left to fix."""
    done = streamlink("doctor")
    assert "fix" not in {line.split()[0] for line in done.stdout.splitlines()}
    assert "endpoint" in done.stdout


def test_serve_says_that_the_server_runs_already() -> None:
    """The second ``streamlink serve`` starts nothing and tells where the first one is."""
    done = streamlink("serve")
    assert "answers at http://127.0.0.1:" in done.stdout
