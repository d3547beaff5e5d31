"""Questions that no table can answer are told by what the model makes up."""

from __future__ import annotations

import pytest

from streamlink_magic.errors import UnanswerableError
from streamlink_magic.steps.answerable import require_answerable
from streamlink_magic.testing import table

TABLES = (
    table("keepers", "keeper_id int, KeeperName string, town string"),
    table("hives", "hive_id int, keeper_id int, colour string, weight double"),
)


def refused(question: str, drafts: list[str], unexplained: tuple[str, ...] = ()) -> str:
    """Return why a question is refused; empty when it is not."""
    try:
        require_answerable(question, drafts, TABLES, unexplained)
    except UnanswerableError as error:
        return f"{error.message} {error.hint}"
    return ""


def test_names_that_half_of_the_drafts_make_up_are_missing() -> None:
    """The error names what is missing, the nearest tables and three ways on."""
    drafts = [
        "SELECT salary FROM keepers",
        "SELECT k.salary FROM keepers k",
        "SELECT 1",
        "SELECT 2",
    ]
    told = refused("What do keepers earn?", drafts)
    assert told.startswith("No table here holds salary. Nearest are keepers, hives;")
    assert '%streamlink term "salary"' in told
    assert "refuse_unanswerable = False" in told


def test_one_draft_is_enough_where_it_reads_the_question_s_own_word() -> None:
    """A slip of the model is no proof; a column called like what nothing explains is."""
    drafts = ["SELECT salary FROM keepers", *["SELECT town FROM keepers"] * 3]
    assert not refused("What are keepers paid?", drafts)
    assert not refused("What are the ten worst keepers?", drafts, ("ten", "worst"))
    assert not refused("What is their wage?", drafts, ("wage",))
    assert "holds salary" in refused("What is their salary?", drafts, ("salary",))


def test_tables_that_there_are_not() -> None:
    """Columns that are called alike do not make a table; another number of its name does."""
    astray = "SELECT count(*) FROM keeper_towns"
    assert "holds keeper_towns" in refused("How many?", [astray, astray, *["SELECT 1"] * 3])
    assert not refused("How many?", [astray, *["SELECT 1"] * 4])
    assert not refused("How many?", ["SELECT count(*) FROM Hive"] * 2)


def test_a_missing_thing_whose_name_something_else_gets() -> None:
    """The model sums weights and calls them the honey that was asked for."""
    drafts = ["SELECT sum(weight) AS honey FROM hives"]
    assert "holds honey" in refused("How much honey is there?", drafts, ("honey",))


@pytest.mark.parametrize(
    "value", ["count(*)", "weight - 2", "count(DISTINCT keeper_id)", "sum(weight * 2)"]
)
def test_what_is_counted_or_computed_may_have_a_name_of_its_own(value: str) -> None:
    """Pairs, shares and profits are in no table and can be answered."""
    assert not refused("What is the yield?", [f"SELECT {value} AS yield FROM hives"], ("yield",))


def test_fields_of_a_struct_are_names_like_any_other() -> None:
    """However deep they are."""
    nested = (table("posts", "author struct<mail:string,home:struct<street:string>>"),)
    drafts = ["SELECT author.home.street FROM posts", "SELECT author.mail FROM posts"]
    require_answerable("Which streets?", drafts, nested, ())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT keeper_name FROM keepers",
        "SELECT k.keeper_town AS place FROM keepers k ORDER BY place",
        "WITH heavy AS (SELECT * FROM hives WHERE weight > 9) SELECT count(*) AS n FROM heavy",
        "SELECT t.part FROM keepers LATERAL VIEW explode(split(town, ' ')) t AS part",
        "SELECT x.total FROM (SELECT sum(weight) AS total FROM hives) x",
        "SELECT count(* FROM",
        "SELECT r.id, r.id * 2 AS twice FROM range(9) r",
    ],
)
def test_names_in_another_spelling_and_names_that_the_query_gives_are_not_made_up(sql: str) -> None:
    """Repairs mend spellings; aliases, named queries and views of a row are the draft's own."""
    assert not refused("How many?", [sql, sql])


def test_a_synonym_beside_a_word_that_is_known_is_nothing_missing() -> None:
    """The question's own words go into names of results: that alone proves nothing."""
    drafts = ["SELECT town AS village_town FROM keepers"]
    assert not refused("Which village towns?", drafts, ("village",))
    assert "holds village" in refused(
        "Which villages?", ["SELECT town AS village FROM keepers"], ("village",)
    )
