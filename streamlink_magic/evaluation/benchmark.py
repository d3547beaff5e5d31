"""A benchmark set as it lies on disk: questions, gold queries, databases.

A set is a folder with ``questions.jsonl`` (id, db_id, question, evidence, difficulty, language),
``gold_spark.jsonl`` (id, spark_sql, ordered, tie_sql, limit_tie, limit, full_sql, alternatives; or
id and ``"answerable": false`` for a question that the tables hold no answer to)
and, for each db_id, ``db/<db_id>/schema.json`` beside one parquet file a table. Gold queries are
kept apart from questions, so that whatever answers a question cannot see its solution.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.jsonl import Entry, read_json_object, read_records, read_text
from streamlink_magic.records import Column, ForeignKey, TableName, TableSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

QUESTIONS_FILE = "questions.jsonl"
GOLD_FILE = "gold_spark.jsonl"
SCHEMA_FILE = "schema.json"

# A type goes into CREATE TABLE as it is, so it may hold no more than the name of a type
_TYPE = re.compile(r"[A-Za-z](?:[\w ,:<>]|\(\d+(?:, ?\d+)?\))*")

_CATALOG_NAME = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class BenchQuestion:
    """One question of a set, without its solution."""

    id: str
    db_id: str
    question: str
    evidence: str = ""
    difficulty: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Gold:
    """The query that answers a question, and what else is as right as its result.

    Attributes
    ----------
    sql
        The gold query in Spark SQL.
    ordered
        Whether the order of the rows matters.
    tie_sql
        The gold query with its sort keys as further columns at the end; empty when unknown.
        Rows with equal keys may then swap.
    full_sql, limit
        The same without LIMIT, and that limit, where it cuts through rows that tie; any of these
        rows will then do.
    alternatives
        Other queries whose results are right as well.
    answerable
        False where the right answer is that no table holds what was asked; there is no query then.
    """

    id: str
    sql: str
    ordered: bool = False
    tie_sql: str = ""
    full_sql: str = ""
    limit: int = 0
    alternatives: tuple[str, ...] = ()
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class BenchTable:
    """A table of a set: what is declared of it, and the parquet file with its rows."""

    schema: TableSchema
    file: Path


@dataclass(frozen=True, slots=True)
class BenchDatabase:
    """The tables that questions with one db_id are about."""

    db_id: str
    folder: Path
    tables: tuple[BenchTable, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkSet:
    """Questions, their gold queries by id, and their databases by db_id.

    ``golds`` lacks the questions whose gold query is unusable or kept elsewhere; these can be
    asked, not scored.
    """

    name: str
    folder: Path
    questions: tuple[BenchQuestion, ...]
    golds: Mapping[str, Gold] = field(repr=False)
    databases: Mapping[str, BenchDatabase] = field(repr=False)


def load_set(path: Path | str) -> BenchmarkSet:
    """Read a set.

    Parameters
    ----------
    path
        The set's folder. Its ``db`` may be a folder, a link, or a text file that holds the path
        of the folder (what a link becomes where links cannot be stored).

    Returns
    -------
    BenchmarkSet
        All of its questions, in the order of the file.

    Raises
    ------
    EvaluationError
        When a file is missing or malformed; the message names file and line.
    """
    folder = Path(path).resolve()
    if not folder.is_dir():
        message = f"{path} is no folder with a benchmark set."
        raise EvaluationError(message, f"Name the folder that holds {QUESTIONS_FILE}.")
    questions = _read_questions(folder / QUESTIONS_FILE)
    root = _database_root(folder)
    db_ids = dict.fromkeys(question.db_id for question in questions)
    databases = {db_id: _read_database(root / db_id, db_id) for db_id in db_ids}
    return BenchmarkSet(folder.name, folder, questions, _read_golds(folder / GOLD_FILE), databases)


def _read_questions(file: Path) -> tuple[BenchQuestion, ...]:
    questions: dict[str, BenchQuestion] = {}
    for entry in read_records(file):
        question = BenchQuestion(
            id=entry.text("id"),
            db_id=entry.text("db_id"),
            question=entry.text("question"),
            evidence=entry.get("evidence", ""),
            difficulty=entry.get("difficulty", ""),
            language=entry.get("language", ""),
        )
        if question.id in questions:
            raise entry.problem(f"repeats the id {question.id!r}")
        _check_name(entry, question.db_id)
        questions[question.id] = question
    if not questions:
        raise EvaluationError(f"{file} holds no questions.", "Name a set that holds some.")
    return tuple(questions.values())


def _read_golds(file: Path) -> dict[str, Gold]:
    if not file.exists():
        return {}
    golds = (_gold(entry) for entry in read_records(file) if entry.get("usable", default=True))
    return {gold.id: gold for gold in golds}


def _gold(entry: Entry) -> Gold:
    if not entry.get("answerable", default=True):
        return Gold(entry.text("id"), sql="", answerable=False)
    cut = entry.get("limit_tie", default=False)
    return Gold(
        id=entry.text("id"),
        sql=entry.text("spark_sql"),
        ordered=entry.get("ordered", default=False),
        tie_sql=entry.get("tie_sql", ""),
        full_sql=entry.get("full_sql", "") if cut else "",
        limit=entry.get("limit", 0),
        alternatives=entry.texts("alternatives"),
    )


def _database_root(folder: Path) -> Path:
    root = folder / "db"
    if root.is_file():
        root = folder / read_text(root).strip()
    if not root.is_dir():
        message = f"{folder} has no folder db with its databases."
        raise EvaluationError(message, "Put db/<db_id>/ beside the questions, or link to it.")
    return root.resolve()


def _read_database(folder: Path, db_id: str) -> BenchDatabase:
    file = folder / SCHEMA_FILE
    entries = Entry(read_json_object(file), str(file)).entries("tables")
    names = {_name(entry).lower(): entry for entry in entries}
    tables = tuple(_table(entry, folder, db_id, names) for entry in entries)
    if not tables:
        raise EvaluationError(f"{file} declares no tables.", "Correct the file.")
    return BenchDatabase(db_id, folder, tables)


def _check_name(entry: Entry, name: str) -> None:
    # Spark's own catalog takes no other, in backticks neither (INVALID_SCHEMA_OR_RELATION_NAME)
    if not _CATALOG_NAME.fullmatch(name):
        raise entry.problem(f"has a name other than letters, digits and _: {name!r}")


def _name(entry: Entry) -> str:
    return entry.text("spark_name" if "spark_name" in entry.values else "name")


def _table(entry: Entry, folder: Path, db_id: str, others: Mapping[str, Entry]) -> BenchTable:
    name = _name(entry)
    _check_name(entry, name)
    file = folder / entry.get("file", f"{name}.parquet")
    if not file.exists():
        raise entry.problem(f"names a file that is not there: {file.name}")
    schema = TableSchema(
        name=TableName(name, database=db_id),
        columns=tuple(_column(column) for column in entry.entries("columns")),
        comment=entry.get("description", ""),
        primary_key=entry.texts("primary_key"),
        foreign_keys=tuple(_foreign_key(key, others) for key in entry.entries("foreign_keys")),
    )
    if not schema.columns:
        raise entry.problem("declares no columns")
    return BenchTable(schema, file)


def _column(entry: Entry) -> Column:
    kind = entry.text("spark_type")
    if not _TYPE.fullmatch(kind):
        raise entry.problem(f"has a type that is none of Spark's: {json.dumps(kind)}")
    return Column(_name(entry), kind, entry.get("description", ""))


def _foreign_key(entry: Entry, others: Mapping[str, Entry]) -> ForeignKey:
    target = entry.text("ref_table")
    other = others.get(target.lower())
    # A key that names no columns there means that table's primary key
    implied = other.texts("primary_key") if other else ()
    return ForeignKey(
        columns=entry.texts("columns"),
        table=_name(other) if other else target,
        references=entry.texts("ref_columns") or implied,
    )
