"""Statements that Spark would run, and that say something else than the question."""

from dataclasses import replace

import pytest

from streamlink_magic.records import ColumnValues, Completion, DataProfile, Join, SqlDraft
from streamlink_magic.steps.repair import Known, mend_ahead
from streamlink_magic.testing import table

BAKER = replace(table("baker", "id int, name string, town int"), primary_key=("id",))
SOLD = table("sold", "baker_id int, loaf_id int, day date")
LOAF = replace(table("loaf", "id int, flour string"), primary_key=("id",))
TOWN = replace(table("town", "nr int, title string, mayor string"), primary_key=("nr",))
PAGE = table("page", "book int, word string")
TABLES = (BAKER, SOLD, LOAF, TOWN, PAGE)
PROFILE = DataProfile(
    joins=(
        Join(SOLD.name, ("baker_id",), BAKER.name, ("id",), "declared", "high"),
        Join(SOLD.name, ("loaf_id",), LOAF.name, ("id",), "declared", "high"),
        Join(BAKER.name, ("town",), TOWN.name, ("nr",), "declared", "high"),
    ),
    values=(ColumnValues(TOWN.name, "title", ("Ulm", "Bonn"), complete=True, distinct=2, rows=2),),
)
SALES = "FROM baker b JOIN sold s ON b.id = s.baker_id JOIN loaf l ON s.loaf_id = l.id"
OF_ONE = "SELECT 1 FROM sold AS s INNER JOIN loaf AS l ON s.loaf_id = l.id WHERE b.id = s.baker_id"


def mended(sql: str, question: str) -> str | None:
    """Return the statement on one line; None when it was left alone."""
    draft = mend_ahead(SqlDraft(sql, Completion("", "m")), Known(TABLES, PROFILE, None, question))
    return " ".join(draft.sql.split()).replace("( ", "(").replace(" )", ")") if draft else None


@pytest.mark.parametrize("condition", ["l.flour <> 'rye'", "NOT l.flour = 'rye'", "flour != 'rye'"])
def test_those_without_one_are_not_those_with_another(condition: str) -> None:
    """Who sold no rye loaf is asked, however many others they sold."""
    done = mended(f"SELECT b.name {SALES} WHERE {condition}", "Which bakers never sold rye loaves?")
    assert done == f"SELECT b.name FROM baker AS b WHERE NOT EXISTS({OF_ONE} AND l.flour = 'rye')"


def test_the_query_may_begin_at_the_other_end() -> None:
    """What only served the denied condition goes, wherever it stood."""
    sql = (
        "SELECT b.name FROM sold s JOIN loaf l ON s.loaf_id = l.id JOIN baker b "
        "ON b.id = s.baker_id WHERE l.flour NOT IN ('rye', 'oat')"
    )
    done = mended(sql, "Name the bakers who did not sell rye or oat loaves")
    said = f"NOT EXISTS({OF_ONE} AND l.flour IN ('rye', 'oat'))"
    assert done == f"SELECT b.name FROM baker AS b WHERE {said}"


def test_joins_that_serve_another_condition_stay() -> None:
    """Sold oat, and no rye: the first needs the join."""
    sql = f"SELECT b.name {SALES} WHERE l.flour = 'oat' AND l.flour <> 'rye'"
    done = mended(sql, "Which bakers sold oat loaves but did not sell rye?")
    assert done is not None
    assert "JOIN loaf AS l ON s.loaf_id = l.id WHERE l.flour = 'oat' AND NOT EXISTS(" in done


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        (f"SELECT b.name {SALES} WHERE l.flour <> 'rye'", "Who sold loaves of other flour?"),
        (f"SELECT l.flour {SALES} WHERE l.flour <> 'rye'", "What did they sell, never mind rye?"),
        (
            "SELECT b.name FROM baker b JOIN town t ON b.town = t.nr WHERE t.title <> 'Ulm'",
            "Which bakers do not live in Ulm?",
        ),
        (
            f"SELECT b.name, count(*) {SALES} WHERE l.flour <> 'rye' GROUP BY b.name",
            "How many loaves without rye did each sell?",
        ),
    ],
)
def test_a_denied_property_stays_one(sql: str, question: str) -> None:
    """No deed is denied, or each row has one partner, or rows are counted."""
    assert mended(sql, question) is None


@pytest.mark.parametrize(
    "condition",
    ["l.flour IN ('rye', 'oat')", "(l.flour = 'rye' OR l.flour = 'oat')"],
)
def test_both_are_not_either(condition: str) -> None:
    """Each of two values gets a partner of its own."""
    question = "Which bakers sold both rye and oat loaves?"
    done = mended(f"SELECT b.name {SALES} WHERE {condition}", question)
    each = [f"EXISTS({OF_ONE} AND l.flour = '{flour}')" for flour in ("rye", "oat")]
    assert done == f"SELECT b.name FROM baker AS b WHERE {each[0]} AND {each[1]}"


