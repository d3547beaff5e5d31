"""Sets are read whole or refused with file and line; samples stay the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation import BenchQuestion, choose, load_set, plain_messages, read_ids
from streamlink_magic.evaluation.database import create_table_sql, quote_text
from streamlink_magic.records import ForeignKey

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = [
    {"id": "q1", "db_id": "library", "question": "How many books are there?", "difficulty": "easy"},
    {"id": "q2", "db_id": "library", "question": "Who borrowed the most?", "evidence": "loans"},
    {"id": "q3", "db_id": "library", "question": "图书馆有多少本书", "language": "zh"},
]
GOLDS = [
    {"id": "q1", "spark_sql": "SELECT COUNT(*) FROM book", "usable": True, "tie_sql": None},
    {"id": "q2", "spark_sql": "SELECT 1", "ordered": True, "limit": 1, "full_sql": "SELECT 1, 2"},
    {"id": "q3", "spark_sql": "SELECT 1", "usable": False},
]
BOOK = {
    "name": "book",
    "spark_name": "book",
    "file": "book.parquet",
    "columns": [
        {"name": "id", "spark_name": "id", "spark_type": "bigint"},
        {"name": "title", "spark_name": "the title", "spark_type": "string", "description": "it's"},
    ],
    "primary_key": ["id"],
    "foreign_keys": [],
}
LOAN = {
    "name": "loan",
    "columns": [{"name": "book_id", "spark_type": "decimal(10, 2)"}],
    "foreign_keys": [{"columns": ["book_id"], "ref_table": "Book", "ref_columns": []}],
}


def write_lines(path: Path, records: list[dict[str, object]]) -> None:
    """Write records as JSON Lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


@pytest.fixture
def set_folder(tmp_path: Path) -> Path:
    """Return a small set of our own."""
    folder = tmp_path / "loans"
    database = folder / "db" / "library"
    database.mkdir(parents=True)
    write_lines(folder / "questions.jsonl", QUESTIONS)
    write_lines(folder / "gold_spark.jsonl", GOLDS)
    write_schema(folder, [BOOK, LOAN])
    for table in ("book", "loan"):
        (database / f"{table}.parquet").touch()
    return folder


def write_schema(folder: Path, tables: list[dict[str, object]]) -> None:
    """Write the library's schema."""
    text = json.dumps({"db_id": "library", "tables": tables})
    (folder / "db" / "library" / "schema.json").write_text(text, encoding="utf-8")


def test_a_set_is_read_whole(set_folder: Path) -> None:
    """Questions keep their order, unusable golds are left out, names are Spark's."""
    benchmark = load_set(set_folder)
    assert benchmark.name == "loans"
    assert [question.id for question in benchmark.questions] == ["q1", "q2", "q3"]
    assert benchmark.questions[2].language == "zh"
    assert set(benchmark.golds) == {"q1", "q2"}
    assert benchmark.golds["q2"].ordered
    # Without limit_tie the limit cuts no tie, so the longer query is not needed
    assert benchmark.golds["q2"].full_sql == ""
    book, loan = benchmark.databases["library"].tables
    assert book.schema.columns[1].name == "the title"
    assert book.schema.name.dotted == "library.book"
    assert loan.schema.foreign_keys == (ForeignKey(("book_id",), "book", ("id",)),)


def test_questions_do_not_hold_their_solution(set_folder: Path) -> None:
    """Whatever answers a question cannot look its gold query up."""
    assert not hasattr(load_set(set_folder).questions[0], "gold_sql")


def test_a_set_without_golds_can_be_asked(set_folder: Path) -> None:
    """Gold queries kept elsewhere are no reason not to answer."""
    (set_folder / "gold_spark.jsonl").unlink()
    assert load_set(set_folder).golds == {}


def test_a_link_kept_as_text_is_followed(set_folder: Path, tmp_path: Path) -> None:
    """Sets may share databases by a link, or by what is left of one."""
    other = tmp_path / "chinese"
    other.mkdir()
    write_lines(other / "questions.jsonl", QUESTIONS)
    (other / "db").write_text("../loans/db", encoding="utf-8")
    shared = load_set(other).databases["library"].folder
    assert shared == load_set(set_folder).databases["library"].folder


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{half", "questions.jsonl, line 4 is no JSON"),
        ("[1]", "questions.jsonl, line 4 is no JSON object"),
        ('{"id": "q9", "db_id": "library"}', "line 4 needs text in 'question'"),
        ('{"id": true, "db_id": "library"}', "line 4 needs text in 'id'"),
        ('{"id": "q1", "db_id": "library", "question": "?"}', "line 4 repeats the id 'q1'"),
        ('{"id": "q9", "db_id": "../x", "question": "?"}', "has a name other than"),
        ('{"id": "q9", "db_id": "nowhere", "question": "?"}', "schema.json cannot be read"),
        ('{"id": "q9", "db_id": "library", "question": "?", "evidence": 3}', "holds a int"),
    ],
)
def test_a_bad_line_is_named(set_folder: Path, line: str, complaint: str) -> None:
    """The error says which file and which line, and what is wrong there."""
    with (set_folder / "questions.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(EvaluationError) as caught:
        load_set(set_folder)
    assert complaint in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ([], "declares no tables"),
        ([{"name": "ghost"}], "names a file that is not there: ghost.parquet"),
        ([{"name": "book"}], "declares no columns"),
        ([{"name": "a book"}], "has a name other than letters, digits and _: 'a book'"),
        ([{"name": "book", "columns": [3]}], "needs a list of objects in 'columns'"),
        ([{**BOOK, "primary_key": [1]}], "needs a list of texts in 'primary_key'"),
        (
            [{"name": "book", "columns": [{"name": "a", "spark_type": "int) USING csv --"}]}],
            "none of Spark's",
        ),
    ],
)
def test_a_bad_schema_is_named(
    set_folder: Path, tables: list[dict[str, object]], complaint: str
) -> None:
    """A schema that cannot be used says why."""
    write_schema(set_folder, tables)
    with pytest.raises(EvaluationError) as caught:
        load_set(set_folder)
    assert complaint in str(caught.value)


