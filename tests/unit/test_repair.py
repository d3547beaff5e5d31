"""Mending names from the catalog."""

import pytest

from streamlink_magic.records import Completion, SqlDraft
from streamlink_magic.steps.repair import Known, repair_sql
from streamlink_magic.testing import table

SINGERS = table("artist", "artist_id int, FullName string, birth_year int")
SONGS = table("song", "song_id int, artist_id int, title string, sold int")


def mended(sql: str) -> SqlDraft | None:
    return repair_sql(SqlDraft(sql, Completion(sql, "fake")), Known((SINGERS, SONGS)))


def test_a_column_is_taken_from_the_only_table_that_has_it() -> None:
    """The commonest mistake of a small model: the right column behind the wrong alias."""
    draft = mended("SELECT a.title FROM artist a JOIN song s ON a.artist_id = s.artist_id")
    assert draft is not None
    assert "s.title" in draft.sql
    assert draft.repairs == ("a.title was read from s, the table that has it.",)


@pytest.mark.parametrize("wrong", ["full_name", "a.full_name", "a.`full name`"])
def test_a_name_that_differs_in_spelling_only_is_put_right(wrong: str) -> None:
    """Case, underscores and spaces are no difference in meaning."""
    draft = mended(f"SELECT {wrong} FROM artist a")
    assert draft is not None
    assert "FullName" in draft.sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT title FROM song",
        "SELECT a.nothing FROM artist a JOIN song s ON a.artist_id = s.artist_id",
        "SELECT s.title FROM (SELECT * FROM song) s",
        "SELECT count(*) AS total FROM song ORDER BY total",
        "SELECT x.a FROM unknown x",
        "SELECT FROM WHERE",
        "SELECT count(*) FROM artist a JOIN song s ON a.title = s.title",
    ],
)
def test_what_is_right_or_has_several_readings_is_left_alone(sql: str) -> None:
    """A guess would be worse than an error."""
    assert mended(sql) is None


def test_inner_queries_are_mended_by_their_own_tables() -> None:
    """Each scope has its own sources."""
    draft = mended("SELECT FullName FROM artist WHERE artist_id IN (SELECT artistid FROM song)")
    assert draft is not None
    assert draft.repairs == ("artistid was read as artist_id, the column's real name.",)


def test_a_chinese_alias_is_put_into_backticks() -> None:
    """Spark takes such a name only so, and models forget it."""
    draft = mended("SELECT count(*) AS 总数 FROM song ORDER BY 总数")
    assert draft is not None
    assert draft.sql.count("`总数`") == 2
    assert draft.repairs == ("总数 was put into backticks.",)