def test_no_row_is_two_things_at_once() -> None:
    """The statement could only return nothing, whatever the question is."""
    done = mended(
        "SELECT p.book FROM page p WHERE p.word = 'yeast' AND p.word = 'salt'",
        "Which books have yeast and salt?",
    )
    half = "SELECT p.book FROM page AS p WHERE p.word = "
    assert done == f"{half}'yeast' INTERSECT {half}'salt'"


def test_words_said_again_before_the_second_value_ask_for_both() -> None:
    """A page with one and a page with the other: both are wanted."""
    done = mended(
        "SELECT p.book FROM page p WHERE p.word IN ('yeast', 'salt')",
        "Which books have a page with 'yeast' and a page with 'salt'?",
    )
    assert done is not None
    assert " INTERSECT " in done


@pytest.mark.parametrize(
    "question",
    [
        "Which books have yeast or salt?",
        "List the books with yeast and salt",
        "Books of both kinds",
    ],
)
def test_either_stays_either(question: str) -> None:
    """*And* between two values often lists them, and *both* may speak of something else."""
    assert mended("SELECT p.book FROM page p WHERE p.word IN ('yeast', 'salt')", question) is None


def test_a_name_is_looked_for_where_names_are() -> None:
    """The number of a town is not its name; comparing them would end the query."""
    done = mended("SELECT count(*) FROM baker WHERE town = 'Ulm'", "How many bakers are in Ulm?")
    join = "INNER JOIN town ON baker.town = town.nr"
    assert done == f"SELECT COUNT(*) FROM baker {join} WHERE town.title = 'Ulm'"


def test_a_name_that_no_row_has_is_left_where_it_is() -> None:
    """Nothing says which column would hold it."""
    assert mended("SELECT count(*) FROM baker WHERE town = 'Rom'", "How many are in Rom?") is None


def test_two_tables_under_one_alias_are_told_apart() -> None:
    """Each column goes to the table that has it; in the join each side is one table's."""
    sql = "SELECT b.name, b.day FROM baker b JOIN sold b ON b.id = b.baker_id"
    done = mended(sql, "Who sold, and when?")
    assert done == "SELECT b.name, sold.day FROM baker AS b JOIN sold ON b.id = sold.baker_id"


def test_a_needless_join_on_either_of_two_columns_goes() -> None:
    """Such a join repeats rows like any other."""
    sql = "SELECT b.name FROM baker b JOIN sold s ON b.id = s.baker_id OR b.id = s.loaf_id"
    assert mended(sql, "Name all bakers") == "SELECT b.name FROM baker AS b"


@pytest.mark.parametrize(
    ("written", "done"),
    [
        (
            "FROM town AS t JOIN sold AS s ON t.nr = s.baker_id",
            (
                "FROM town AS t INNER JOIN baker ON baker.town = t.nr "
                "JOIN sold AS s ON s.baker_id = baker.id"
            ),
        ),
        (
            "FROM sold AS s JOIN town AS t ON t.nr = s.baker_id",
            (
                "FROM sold AS s INNER JOIN baker ON s.baker_id = baker.id "
                "JOIN town AS t ON baker.town = t.nr"
            ),
        ),
    ],
)
def test_a_key_of_one_thing_is_not_that_of_another(written: str, done: str) -> None:
    """What was sold in a town was sold by its bakers, whichever table comes first."""
    question = "How many loaves were sold in each town?"
    sql = f"SELECT t.title, count(*) {written} GROUP BY t.title"
    assert mended(sql, question) == f"SELECT t.title, COUNT(*) {done} GROUP BY t.title"


@pytest.mark.parametrize(
    "joins",
    [
        "FROM town t LEFT JOIN sold s ON t.nr = s.baker_id",
        "FROM town t JOIN sold s ON t.nr = s.loaf_id",
        "FROM town t JOIN sold s ON t.nr = s.baker_id JOIN baker b ON b.id = s.baker_id",
        "FROM town t JOIN sold s ON t.nr > s.baker_id",
        "FROM baker t JOIN sold s ON t.id = s.baker_id",
    ],
    ids=["pads rows", "leads elsewhere", "is read already", "not equal", "as it is known"],
)
def test_a_join_that_may_be_meant_stays(joins: str) -> None:
    """Only one plain mistake is put right."""
    assert mended(f"SELECT count(*) {joins}", "How many were sold in each town?") is None
