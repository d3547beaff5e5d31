"""Values in samples, in questions, and near to a literal."""

from __future__ import annotations

import datetime as dt

import pytest

from streamlink_magic.catalog.nearness import nearest_value
from streamlink_magic.catalog.profile import JoinCorrections, profile_data
from streamlink_magic.catalog.values import find_values, index_values, is_category
from streamlink_magic.records import (
    ColumnValues,
    DataProfile,
    TableName,
    TableSample,
    TableSchema,
)
from streamlink_magic.testing import FakeClock, table

PETS = table("pets", "name string, kind string, born date, weight double")
NAME = TableName("pets", database="shop")


def values(*texts: str, complete: bool = True) -> ColumnValues:
    return ColumnValues(NAME, "kind", texts, complete, len(texts), 10 * len(texts))


def rows(*pets: tuple[object, ...], complete: bool = True) -> TableSample:
    return TableSample(NAME, PETS.columns, pets, complete)


def test_a_text_column_keeps_its_values_the_commonest_first() -> None:
    """Nulls are no value; numbers and dates keep their range."""
    day = dt.date(2020, 1, 2)
    sample = rows(("Rex", "dog", day, 3.5), ("Tom", "cat", None, 4.0), ("Bo", "dog", day, None))
    by_name = {one.column: one for one in index_values([sample])}
    assert by_name["kind"].values == ("dog", "cat")
    assert by_name["kind"].complete
    assert (by_name["born"].lowest, by_name["born"].highest) == ("2020-01-02", "2020-01-02")
    assert (by_name["weight"].lowest, by_name["weight"].highest) == ("3.5", "4.0")


def test_prose_is_not_indexed() -> None:
    """A column with a long text holds descriptions, and a cut value is no value."""
    sample = rows(("x" * 101, "dog", None, 1.0), ("Bo", "cat", None, 1.0))
    by_name = {one.column: one for one in index_values([sample])}
    assert by_name["name"].values == ()
    assert not by_name["name"].complete
    assert by_name["kind"].values == ("cat", "dog")


def test_a_column_of_names_is_no_category() -> None:
    """Values that come once each are not shown."""
    assert is_category(values("dog", "cat"))
    assert not is_category(ColumnValues(NAME, "name", tuple("abcdefgh"), True, 8, 9))
    assert not is_category(ColumnValues(NAME, "name"))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many dogs and CATS?", ["dog", "cat"]),
        ("Which guinea-pigs are there?", ["guinea pig"]),
        ("Anything from New York City?", ["New York City"]),
        ("Which are from OR, not in IN?", ["OR", "IN"]),
        ("which or what in it", []),
        ("有多少狗?", ["狗"]),
        ("How many of 5?", []),
    ],
)
def test_a_question_mentions_values(question: str, found: list[str]) -> None:
    """Case, punctuation and a plural may differ; the longest wins; short words must be codes."""
    known = values("dog", "cat", "guinea pig", "New York", "New York City", "OR", "IN", "狗", "5")
    hints = find_values(question, DataProfile(values=(known,)))
    assert [hint.value for hint in hints] == found


def test_values_are_looked_for_in_the_tables_that_matter() -> None:
    """Another table's values are no hint."""
    profile = DataProfile(values=(values("dog"),))
    assert find_values("a dog", profile, tables=[TableName("other")]) == ()


@pytest.mark.parametrize(
    ("literal", "known", "near"),
    [
        ("DOG ", ("dog", "cat"), ("dog", "spelling")),
        ("guinea-pig", ("Guinea Pig",), ("Guinea Pig", "spelling")),
        ("female", ("F", "M"), ("F", "code")),
        ("yes", ("T", "F"), ("T", "code")),
        ("United States of America", ("USA", "UK"), ("USA", "code")),
        ("F", ("Female", "Male"), ("Female", "code")),
        ("Guinea", ("Guinea Pig", "dog"), ("Guinea Pig", "part")),
        ("Austria", ("Australia", "Chile"), ("Australia", "near")),
    ],
)
def test_a_literal_is_near_to_one_value(
    literal: str, known: tuple[str, ...], near: tuple[str, str]
) -> None:
    """How it is near is told, since not every nearness is good enough for a repair."""
    found = nearest_value(literal, values(*known))
    assert found is not None
    assert (found.value, found.how) == near


@pytest.mark.parametrize(
    ("literal", "known"),
    [
        ("dog", ("Dog", "DOG")),
        ("737-300", ("737-400", "747-400")),
        ("New", ("New York", "New Delhi")),
        ("M", ("Married", "Multiple")),
        ("horse", ("dog", "cat")),
        ("", ("dog",)),
        ("true", ("F", "M")),
    ],
)
def test_several_or_none_are_no_answer(literal: str, known: tuple[str, ...]) -> None:
    """A guess among equals would be worse than none; other digits are another thing."""
    assert nearest_value(literal, values(*known)) is None


class Reader:
    """A reader that takes a second a table and knows one of them."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def sample(self, of: TableSchema) -> TableSample | str:
        """Return an empty sample, a second later."""
        self.clock.now += 1
        return "it is locked" if of.name.name == "vault" else TableSample(of.name, of.columns, ())


def test_what_could_not_be_sampled_is_told() -> None:
    """With the reason, whether Spark's or the time's."""
    clock = FakeClock()
    tables = tuple(table(name, "a int") for name in ("one", "vault", "three", "four"))
    profile = profile_data(tables, Reader(clock), budget_s=2.5, clock=clock)
    assert [(name.name, why) for name, why in profile.missing] == [
        ("vault", "it is locked"),
        ("four", "the time for sampling was over"),
    ]


def test_corrections_hold_in_every_profile() -> None:
    """A join that the user took away does not come back with the next look at the data."""
    tables = (table("authors", "author_id int"), table("books", "book_id int, author_id int"))
    (join,) = profile_data(tables).joins
    assert profile_data(tables, corrections=JoinCorrections(removed=(join,))).joins == ()


def test_words_that_hold_a_question_together_are_no_values() -> None:
    """A filler text of a row is not meant by the "in" of every question, unless it is quoted."""
    fillers = ColumnValues(TableName("notes"), "body", ("in", "IN", "sint"))
    profile = DataProfile(values=(fillers,))
    assert not find_values("How many notes are in all?", profile)
    assert [hint.value for hint in find_values("Notes with body 'in'?", profile)][:1] == ["in"]
    assert [hint.value for hint in find_values("How many with sint?", profile)] == ["sint"]
