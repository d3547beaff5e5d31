"""Broken statements mended and run: what Spark says about the repaired ones decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.profile import profile_data
from streamlink_magic.drafting import guard_or_mend
from streamlink_magic.errors import InvalidSqlError, UnsafeSqlError
from streamlink_magic.records import Completion, DataProfile, GuardedQuery, SqlDraft, TableSchema
from streamlink_magic.sampling import GuardedSampler
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.steps.repair import Known, missing_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from streamlink_magic.protocols import Workbench

pytestmark = pytest.mark.spark


@dataclass(frozen=True)
class Library:
    """A lending library, with what is known of it."""

    workbench: Workbench
    tables: tuple[TableSchema, ...]
    profile: DataProfile

    def mend(self, sql: str, question: str = "") -> tuple[SqlDraft, GuardedQuery]:
        """Return the draft that the guard let through, and its query."""
        known = Known(self.tables, self.profile, question=question)
        return guard_or_mend(
            SqlDraft(sql, Completion(sql, "fake")), known, self.workbench, Settings()
        )

    def rows(self, sql: str, question: str = "") -> list[tuple[object, ...]]:
        """Return the rows of the mended statement."""
        draft, query = self.mend(sql, question)
        assert draft.repairs
        result = self.workbench.run(query, row_limit=100, timeout_s=60, progress=lambda *_: None)
        return sorted(result.rows, key=str)


@pytest.fixture(scope="module")
def library(spark: SparkSession) -> Iterator[Library]:
    """Yield writers, books of theirs, readers, and loans between readers and books."""
    for statement in (
        "CREATE DATABASE library",
        "USE library",
        (
            "CREATE TABLE writers (writer_id INT, FullName STRING, land STRING, born DATE)"
            " USING parquet"
        ),
        "CREATE TABLE books (book_id INT, writer_id INT, title STRING, pages INT) USING parquet",
        "CREATE TABLE readers (reader_id INT, name STRING, sex STRING) USING parquet",
        "CREATE TABLE loans (loan_id INT, book_id INT, reader_id INT, day DATE) USING parquet",
        (
            "INSERT INTO writers VALUES (1, 'Ann Ash', 'Norway', DATE'1950-03-01'),"
            " (2, 'Bo Birch', 'Peru', DATE'1960-04-01'),"
            " (3, 'Cy Cedar', 'Norway', DATE'1970-05-01')"
        ),
        (
            "INSERT INTO books VALUES (10, 1, 'Salt', 100), (11, 1, 'Sand', 200),"
            " (12, 2, 'Silk', 90), (13, 3, 'Soot', 50)"
        ),
        "INSERT INTO readers VALUES (21, 'Dee', 'F'), (22, 'Eli', 'M'), (23, 'Flo', 'F')",
        (
            "INSERT INTO loans VALUES (31, 10, 21, DATE'2024-01-05'),"
            " (32, 12, 21, DATE'2024-02-05'),"
            " (33, 13, 22, DATE'2025-01-05'), (34, 11, 23, DATE'2025-01-06')"
        ),
    ):
        spark.sql(statement)
    workbench = open_workbench(spark)
    tables = tuple(workbench.describe(one) for one in workbench.list_tables())
    yield Library(workbench, tables, profile_data(tables, GuardedSampler(workbench, Policy())))
    spark.sql("USE default")
    spark.sql("DROP DATABASE library CASCADE")


MENDED = {
    "an aggregate to order by alone": (
        (
            "SELECT w.FullName FROM writers w JOIN books b ON w.writer_id = b.writer_id "
            "ORDER BY count(b.book_id) DESC LIMIT 1"
        ),
        [("Ann Ash",)],
    ),
    "the wrong alias": (
        (
            "SELECT b.FullName FROM writers w JOIN books b ON w.writer_id = b.writer_id "
            "WHERE b.pages > 150"
        ),
        [("Ann Ash",)],
    ),
    "another spelling": ("SELECT full_name FROM writers WHERE writerid = 2", [("Bo Birch",)]),
    "fewer words": ("SELECT id FROM readers WHERE reader_name = 'Eli'", [(22,)]),
    "an alias that is nowhere": (
        "SELECT T2.title FROM writers AS T1 WHERE T1.FullName = 'Bo Birch'",
        [("Silk",)],
    ),
    "a table that was not joined": (
        "SELECT count(*) FROM books WHERE writers.land = 'Norway'",
        [(3,)],
    ),
    "a way over a table between": (
        "SELECT DISTINCT readers.name FROM readers WHERE books.title = 'Silk'",
        [("Dee",)],
    ),
    "a condition on a column that is not there": (
        (
            "SELECT r.name, b.title FROM readers r JOIN books b ON r.book_id = b.book_id "
            "WHERE b.pages < 60"
        ),
        [("Eli", "Soot")],
    ),
    "a table in the plural": ("SELECT count(*) FROM writer", [(3,)]),
    "a value in other case": ("SELECT count(*) FROM writers WHERE land = 'NORWAY'", [(2,)]),
    "a name for a code": ("SELECT count(*) FROM readers WHERE sex = 'female'", [(2,)]),
    "a selected column that is not grouped": (
        (
            "SELECT writers.land, books.writer_id, count(*) FROM writers "
            "JOIN books ON writers.writer_id = books.writer_id "
            "GROUP BY books.writer_id HAVING count(*) > 1"
        ),
        [("Norway", 1, 2)],
    ),
    "a name beside a maximum": ("SELECT title, max(pages) FROM books", [("Sand", 200)]),
    "an aggregate in WHERE": (
        "SELECT writer_id FROM books WHERE count(*) > 1 GROUP BY writer_id",
        [(1,)],
    ),
    "distinct rows in another order": (
        "SELECT DISTINCT land FROM writers ORDER BY born LIMIT 1",
        [("Norway",)],
    ),
    "SQLite's dates": (
        "SELECT count(*) FROM loans WHERE strftime('%Y', day) = '2025'",
        [(2,)],
    ),
    "SQL Server's top": ("SELECT TOP 1 title FROM books ORDER BY pages", [("Soot",)]),
    "quoted names": ('SELECT T1."title" FROM books AS T1 WHERE T1."pages" = 90', [("Silk",)]),
    "a quoted name that Spark takes for a text": (
        'SELECT "land", count(*) FROM writers GROUP BY "land"',
        [("Norway", 2), ("Peru", 1)],
    ),
    "several mistakes at once": (
        "SELECT reader_names FROM readers WHERE books.titel = 'silk'",
        [("Dee",)],
    ),
    "a column in a subquery": (
        (
            "SELECT title FROM books WHERE writer_id NOT IN "
            "(SELECT b.writer_id FROM writers w WHERE land = 'Norway')"
        ),
        [("Silk",)],
    ),
}


@pytest.mark.parametrize("case", MENDED)
def test_a_broken_statement_is_mended_and_answers_right(library: Library, case: str) -> None:
    """Each mistake alone, as small models make them."""
    sql, rows = MENDED[case]
    assert library.rows(sql) == rows


LEFT_OUT = {
    "Which writers are from Norway?": (
        (
            "SELECT w.FullName FROM writers w JOIN loans l ON w.loan_id = l.loan_id "
            "WHERE w.land = 'Norway'"
        ),
        [("Ann Ash",), ("Cy Cedar",)],
    ),
    "Which books did a reader take?": (
        (
            "SELECT DISTINCT b.title FROM books b JOIN readers r ON b.reader_id = r.reader_id "
            "WHERE b.pages < 100"
        ),
        [("Silk",), ("Soot",)],
    ),
    "How many pages has each book?": (
        "SELECT b.title, b.pages FROM loans l JOIN books b ON l.title = b.title WHERE b.pages > 90",
        [("Salt", 100), ("Sand", 200)],
    ),
}


@pytest.mark.parametrize("question", LEFT_OUT)
def test_a_question_tells_which_tables_are_meant(library: Library, question: str) -> None:
    """A table in a broken join is left out where nobody spoke of it, and joined where one did."""
    sql, rows = LEFT_OUT[question]
    assert library.rows(sql, question) == rows


def test_the_limit_of_another_database_is_written_as_sparks(library: Library) -> None:
    """The first number skips rows."""
    draft, _ = library.mend("SELECT title FROM books ORDER BY pages LIMIT 1, 2")
    assert " ".join(draft.sql.split()).endswith("LIMIT 2 OFFSET 1")


def test_a_text_that_no_row_has_is_told(library: Library) -> None:
    """With the nearest that one has; only where the whole column is known."""
    known = Known(library.tables, library.profile)
    sql = "SELECT count(*) FROM writers WHERE land = 'Norwai' AND FullName <> 'Ann Ash'"
    assert missing_values(sql, known) == ("No row has 'Norwai' in land; the nearest is 'Norway'.",)
    assert missing_values(sql, Known(library.tables)) == ()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT title FROM books WHERE pages > 100",
        "SELECT count(*) FROM writers WHERE land = 'Norway'",
        "SELECT land, count(*) AS n FROM writers GROUP BY land HAVING n > 1 ORDER BY n",
        "WITH long AS (SELECT * FROM books WHERE pages > 90) SELECT title FROM long",
        "SELECT 'land' AS label, count(*) FROM writers",
        "SELECT name FROM readers WHERE name = 'Zoe'",
        (
            "SELECT b.title FROM books b WHERE EXISTS "
            "(SELECT 1 FROM loans l WHERE l.book_id = b.book_id AND day > DATE'2025-01-01')"
        ),
    ],
)
def test_a_statement_that_is_right_is_left_alone(library: Library, sql: str) -> None:
    """Not a letter of it changes."""
    draft, _ = library.mend(sql)
    assert (draft.sql, draft.repairs) == (sql, ())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT shoe_size FROM readers",
        "SELECT a.day FROM books a JOIN writers b ON a.writer_id = b.writer_id WHERE a.colour = 1",
        "SELECT wages FROM staff",
    ],
)
def test_what_nothing_stands_for_stays_an_error(library: Library, sql: str) -> None:
    """An error is better than an answer to another question."""
    with pytest.raises(InvalidSqlError) as caught:
        library.mend(sql)
    assert caught.value.sql


def test_a_repair_makes_nothing_safe(library: Library) -> None:
    """The guard sees the mended statement like any other."""
    with pytest.raises(UnsafeSqlError):
        library.mend("SELECT reflect('java.lang.System', 'exit', full_name) FROM writers")


def test_without_repairs_a_draft_is_only_guarded(library: Library) -> None:
    """The step can be left out, so that its worth can be measured."""
    draft = SqlDraft("SELECT full_name FROM writers", Completion("", "fake"))
    known = Known(library.tables, library.profile)
    with pytest.raises(InvalidSqlError):
        guard_or_mend(draft, known, library.workbench, Settings(repair=False))
    assert guard_or_mend(draft, known, library.workbench, Settings())[0].repairs
