"""Mending names from the catalog."""

from dataclasses import replace

import pytest

from streamlink_magic.catalog.profile import profile_data
from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.records import ColumnValues, Completion, DataProfile, SqlDraft, Verdict
from streamlink_magic.steps.repair import Known, mend_ahead, repair_sql
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


def spark_says(condition: str) -> InvalidSqlError:
    return InvalidSqlError(Verdict(allowed=False, rule="x"), condition=condition)


PLAYERS = table("player", "player_id int, name string, team_id int, city string")
TEAMS = table("team", "team_id int, name string, stadium string, league_code string")
LEAGUES = table("league", "league_code string, title string")
SPONSORS = table("sponsor", "sponsor_id int, title string")
SPORT = (PLAYERS, TEAMS, LEAGUES, SPONSORS)


def repaired(
    sql: str, condition: str = "UNRESOLVED_COLUMN", question: str = "", *values: ColumnValues
) -> SqlDraft | None:
    profile = replace(profile_data(SPORT), values=values)
    sure = tuple(replace(join, confidence="high") for join in profile.joins)
    known = Known(SPORT, replace(profile, joins=sure), spark_says(condition), question)
    return repair_sql(SqlDraft(sql, Completion(sql, "fake")), known)


def flat(draft: SqlDraft | None) -> str:
    return " ".join(draft.sql.split()) if draft else ""


def test_a_missing_table_is_joined_over_the_one_between() -> None:
    """The way is told, since it decides what the answer means."""
    draft = repaired("SELECT player.name FROM player WHERE league.title = 'Cup'")
    assert flat(draft) == (
        "SELECT player.name FROM player INNER JOIN team ON player.team_id = team.team_id "
        "INNER JOIN league ON team.league_code = league.league_code WHERE league.title = 'Cup'"
    )
    assert draft is not None
    assert "player.team_id = team.team_id" in draft.repairs[0]


def test_names_and_stars_keep_their_meaning_when_a_table_is_joined() -> None:
    """``name`` is in both tables then, and a star would take in the new one's columns."""
    draft = repaired("SELECT *, name FROM player WHERE team.stadium = 'x'")
    assert flat(draft).startswith("SELECT player.*, player.name FROM player INNER JOIN team")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM player WHERE title = 'Cup'",
        "SELECT sponsor.title FROM player",
        "SELECT p.colour FROM player p",
        "SELECT t.name FROM player p JOIN team t ON p.team_id = t.team_id WHERE x.name = 'y'",
    ],
)
def test_nothing_is_joined_where_several_tables_or_no_way_would_do(sql: str) -> None:
    """Two tables have a title, and nothing leads to the sponsors."""
    assert repaired(sql) is None


def test_a_join_added_to_one_query_leaves_the_others_alone() -> None:
    """A subquery has its own tables."""
    sql = (
        "SELECT name FROM player WHERE team_id IN (SELECT team_id FROM team WHERE league.title = 1)"
    )
    draft = repaired(sql)
    assert flat(draft).startswith("SELECT name FROM player WHERE team_id IN ( SELECT team.team_id")


def test_values_decide_between_tables_that_share_a_column() -> None:
    """Only one of them can hold the text."""
    cups = ColumnValues(LEAGUES.name, "title", ("Cup", "Bowl"), True, 2, 2)
    shops = ColumnValues(SPONSORS.name, "title", ("Shoes",), True, 1, 1)
    draft = repaired("SELECT stadium FROM team WHERE title = 'Cup'", "", "", cups, shops)
    assert "league.title = 'Cup'" in flat(draft)


def test_an_output_is_not_asked_for_twice() -> None:
    """``t.name, x.name``: the second one is not the first again."""
    draft = repaired("SELECT t.name, x.name FROM player p JOIN team t ON p.team_id = t.team_id")
    assert flat(draft).startswith("SELECT t.name, p.name FROM")


