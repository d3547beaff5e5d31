"""``%%explain`` on the user's own SQL: words, costs and traps, without Spark."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamlink_magic.explaining import explain_statement
from streamlink_magic.settings import Settings
from streamlink_magic.steps.advise import find_costs, find_traps, read_statement, say_statement
from streamlink_magic.steps.render import Listing
from streamlink_magic.steps.repair import Known
from streamlink_magic.testing import FakeWorkbench, table

ORDERS = table("orders", "id int, buyer int, price double, note string, at timestamp, day date")
PEOPLE = replace(table("people", "id int, town string"), primary_key=("id",))
TABLES = (ORDERS, PEOPLE)


def traps(sql: str) -> str:
    read = read_statement(sql, TABLES)
    assert read is not None
    return " | ".join(find_traps(read))


def costs(sql: str) -> str:
    read = read_statement(sql, TABLES)
    assert read is not None
    return " | ".join(find_costs(read))


def explained(sql: str, workbench: FakeWorkbench | None = None) -> dict[str, list[str]]:
    """Return what is told of a statement, by what it is about."""
    listing = explain_statement(sql, Known(TABLES), workbench, Settings(), missing="no session")
    assert isinstance(listing, Listing)
    told: dict[str, list[str]] = {}
    about = ""
    for name, text in listing.rows:
        about = name or about
        told.setdefault(about, []).append(text)
    return told


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT id FROM orders WHERE buyer NOT IN (SELECT id FROM people)", "NOT EXISTS"),
        ("SELECT id FROM orders WHERE note = NULL", "write note IS NULL"),
        ("SELECT id FROM orders WHERE note <> NULL", "write note IS NOT NULL"),
        ("SELECT id FROM orders WHERE id IN (1, NULL)", "matches nothing"),
        ("SELECT id FROM orders WHERE note <> 'x'", "where note is null"),
        ("SELECT id FROM orders LIMIT 5", "arbitrary"),
        ("SELECT first(note) FROM orders", "whatever order"),
        ("SELECT row_number() OVER (PARTITION BY id) FROM orders", "no ORDER BY"),
        ("SELECT id FROM (SELECT id FROM orders ORDER BY id) s", "is lost"),
        (
            "SELECT o.id FROM orders o LEFT JOIN people p ON o.buyer = p.id WHERE p.town = 'x'",
            "works as an inner join",
        ),
        ("SELECT sum(p.x) FROM people p JOIN orders o ON o.buyer = p.id", "once for each match"),
        (
            "SELECT p.id, count(*) FROM people p LEFT JOIN orders o ON o.buyer = p.id GROUP BY 1",
            "counts 1 where there is no match",
        ),
        ("SELECT price / buyer FROM orders", "nullif(buyer, 0)"),
        ("SELECT CAST(note AS int) FROM orders", "try_cast"),
        ("SELECT id FROM orders WHERE day > '03/04/2021'", "two dates"),
        ("SELECT id FROM orders WHERE at BETWEEN '2021-01-01' AND '2021-01-31'", "midnight"),
        ("SELECT id FROM orders WHERE note = 5", "compares a string with a number"),
        ("SELECT id FROM orders WHERE price > '5'", "compares a double with a text"),
        ("SELECT id FROM orders WHERE id = 1 OR id = 2 AND price > 3", "AND binds before OR"),
        ("SELECT * FROM orders o JOIN people p ON o.buyer = p.id", "the same name"),
    ],
)
def test_a_trap_is_named(sql: str, said: str) -> None:
    """What is valid and may still be wrong is told."""
    assert said in traps(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM orders WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.id = buyer)",
        "SELECT id FROM orders WHERE note IS NULL",
        "SELECT id FROM orders ORDER BY id LIMIT 5",
        "SELECT count(*) FROM orders LIMIT 1",
        "SELECT o.id FROM orders o LEFT JOIN people p ON o.buyer = p.id WHERE p.id IS NULL",
        "SELECT sum(o.price) FROM orders o JOIN people p ON o.buyer = p.id",
        "SELECT price / nullif(buyer, 0), price / 2 FROM orders",
        "SELECT CAST(id AS string), try_cast(note AS int) FROM orders",
        "SELECT id FROM orders WHERE id = 1 OR (id = 2 AND price > 3)",
        "SELECT id FROM orders WHERE note = 'x' AND price > 5",
        "SELECT id FROM orders WHERE day BETWEEN '2021-01-01' AND '2021-01-31'",
    ],
)
def test_what_is_sound_is_left_alone(sql: str) -> None:
    """A reader who is warned of everything reads nothing."""
    assert traps(sql) == ""


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM orders", "Reads all rows of orders"),
        ("SELECT * FROM orders WHERE id = 1", "every column"),
        ("SELECT o.id FROM orders o CROSS JOIN people p WHERE o.id = 1", "every row with every"),
        ("SELECT o.id FROM orders o, people p WHERE o.id = 1", "every row with every row of p"),
        ("SELECT o.id FROM orders o JOIN people p ON o.id > p.id", "no equality"),
        ("SELECT id FROM orders WHERE id > 1 ORDER BY id", "Sorts all rows"),
        ("SELECT sum(id) OVER (ORDER BY id) FROM orders", "one single task"),
        ("SELECT explode(split(note, ',')) FROM orders", "a row of each item"),
        ("SELECT id FROM orders UNION SELECT id FROM people", "UNION ALL"),
        ("SELECT count(DISTINCT note) FROM orders", "approx_count_distinct"),
        ("SELECT id FROM orders WHERE year(day) = 2021", "cannot be left unread"),
        ("SELECT id FROM orders WHERE note LIKE '%x'", "begins with %"),
        (
            "SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.buyer = p.id)",
            "outer one",
        ),
    ],
)
def test_a_cost_is_named(sql: str, said: str) -> None:
    """What makes Spark work hard is told."""
    assert said in costs(sql)


def test_a_cheap_query_costs_nothing_to_speak_of() -> None:
    """Nothing is said for the sake of saying something."""
    sql = "SELECT o.id FROM orders o JOIN people p ON o.buyer = p.id WHERE o.id = 1 LIMIT 9"
    assert costs(sql) == ""
    assert costs("SELECT o.id FROM orders o, people p WHERE o.buyer = p.id") == ""


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("INSERT INTO orders SELECT 1", "Adds rows to orders"),
        ("INSERT OVERWRITE orders SELECT 1", "Replaces what is in orders"),
        ("CREATE OR REPLACE TABLE t AS SELECT 1", "Makes or replaces the table t"),
        ("CREATE TEMPORARY VIEW v AS SELECT 1", "Makes the view v"),
        ("DROP TABLE orders", "deleted"),
        ("DROP DATABASE shop CASCADE", "All that is in it"),
        ("DELETE FROM orders", "ALL rows of orders"),
        ("DELETE FROM orders WHERE id = 1", "the rows of orders where id = 1"),
        ("UPDATE orders SET price = 0", "ALL rows"),
        ("TRUNCATE TABLE orders", "ALL rows of orders"),
        ("ALTER TABLE orders ADD COLUMNS (x int)", "Changes how orders is made"),
        ("USE shop", "names in shop"),
        ("SET spark.sql.ansi.enabled = false", "a setting of the session"),
        (
            "MERGE INTO orders o USING people p ON o.id = p.id WHEN MATCHED THEN DELETE",
            "by the rows of another table",
        ),
        ("REFRESH TABLE orders", "a command"),
    ],
)
def test_a_statement_that_changes_something_is_told_and_not_analysed(sql: str, said: str) -> None:
    """Analysing some of them would run them, so Spark is not even asked."""

    class Untouched(FakeWorkbench):
        def parse(self, sql: str) -> object:  # type: ignore[override]
            raise AssertionError(sql)

        analyze = parse

    told = explained(sql, Untouched(TABLES))
    assert said in " ".join(told["what it does"])


def test_a_query_is_told_clause_by_clause_with_what_it_reads() -> None:
    """Words, tables with their columns, costs; and nothing is run."""
    workbench = FakeWorkbench(TABLES)
    told = explained("SELECT buyer, sum(price) FROM orders GROUP BY buyer", workbench)
    assert told["what it does"][0] == "Reads orders."
    assert told["what it reads"] == ["shop.orders: buyer, price"]
    assert "Reads all rows of orders" in told["what is costly"][0]
    assert workbench.ran == []


def test_a_name_that_is_not_there_comes_with_the_nearest() -> None:
    """Spark's complaint, and SQL that would work where one reading is left."""
    sql = "SELECT prize FROM orders"
    told = explained(sql, FakeWorkbench(TABLES, invalid={sql: "no column prize"}))
    assert told["does not work"][0] == "no column prize"


def test_without_a_session_the_words_are_there() -> None:
    """Neither Spark nor a model is needed to read SQL."""
    told = explained("SELECT id FROM orders LIMIT 3")
    assert told["not checked"] == ["Names are not checked: no session"]
    assert told["what could go wrong"]


def test_what_cannot_be_read_is_said_to_be_so() -> None:
    """Nothing is made up for text that is no SQL."""
    assert "cannot be taken apart" in explained("SELECT FROM WHERE (")["what it does"][0]


def test_a_query_is_no_statement_that_changes() -> None:
    """Only what is no query is told in that way."""
    read = read_statement("SELECT 1")
    assert read is not None
    assert say_statement(read.tree) == ()
