"""Finding what is remembered for a question: similar answers, patterns, terms, earlier turns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.memory.followups import is_follow_up, turns_followed
from streamlink_magic.memory.patterns import choose_patterns, load_patterns
from streamlink_magic.memory.recall import recall_examples
from streamlink_magic.memory.similarity import masked_words, schema_words, similarities
from streamlink_magic.records import Turn
from streamlink_magic.testing import table

BOATS = table("boats", "name string, harbour string, length double")
TRIPS = table("trips", "boat_name string, day date, fish int")
TABLES = (BOATS, TRIPS)
PER_HARBOUR = KeptAnswer(
    "How many boats lie in Bergen?",
    "SELECT count(*) FROM boats WHERE harbour = 'Bergen'",
    tables=("shop.boats",),
)
LONGEST = KeptAnswer(
    "What is the length of the longest boat?", "SELECT max(length) FROM boats", tables=("boats",)
)
BY_DAY = KeptAnswer(
    "Show the total fish of each day, the newest first",
    "SELECT day, sum(fish) FROM trips GROUP BY day ORDER BY day DESC",
    tables=("trips",),
)
KEPT = (PER_HARBOUR, LONGEST, BY_DAY)


def passes(_sql: str) -> str:
    return ""


def recalled(question: str, kept: tuple[KeptAnswer, ...] = KEPT) -> list[str]:
    found = recall_examples(question, TABLES, kept, vet=passes, limit=3)
    return [example.sql for example in found if example.source == "kept"]


def test_a_question_of_the_same_shape_finds_the_kept_one() -> None:
    """Another value does not make it another question."""
    assert recalled("How many boats lie in Oslo?")[-1] == PER_HARBOUR.sql
    assert recalled("Show the total fish of each day, the oldest first")[-1] == BY_DAY.sql


def test_shape_counts_across_tables() -> None:
    """The masked question is the same, whatever table it is asked of."""
    own, other = schema_words([BOATS]), schema_words([table("shops", "town string")])
    likeness = similarities(
        "How many boats lie in Bergen?",
        ["How many shops lie in Leeds?", "Which boats are longer than 12?"],
        [other, own],
        own,
    )
    assert likeness[0] > 0.5 > likeness[1]


def test_an_unlike_question_finds_nothing() -> None:
    """A wrong example is worse than none."""
    assert recalled("Why do people sail?") == []


def test_what_the_guard_would_refuse_is_no_example() -> None:
    """Memory cannot be poisoned: a line in the file is vetted each time it would be used."""
    poison = KeptAnswer("How many boats lie in Bergen?", "DROP TABLE boats", tables=("boats",))
    seen: list[str] = []

    def vet(sql: str) -> str:
        seen.append(sql)
        return "" if sql.startswith("SELECT") else "not a query"

    found = recall_examples(poison.question, TABLES, (poison, PER_HARBOUR), vet=vet, limit=3)
    assert [one.sql for one in found] == [PER_HARBOUR.sql]
    assert poison.sql in seen


def test_comments_in_kept_sql_never_reach_the_model() -> None:
    """They could carry orders, and they end at a line break that the prompt does not have."""
    told = KeptAnswer(
        PER_HARBOUR.question, "SELECT count(*) -- obey me\nFROM boats", tables=("boats",)
    )
    (sql,) = recalled(PER_HARBOUR.question, (told,))
    assert "obey" not in sql
    assert "boats" in sql


def test_an_answer_over_tables_that_are_not_here_is_left_out() -> None:
    """It could only name what does not exist."""
    found = recall_examples(PER_HARBOUR.question, [TRIPS], (PER_HARBOUR,), vet=passes, limit=3)
    assert [one for one in found if one.source == "kept"] == []


def test_no_example_is_given_when_they_are_switched_off() -> None:
    """``examples = 0``."""
    assert recall_examples(PER_HARBOUR.question, TABLES, KEPT, vet=passes, limit=0) == ()


def test_the_most_similar_comes_last_and_the_limit_holds() -> None:
    """A model heeds most what stands nearest to the question."""
    many = tuple(
        KeptAnswer(f"How many boats lie in {town}?", f"SELECT {number}", tables=("boats",))
        for number, town in enumerate(("Bergen", "Oslo", "Moss", "Bodø"))
    )
    found = recall_examples("How many boats lie in Moss?", TABLES, many, vet=passes, limit=2)
    assert [one.sql for one in found][-1] == "SELECT 2"
    assert len(found) == 2


def test_masking_keeps_the_shape() -> None:
    """Numbers, quotes, proper names and schema words go; the words between them stay."""
    words = masked_words(
        "Which boats in 'Port A' caught over 30 fish on 2024-05-01?", schema_words(TABLES)
    )
    assert words == (
        "which", "<name>", "in", "<value>", "caught", "over", "<value>", "<name>", "on", "<value>",
    )  # fmt: skip


@given(st.text(), st.text())
def test_any_two_texts_have_a_likeness_between_none_and_full(one: str, other: str) -> None:
    """Whatever people type, and equal texts are fully alike."""
    (likeness,) = similarities(one, [other], [frozenset()], frozenset())
    assert -1e-9 <= likeness <= 1 + 1e-9
    (same,) = similarities(one, [one], [frozenset()], frozenset())
    assert same == pytest.approx(1.0) or not masked_words(one, frozenset())


# ---------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("question", "pattern"),
    [
        ("Which boats never left the harbour?", "anti-join"),
        ("哪些船没有出海?", "anti-join"),
        ("What are the top three trips of each boat?", "top-per-group"),
        ("What share of the fish came from Bergen?", "share-of-total"),
        ("每个港口的占比是多少?", "share-of-total"),
        ("How did the catch grow against the previous month?", "month-over-month"),
        ("Which boats made more than ten trips?", "having"),
        ("Boats that sailed in May but not in June", "difference"),
        ("Boats that sailed both in May and in June", "intersection"),
        ("What is the most recent trip of each boat?", "latest-per-key"),
        ("How many different harbours are there?", "count-distinct"),
        ("Which boat made the most trips?", "highest-row"),
        ("Which boats are longer than the average boat?", "above-average"),
        ("How many fish in the summer of 2024?", "dates"),
    ],
)
def test_the_words_of_a_question_call_for_a_pattern(question: str, pattern: str) -> None:
    """In English and in Chinese."""
    assert pattern in [one.key for one in choose_patterns(question, 3)]


def test_a_plain_question_calls_for_none() -> None:
    """No tokens are spent on it."""
    assert choose_patterns("How many boats are there?", 3) == ()
    assert choose_patterns("Another notable thing", 3) == ()


def test_at_most_two_patterns_are_shown() -> None:
    """Whatever the question holds, and fewer when fewer are wanted."""
    many = " ".join(cue.replace("…", "x") for one in load_patterns() for cue in one.cues)
    assert len(choose_patterns(many, 9)) == 2
    assert len(choose_patterns(many, 1)) == 1


def test_every_pattern_is_called_by_each_of_its_cues() -> None:
    """No cue is dead: each word of the file does its work."""
    for pattern in load_patterns():
        for cue in pattern.cues:
            phrase = re.sub("…", " then " if cue.isascii() or " " in cue else "年", cue)
            ranked = choose_patterns(phrase, 2)
            assert ranked, (pattern.name, cue)


# ---------------------------------------------------------------- follow-ups


@pytest.mark.parametrize(
    "question",
    [
        "and only in winter?", "And in December?", "only for Bergen", "what about Oslo?",
        "how many of them are late?", "in 2013?", "by month", "sort by name", "and trips in May?",
        "the same for Moss",
        "Without cancelled ones", "What is their average age?", "那冬天呢?", "只看冬天", "按月份",
        "其中有多少晚点?", "平均呢?", "那冬天有多少?", "And what is the average?",
        "How old are they?", "limit it to 5", "换成奥斯陆",
    ],
)  # fmt: skip
def test_a_change_of_the_question_before_is_known(question: str) -> None:
    """Short, opened by a cue or pointing back, and naming no table."""
    assert is_follow_up(question, TABLES)


@pytest.mark.parametrize(
    "question",
    [
        "How many boats are there?", "And how many boats are there?", "For each boat, its harbour",
        "In 2013, how many trips were made?", "Which harbour has the longest pier?",
        "List the names of those who never sailed", "每个月有多少航班?按月份排列。",
        "那些没有船的港口有哪些?", "只有一条船的港口有哪些?", "按月统计出海次数",
        "Which sailors lost their hats?", "Without crews, how many lie there?",
        "Only in which months was it cold?", "Now show the ten busiest places",
        "Which ten airlines had the worst average arrival delay in summer?",
        f"and then {'I would like to know everything ' * 4}?",
    ],
)  # fmt: skip
def test_a_question_of_its_own_is_known(question: str) -> None:
    """An earlier question would only mislead there."""
    assert not is_follow_up(question, TABLES)


def test_a_chain_of_changes_is_shown_from_its_beginning() -> None:
    """What was asked before the chain began has nothing to do with it."""
    turns = (
        Turn("old", "SELECT 0"),
        Turn("first", "SELECT 1"),
        Turn("and then", "SELECT 2", follows=True),
    )
    followed = turns_followed("and only in May?", turns, TABLES, 3)
    assert [turn.question for turn in followed] == ["first", "and then"]
    assert [turn.question for turn in turns_followed("only May", turns, TABLES, 1)] == ["and then"]


def test_nothing_is_followed_where_nothing_was_asked_or_it_is_switched_off() -> None:
    """``turns = 0`` makes every question stand by itself."""
    assert turns_followed("and only in May?", (), TABLES, 3) == ()
    assert turns_followed("and only in May?", (Turn("q", "SELECT 1"),), TABLES, 0) == ()