def test_a_missing_part_is_named(set_folder: Path, tmp_path: Path) -> None:
    """No folder, no questions, no databases: each is told."""
    with pytest.raises(EvaluationError, match="is no folder"):
        load_set(tmp_path / "nothing")
    (set_folder / "questions.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(EvaluationError, match="not UTF-8"):
        load_set(set_folder)
    (set_folder / "questions.jsonl").write_text("\n")
    with pytest.raises(EvaluationError, match="holds no questions"):
        load_set(set_folder)
    (set_folder / "questions.jsonl").unlink()
    with pytest.raises(EvaluationError, match=r"questions\.jsonl cannot be read"):
        load_set(set_folder)
    write_lines(set_folder / "questions.jsonl", QUESTIONS)
    (set_folder / "db").rename(set_folder / "elsewhere")
    with pytest.raises(EvaluationError, match="has no folder db"):
        load_set(set_folder)


def numbered(count: int) -> tuple[BenchQuestion, ...]:
    """Return made-up questions."""
    return tuple(BenchQuestion(f"q{index}", "library", "?") for index in range(count))


def test_a_sample_is_the_same_everywhere() -> None:
    """The sample is pinned, in the order of the set, and a larger one holds the smaller."""
    questions = numbered(50)
    small = choose(questions, limit=4, seed=7)
    assert [question.id for question in small] == ["q8", "q10", "q21", "q38"]
    assert set(small) <= set(choose(questions, limit=9, seed=7))
    assert list(small) == sorted(small, key=questions.index)
    assert choose(questions, limit=4, seed=8) != small
    assert choose(questions, limit=99) == questions == choose(questions)


def test_ids_choose_in_the_order_of_the_set() -> None:
    """Only the questions named are kept; a limit then samples among them."""
    questions = numbered(5)
    chosen = choose(questions, ids=("q3", "q1"))
    assert [question.id for question in chosen] == ["q1", "q3"]
    assert len(choose(questions, ids=("q3", "q1"), limit=1)) == 1
    with pytest.raises(EvaluationError, match=r"1 of 2 ids are not in the set: q9\."):
        choose(questions, ids=("q9", "q1"))
    with pytest.raises(EvaluationError, match="leaves no question"):
        choose(questions, limit=0)


@pytest.mark.parametrize("text", ["q1\n\n q3 \nq1\n", '{"id": "q1"}\n{"id": "q3", "sql": ""}\n'])
def test_an_ids_file_has_two_forms(tmp_path: Path, text: str) -> None:
    """One id a line, or JSON Lines such as a file of predictions."""
    file = tmp_path / "ids"
    file.write_text(text, encoding="utf-8")
    assert read_ids(file) == ("q1", "q3")


def test_an_ids_file_without_ids_is_refused(tmp_path: Path) -> None:
    """An empty list would silently mean no question at all."""
    file = tmp_path / "ids"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="holds no ids"):
        read_ids(file)


def test_text_goes_into_sql_as_a_literal() -> None:
    """Quotes and backslashes are escaped, and Spark finds no variable to replace."""
    assert quote_text("it's \\ ${env:HOME}") == r"'it\'s \\ \u0024{env:HOME}'"


def test_create_table_quotes_every_name(set_folder: Path) -> None:
    """Names stand in backticks, comments and paths in literals."""
    sql = create_table_sql(load_set(set_folder).databases["library"].tables[0])
    assert sql.startswith(
        "CREATE TABLE IF NOT EXISTS `library`.`book` "
        r"(`id` bigint, `the title` string COMMENT 'it\'s') USING parquet LOCATION '/"
    )


def test_the_plain_baseline_sends_ddl_and_question(set_folder: Path) -> None:
    """Every table with its keys, the question, and the wish for one query."""
    tables = [table.schema for table in load_set(set_folder).databases["library"].tables]
    system, user = plain_messages(tables, "How many {books}?")
    assert (system.role, user.role) == ("system", "user")
    assert "CREATE TABLE book (\n  id bigint,\n  `the title` string,\n  PRIMARY KEY (id)\n);" in (
        user.content
    )
    assert "FOREIGN KEY (book_id) REFERENCES book (id)" in user.content
    assert "Question: How many {books}?" in user.content
    assert "Return only one Spark SQL query" in user.content
