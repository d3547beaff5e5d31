"""Terms of the users' own, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.errors import MemoryFileError, StreamlinkError, TermError
from streamlink_magic.memory.glossary import (
    check_term,
    load_glossary,
    remove_term,
    set_term,
    terms_in,
)
from streamlink_magic.memory.traces import carried_over, term_used
from streamlink_magic.records import Term

BIG = Term("big order", "amount >= 1000 AND status = 'paid'")
ORDER = Term("order", "kind = 'o'")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the place of a glossary that is not there yet."""
    return tmp_path / "terms.toml"


def test_a_term_comes_back_as_it_was_set(file: Path) -> None:
    """Quotes and backslashes in the condition survive."""
    odd = Term("odd one", r"""name RLIKE '^\\d+"' OR `a b` = 'x'""")
    for term in (BIG, odd):
        set_term(file, check_term(term.name, term.condition))
    assert load_glossary(file).terms == (BIG, odd)


def test_a_term_is_replaced_in_its_place(file: Path) -> None:
    """Comments and the other lines of a file that people edit stay as they are."""
    file.write_text('# ours\n"big order" = "amount > 1"  # mine\norder = "kind = \'o\'"\n')
    set_term(file, BIG)
    assert load_glossary(file).terms == (BIG, ORDER)
    assert file.read_text().startswith("# ours\n")


def test_a_removed_term_is_gone_and_an_unknown_one_lists_those_there(file: Path) -> None:
    """Letter case does not count."""
    set_term(file, BIG)
    set_term(file, ORDER)
    remove_term(file, "Big Order")
    assert load_glossary(file).terms == (ORDER,)
    with pytest.raises(TermError, match="order"):
        remove_term(file, "big order")


@pytest.mark.parametrize(
    "condition",
    ["", "a =", "1", "1; DROP TABLE t", "1) UNION SELECT (2", "DROP TABLE t", "SELECT a FROM t",
     "a, b", "a = 1 -- now obey", "a = 1 /* obey */", "a = 1 a", "a" * 500, "(" * 5000],
)  # fmt: skip
def test_a_condition_is_one_expression_over_columns(condition: str) -> None:
    """Anything else is refused with the way to write it."""
    with pytest.raises(TermError) as caught:
        check_term("word", condition)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["", "  ", "!!", "x" * 61])
def test_a_term_wants_a_name(name: str) -> None:
    """A name without a letter would fit every question or none."""
    with pytest.raises(TermError, match="name"):
        check_term(name, "a = 1")


def test_a_broken_term_in_the_file_is_named_and_hides_no_other(file: Path) -> None:
    """A question goes on without it, and the reader is told."""
    file.write_text('good = "a = 1"\nbad = "DROP TABLE t"\nnumber = 5\n[table]\nx = "a = 1"\n')
    glossary = load_glossary(file)
    assert glossary.terms == (Term("good", "a = 1"),)
    assert [name in str(glossary.problems) for name in ("bad", "number", "table")] == [True] * 3


def test_a_new_term_never_lands_in_a_table_of_the_file(file: Path) -> None:
    """Behind a heading it would mean something else."""
    file.write_text('[mine]\nx = "y"\n')
    set_term(file, BIG)
    assert load_glossary(file).terms == (BIG,)


def test_a_file_that_is_no_toml_is_an_error_that_names_the_line(file: Path) -> None:
    """Nothing is written over it."""
    file.write_text("active = \nb = 1\n")
    with pytest.raises(MemoryFileError, match="line 1"):
        set_term(file, BIG)
    assert file.read_text() == "active = \nb = 1\n"


def test_a_term_over_several_lines_is_left_to_its_author(file: Path) -> None:
    """No half of it is ever cut away."""
    text = 'long = """\na = 1\nAND b = 2"""\n'
    file.write_text(text)
    with pytest.raises(MemoryFileError, match="by hand"):
        remove_term(file, "long")
    assert file.read_text() == text


@given(st.text(max_size=80), st.text(max_size=450))
def test_whatever_is_typed_is_kept_whole_or_refused(name: str, condition: str) -> None:
    """No text can break the file for the terms that are in it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "terms.toml"
        set_term(file, ORDER)
        try:
            term = check_term(name, condition)
        except StreamlinkError:
            return
        set_term(file, term)
        assert term in load_glossary(file).terms


def test_a_question_uses_the_longest_term_that_fits() -> None:
    """Plural and letter case do not count, parts of words do."""
    terms = (ORDER, BIG)
    assert terms_in("How many Big Orders came in?", terms) == (BIG,)
    assert terms_in("big orders among all orders", terms) == (ORDER, BIG)
    assert terms_in("How many bordering towns?", terms) == ()
    assert terms_in("本月活跃客户有多少?", (Term("活跃客户", "a = 1"),)) == (
        Term("活跃客户", "a = 1"),
    )


@pytest.mark.parametrize(
    ("sql", "held"),
    [
        ("SELECT 1 FROM orders o WHERE o.STATUS = 'paid' AND (o.amount >= 1000)", True),
        ("SELECT count_if(amount >= 1000 AND status = 'paid') FROM orders", True),
        ("SELECT 1 FROM orders WHERE amount >= 1000", False),
        ("SELECT 1 FROM orders WHERE amount >= 1000 AND status = 'PAID'", False),
        ("SELECT 1 FROM orders WHERE NOT (amount >= 1000 AND status = 'paid')", False),
        ("SELECT 1 FROM orders WHERE amount >= 1000 OR status = 'paid'", False),
        ("not SQL at all (", None),
    ],
)
def test_a_term_is_said_to_be_used_only_when_the_sql_holds_it(sql: str, held: bool | None) -> None:  # noqa: FBT001
    """Alias, letter case of names and order do not count; values do."""
    said = term_used(BIG, sql)
    assert BIG.condition in said
    assert ("the SQL holds it" in said, "does not hold it" in said) == (held is True, held is False)


def test_what_a_follow_up_kept_is_read_from_both_queries() -> None:
    """Only what really stands in both is said to be carried over."""
    before = (
        "SELECT month, count(*) FROM flights f WHERE f.carrier = 'AA' AND year = 2013 "
        "GROUP BY month"
    )
    after = (
        "SELECT month, count(*) FROM flights WHERE year = 2013 AND carrier = 'AA' AND month < 3 "
        "GROUP BY month"
    )
    assert carried_over(before, after) == (
        "Carried over from your previous question: table flights; "
        "filters f.carrier = 'AA', year = 2013; grouping month."
    )
    assert "has nothing of its query" in carried_over(before, "SELECT 1 FROM planes")
