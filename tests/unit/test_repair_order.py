"""A result is ordered the way that the question says, and upward where it does not say."""

import pytest

from streamlink_magic.records import Completion, SqlDraft
from streamlink_magic.steps.repair import Known, mend_ahead
from streamlink_magic.testing import table

CAKES = (table("cakes", "name string, weight int"),)


def mended(sql: str, question: str) -> str | None:
    """Return the statement on one line; None when it was left alone."""
    draft = mend_ahead(SqlDraft(sql, Completion("", "m")), Known(CAKES, question=question))
    return " ".join(draft.sql.split()) if draft else None


def test_sorted_by_means_upward() -> None:
    """As it does in SQL; the change is told."""
    done = mended("SELECT name FROM cakes ORDER BY weight DESC", "List the cakes sorted by weight")
    assert done == "SELECT name FROM cakes ORDER BY weight ASC"


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        ("SELECT name FROM cakes ORDER BY weight DESC", "Cakes sorted by weight, descending"),
        ("SELECT name FROM cakes ORDER BY weight DESC", "Cakes ordered by weight from high to low"),
        ("SELECT name FROM cakes ORDER BY weight DESC LIMIT 3", "Three cakes sorted by weight"),
        ("SELECT name FROM cakes ORDER BY weight DESC", "Show the cakes"),
        ("SELECT name FROM cakes ORDER BY weight", "Cakes sorted by weight"),
    ],
    ids=["says so", "in other words", "cut", "not asked", "upward already"],
)
def test_what_the_question_does_not_settle_is_left_alone(sql: str, question: str) -> None:
    """The model's own order stands."""
    assert mended(sql, question) is None
