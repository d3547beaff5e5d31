"""The line behind %ask and %%ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.asking import OPTIONS, parse_cell, parse_line
from streamlink_magic.errors import AskUsageError

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1
).filter(lambda word: not word.startswith("--"))


@given(st.lists(WORDS, min_size=1).map(" ".join).filter(lambda text: "<<" not in text))
def test_a_question_on_the_line_stays_as_it_was_typed(question: str) -> None:
    """Whatever stands behind the options is the question, character by character."""
    assert parse_line(f"--rows 7 {question}").question == question


@pytest.mark.parametrize(
    "question",
    ["what's the {x} of $y?", 'how many "big" ones', "don't -- stop", "rate > 5 % & a != b"],
)
def test_quotes_braces_and_dollars_are_only_text(question: str) -> None:
    """Nothing in a question is expanded, split or unquoted."""
    assert parse_line(question).question == question
    assert parse_cell("", question).question == question


def test_options_come_in_both_spellings_and_any_order() -> None:
    """A value follows its option after a space or an equals sign."""
    line = parse_cell("--rows=5 late --tables 'a,b' --no-run --model m --session s", "why?")
    assert (line.name, line.rows, line.tables) == ("late", 5, ("a", "b"))
    assert (line.run, line.model, line.session) == (False, "m", "s")


@pytest.mark.parametrize("spelling", ["late", "late <<", "late<<", "--rows 3 late <<"])
def test_a_cell_binds_the_name_on_its_line(spelling: str) -> None:
    """The arrow after the name is optional."""
    assert parse_cell(spelling, "why?").name == "late"


def test_a_line_binds_only_with_the_arrow() -> None:
    """Without the arrow the first word belongs to the question."""
    assert parse_line("late << why?").name == "late"
    assert parse_line("late flights, why?").name == ""


def test_a_question_may_start_afresh() -> None:
    """``--new`` is a flag and takes no value."""
    line = parse_line("--new and only in May?")
    assert (line.fresh, line.question) == (True, "and only in May?")
    assert not parse_line("and only in May?").fresh


def test_two_dashes_end_the_options() -> None:
    """A question may begin with what looks like an option."""
    assert parse_line("-- --rows of what?").question == "--rows of what?"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("--row 5 x", "--row"),
        ("--rows five x", "five"),
        ("--rows 0 x", "'0'"),
        ("--rows", "--rows"),
        ("--tables , x", "--tables"),
    ],
)
def test_a_usage_error_names_what_is_wrong_in_one_line(line: str, named: str) -> None:
    """The message is short and says which word it is about."""
    with pytest.raises(AskUsageError, match=named) as caught:
        parse_line(line)
    rendered = caught.value._render_traceback_()
    assert len(rendered) == 1
    assert "\n" not in rendered[0]


def test_a_question_on_the_line_of_a_cell_is_pointed_out() -> None:
    """More than a name on the first line is a mistake, not a guess."""
    with pytest.raises(AskUsageError, match="lines below"):
        parse_cell("how many flights", "")


def test_an_unknown_option_lists_those_that_exist() -> None:
    """The reader need not look anything up."""
    with pytest.raises(AskUsageError) as caught:
        parse_line("--colour red x")
    assert all(option in str(caught.value) for option in OPTIONS)
