"""How tables join, from names, types and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.catalog.joins import find_joins
from streamlink_magic.catalog.paths import shortest_paths
from streamlink_magic.records import ForeignKey, Join, TableName, TableSample, TableSchema
from streamlink_magic.testing import table

if TYPE_CHECKING:
    from collections.abc import Sequence


def sample(of: TableSchema, *rows: Sequence[object], complete: bool = True) -> TableSample:
    return TableSample(of.name, of.columns, tuple(map(tuple, rows)), complete)


AUTHORS = table("authors", "author_id int, name string")
BOOKS = table("books", "book_id int, author_id int, title string")
LOANS = table("loans", "loan_id int, book_id int, day date")


def conditions(*tables: TableSchema, samples: Sequence[TableSample] = ()) -> list[str]:
    return [join.condition for join in find_joins(tables, samples)]


def test_a_key_is_found_by_its_name_alone() -> None:
    """Without a sample the name that says table and key is enough."""
    (join,) = find_joins((AUTHORS, BOOKS))
    assert join.condition == "books.author_id = authors.author_id"
    assert (join.source, join.confidence) == ("inferred", "medium")
    assert "no values were compared" in join.reason


def test_values_that_are_all_found_make_a_join_sure() -> None:
    """The reason tells name and values."""
    samples = (
        sample(AUTHORS, (1, "Ann"), (2, "Bo"), (3, "Cy")),
        sample(BOOKS, (10, 1, "x"), (11, 1, "y"), (12, 3, "z"), (13, 2, "z")),
    )
    (join,) = find_joins((AUTHORS, BOOKS), samples)
    assert join.confidence == "high"
    assert "100% of 3 sampled values" in join.reason


def test_values_that_are_not_there_speak_against_a_join() -> None:
    """Where the whole target is known, its keys must hold the values."""
    samples = (
        sample(AUTHORS, (1, "Ann"), (2, "Bo")),
        sample(BOOKS, (10, 7, "x"), (11, 8, "y"), (12, 9, "z")),
    )
    assert find_joins((AUTHORS, BOOKS), samples) == ()


def test_a_target_whose_values_repeat_is_no_key() -> None:
    """A join to it would multiply rows."""
    samples = (
        sample(AUTHORS, (1, "Ann"), (1, "Bo")),
        sample(BOOKS, (10, 1, "x"), (11, 1, "y"), (12, 1, "z")),
    )
    assert find_joins((AUTHORS, BOOKS), samples) == ()


@pytest.mark.parametrize(
    ("column", "target", "key"),
    [
        ("CountryCode string", "country", "Code string"),
        ("country string", "countries", "country_code string"),
        ("home_country_id int", "country", "id int"),
        ("reported_by_staff_id int", "staff", "staff_id int"),
        ("dept_id int", "department", "id int"),
        ("staff_id_2 int", "staff", "staff_id int"),
        ("staffid int", "staff", "staff_id int"),
    ],
)
def test_names_refer_in_many_ways(column: str, target: str, key: str) -> None:
    """Roles, numbers, abbreviations, plurals and spellings."""
    joins = conditions(table("things", f"thing_no int, {column}"), table(target, f"{key}, x int"))
    assert len(joins) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a", "id int, x int"),
        ("a", "name string, id int"),
        ("a", "year int, amount double"),
    ],
)
def test_columns_that_merely_share_a_name_are_no_join(left: str, right: str) -> None:
    """Every table has an id and a name."""
    assert conditions(table(left, right), table("b", right)) == []


def test_declared_keys_come_first_and_composite_ones_are_kept_whole() -> None:
    """What the catalog says is not guessed again."""
    lines = TableSchema(
        TableName("lines", database="shop"),
        columns=table("lines", "order_no int, day date, amount int").columns,
        foreign_keys=(ForeignKey(("order_no", "day"), "orders", ("order_no", "day")),),
    )
    orders = table("orders", "order_no int, day date")
    first = find_joins((lines, orders))[0]
    assert first.source == "declared"
    assert first.condition == "lines.order_no = orders.order_no AND lines.day = orders.day"


def test_the_user_has_the_last_word() -> None:
    """A join taken away stays away, in either direction; one that was added is there."""
    found = find_joins((AUTHORS, BOOKS))[0]
    reverse = Join(found.right, found.right_columns, found.left, found.left_columns)
    own = Join(BOOKS.name, ("title",), AUTHORS.name, ("name",), source="user", confidence="high")
    assert find_joins((AUTHORS, BOOKS), added=(own,), removed=(reverse,)) == (own,)


def test_the_shortest_way_is_found_over_tables_between() -> None:
    """Joins are walked in both directions."""
    joins = find_joins((AUTHORS, BOOKS, LOANS))
    (path,) = shortest_paths(joins, [AUTHORS.name], LOANS.name)
    assert [join.condition for join in path] == [
        "books.author_id = authors.author_id",
        "loans.book_id = books.book_id",
    ]


def test_every_shortest_way_is_told() -> None:
    """Two columns that refer to the same table are two readings."""
    games = table("games", "game_id int, home_team_id int, guest_team_id int")
    teams = table("teams", "team_id int, town string")
    joins = find_joins((games, teams))
    assert len(shortest_paths(joins, [games.name], teams.name)) == 2
    assert shortest_paths(joins, [games.name], games.name) == ()
    assert shortest_paths((), [games.name], teams.name) == ()


def test_a_column_called_like_a_table_holds_that_tables_first_column() -> None:
    """Whatever the key is called, when all values are keys there; else nothing is said."""
    shops, sales = table("shops", "stand int, shop string"), table("sales", "shop int, paid int")
    rows = sample(sales, (1, 5), (2, 7), (3, 7), (1, 9))
    known = (sample(shops, (1, "Ann's"), (2, "Bo's"), (3, "Cy's")), rows)
    assert conditions(shops, sales, samples=known) == ["sales.shop = shops.stand"]
    lacking = (sample(shops, (1, "Ann's"), (2, "Bo's")), rows)
    assert conditions(shops, sales, samples=lacking) == []
    partly = (sample(shops, (1, "Ann's"), (2, "Bo's"), (3, "Cy's"), complete=False), rows)
    assert conditions(shops, sales, samples=partly) == []


def test_one_value_that_is_found_is_next_to_nothing() -> None:
    """The number 1 is a key of most tables: a name that says half of it is not enough then."""
    games = table("game", "id int, season int")
    parks = table("park", "id int, home_games int")
    played = sample(games, (1, 2010), (2, 2011), (3, 2012))
    one = (played, sample(parks, (1, 1), (2, 1), (3, 1)))
    assert [join.confidence for join in find_joins((games, parks), one)] == ["low"]
    several = (played, sample(parks, (1, 1), (2, 2), (3, 3)))
    assert [join.confidence for join in find_joins((games, parks), several)] == ["high"]
