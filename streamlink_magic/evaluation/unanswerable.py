"""A set of questions that its tables cannot answer, made from one whose tables can.

Each question meets its own database with the one column or table taken out that its gold query
cannot do without. The parquet files are the same, reached by links; what was taken out is not
declared, so Spark does not show it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.benchmark import GOLD_FILE, QUESTIONS_FILE, SCHEMA_FILE
from streamlink_magic.evaluation.choice import choose
from streamlink_magic.evaluation.essential import Removal, removals
from streamlink_magic.evaluation.predictions import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from streamlink_magic.evaluation.benchmark import BenchDatabase, BenchmarkSet, BenchQuestion
    from streamlink_magic.records import TableSchema

_FIELDS = ("question", "evidence", "difficulty", "language")


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """A question, the database that it meets, and what was taken out of that."""

    question: BenchQuestion
    db_id: str
    removal: Removal


def make_unanswerable(benchmark: BenchmarkSet, limit: int, seed: int) -> tuple[Unanswerable, ...]:
    """Choose questions and what to take out for each.

    Parameters
    ----------
    limit
        At most so many questions; the choice is the same on every machine.
    seed
        Another seed gives another choice.

    Raises
    ------
    EvaluationError
        When no question depends on something that can be taken out.
    """
    possible = {question.id: _removals(benchmark, question) for question in benchmark.questions}
    able = [question for question in benchmark.questions if possible[question.id]]
    if not able:
        message = f"No question of {benchmark.name} depends on a column that stands alone."
        raise EvaluationError(message, "Take a set with gold queries and more varied columns.")
    variants: dict[tuple[str, Removal], str] = {}
    made = []
    for question in choose(able, limit=limit, seed=seed):
        removal = _one_of(possible[question.id], f"{seed}:{question.id}")
        # A number and not what is missing: the model may see the database's name
        name = f"{question.db_id}_{len(variants) + 1}"
        db_id = variants.setdefault((question.db_id, removal), name)
        made.append(Unanswerable(question, db_id, removal))
    return tuple(made)


def write_unanswerable(benchmark: BenchmarkSet, made: Sequence[Unanswerable], out: Path) -> None:
    """Write the set, in the layout of any other.

    Parameters
    ----------
    benchmark
        The set that the questions are from; its parquet files are linked to.
    out
        A new folder.

    Raises
    ------
    EvaluationError
        When the folder holds something already, or cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise EvaluationError(f"{out} is not empty.", "Name a new folder: --out DIR.")
        for db_id, one in {one.db_id: one for one in made}.items():
            source = benchmark.databases[one.question.db_id]
            _write_database(source, one.removal, out / "db" / db_id)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}."
        raise EvaluationError(message, "Choose another --out.") from error
    write_atomically(out / QUESTIONS_FILE, _lines(_question_json(one) for one in made))
    write_atomically(out / GOLD_FILE, _lines(_gold_json(one) for one in made))


def _removals(benchmark: BenchmarkSet, question: BenchQuestion) -> tuple[Removal, ...]:
    gold = benchmark.golds.get(question.id)
    tables = [table.schema for table in benchmark.databases[question.db_id].tables]
    return removals(gold.sql, tables) if gold and gold.answerable else ()


def _one_of(possible: Sequence[Removal], text: str) -> Removal:
    digest = hashlib.sha256(text.encode()).digest()
    return possible[int.from_bytes(digest) % len(possible)]


def _write_database(source: BenchDatabase, removal: Removal, folder: Path) -> None:
    folder.mkdir(parents=True)
    tables = []
    for table in source.tables:
        if table.schema.name.name == removal.table and not removal.column:
            continue
        target = os.path.relpath(table.file.resolve(), folder.resolve())
        (folder / table.file.name).symlink_to(target)
        tables.append({**_table_json(table.schema, removal), "file": table.file.name})
    text = json.dumps({"db_id": folder.name, "tables": tables}, indent=1, ensure_ascii=False)
    write_atomically(folder / SCHEMA_FILE, text + "\n")


def _table_json(table: TableSchema, removal: Removal) -> dict[str, object]:
    """Return a table's declaration without the column, and without keys to the removed table."""
    gone = removal.column if table.name.name == removal.table else ""
    return {
        "name": table.name.name,
        "description": table.comment,
        "columns": [
            {"name": one.name, "spark_type": one.type, "description": one.comment}
            for one in table.columns
            if one.name != gone
        ],
        "primary_key": table.primary_key,
        "foreign_keys": [
            {"columns": key.columns, "ref_table": key.table, "ref_columns": key.references}
            for key in table.foreign_keys
            if removal.column or key.table != removal.table
        ],
    }


def _question_json(one: Unanswerable) -> dict[str, object]:
    words = {name: getattr(one.question, name) for name in _FIELDS}
    return {"id": one.question.id, "db_id": one.db_id, **words}


def _gold_json(one: Unanswerable) -> dict[str, object]:
    return {"id": one.question.id, "answerable": False, "removed": str(one.removal)}


def _lines(records: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
