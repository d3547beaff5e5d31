"""Joins that nobody asked for are left out; those that a question is asked by stay."""

import pytest

from streamlink_magic.records import Completion, SqlDraft
from streamlink_magic.steps.repair import Known, mend_ahead
from streamlink_magic.testing import table

TABLES = (
    table("baker", "id int, name string, town string"),
    table("baker_at_fair", "baker_id int, fair_id int"),
    table("fair", "id int, year int"),
)


def mended(sql: str, question: str) -> str | None:
    """Return the statement on one line; None when it was left alone."""
    draft = mend_ahead(SqlDraft(sql, Completion("", "m")), Known(TABLES, question=question))
    return " ".join(draft.sql.split()) if draft else None


def test_a_table_that_nothing_reads_and_nobody_names_is_left_out() -> None:
    """The join would lose bakers without a fair, which nobody asked for."""
    sql = "SELECT b.town FROM baker b JOIN baker_at_fair x ON b.id = x.baker_id WHERE b.name = 'Bo'"
    done = mended(sql, "In which town does the baker Bo live?")
    assert done == "SELECT b.town FROM baker AS b WHERE b.name = 'Bo'"


def test_a_chain_of_needless_joins_goes_from_its_end() -> None:
    """Each is needless once the one after it is gone."""
    sql = (
        "SELECT b.town FROM baker b JOIN baker_at_fair x ON b.id = x.baker_id "
        "JOIN fair f ON f.id = x.fair_id"
    )
    assert mended(sql, "List the towns of all bakers") == "SELECT b.town FROM baker AS b"


def test_the_first_table_may_be_the_needless_one() -> None:
    """All is read from the table that was joined."""
    sql = "SELECT b.town FROM baker_at_fair x JOIN baker b ON b.id = x.baker_id"
    assert mended(sql, "List the towns of all bakers") == "SELECT b.town FROM baker AS b"


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        (
            "SELECT b.name FROM baker b JOIN baker_at_fair x ON b.id = x.baker_id",
            "Which bakers were at a fair?",
        ),
        (
            "SELECT town, count(*) FROM baker b JOIN baker_at_fair x ON b.id = baker_id GROUP BY 1",
            "How often was each one there?",
        ),
        (
            "SELECT name FROM baker b LEFT JOIN baker_at_fair ON b.id = baker_id WHERE fair_id = 1",
            "Which bakers stayed at home?",
        ),
        ("SELECT * FROM baker b JOIN baker_at_fair x ON b.id = x.baker_id", "Show the bakers"),
        ("SELECT name FROM baker b JOIN baker_at_fair x ON b.id = x.baker_id", ""),
    ],
    ids=["named", "rows counted", "read", "star", "no question"],
)
def test_a_join_that_may_be_meant_stays(sql: str, question: str) -> None:
    """When in doubt the statement is left as the model wrote it."""
    assert mended(sql, question) is None