def test_a_broken_condition_becomes_the_known_join() -> None:
    """The tables are right, the columns are made up."""
    draft = repaired(
        "SELECT p.city FROM player p JOIN team t ON p.id_team = t.player WHERE t.name = 'x'"
    )
    assert "JOIN team AS t ON p.team_id = t.team_id" in flat(draft)


@pytest.mark.parametrize(
    ("question", "kept"), [("Players of which city?", False), ("Which player has a league?", True)]
)
def test_a_table_nobody_spoke_of_is_left_out_of_a_broken_join(question: str, kept: bool) -> None:  # noqa: FBT001
    """Small models join what nobody asked for."""
    sql = "SELECT p.city FROM player p JOIN league l ON p.league_code = l.league_code"
    draft = repaired(sql, question=question)
    assert ("league" in flat(draft)) is kept
    assert draft is not None
    assert draft.repairs


def test_a_table_that_does_not_exist_is_read_as_the_one_that_has_its_columns() -> None:
    """A table of songs, where songs are a column."""
    draft = repaired(
        "SELECT p.name FROM player p JOIN stadiums s ON p.team_id = s.team_id "
        "JOIN team t ON p.team_id = t.team_id WHERE s.stadium = 'x'",
        "TABLE_OR_VIEW_NOT_FOUND",
    )
    assert "stadiums" not in flat(draft)
    assert "t.stadium = 'x'" in flat(draft)


@pytest.mark.parametrize(
    ("sql", "condition", "end"),
    [
        (
            "SELECT city, name, count(*) FROM player GROUP BY city",
            "MISSING_AGGREGATION",
            "GROUP BY city, name",
        ),
        (
            "SELECT city FROM player ORDER BY count(*) DESC LIMIT 1",
            "MISSING_GROUP_BY",
            "GROUP BY city ORDER BY COUNT(*) DESC LIMIT 1",
        ),
        (
            "SELECT city FROM player WHERE count(*) > 1 AND name = 'x' GROUP BY city",
            "INVALID_WHERE_CONDITION",
            "WHERE name = 'x' GROUP BY city HAVING COUNT(*) > 1",
        ),
        ("SELECT TOP 3 city FROM player", "PARSE_SYNTAX_ERROR", "LIMIT 3"),
        ("SELECT [city] FROM player", "PARSE_SYNTAX_ERROR", "SELECT `city` FROM player"),
    ],
)
def test_grouping_and_other_dialects_are_mended(sql: str, condition: str, end: str) -> None:
    """What Spark wants otherwise is written so."""
    assert flat(repaired(sql, condition)).endswith(end)


def fitted(sql: str, *values: ColumnValues) -> str:
    known = Known(SPORT, DataProfile(values=values))
    draft = mend_ahead(SqlDraft(sql, Completion(sql, "fake")), known)
    return flat(draft) if draft else sql


CITIES = ColumnValues(PLAYERS.name, "city", ("New York", "Oslo"), True, 2, 40)


def test_a_text_in_other_spelling_is_put_right_where_it_is_compared() -> None:
    """In a list too; other texts stay."""
    sql = "SELECT name FROM player WHERE city IN ('new-york', 'Rome') AND name = 'oslo'"
    assert "city IN ('New York', 'Rome') AND name = 'oslo'" in fitted(sql, CITIES)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Oslo", CITIES),
        ("Osla", CITIES),
        ("oslo", replace(CITIES, complete=False)),
        ("oslo", ColumnValues(PLAYERS.name, "city", ("Oslo", "OSLO"), True, 2, 40)),
        ("Oslo", ColumnValues(PLAYERS.name, "city", ("Oslo ",), True, 1, 40)),
    ],
)
def test_a_text_is_left_alone_unless_one_value_is_meant(text: str, values: ColumnValues) -> None:
    """A near miss may be what the user wrote, and rows beyond a sample may have it."""
    sql = f"SELECT name FROM player WHERE city = '{text}'"
    assert fitted(sql, values) == sql


def test_what_cannot_be_written_for_spark_without_a_loss_is_not_mended() -> None:
    """A repair must not change another part of the statement."""
    assert repaired("SELECT to_char(citi, 'YYYY') FROM player") is None
