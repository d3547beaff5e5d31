"""Taking one statement from the model's answer."""

import pytest

from streamlink_magic.errors import NoSqlError
from streamlink_magic.records import Message, Prompt
from streamlink_magic.steps.generate import extract_sql, generate_sql
from streamlink_magic.testing import FakeModel

PROMPT = Prompt((Message("user", "?"),), tokens=1, parts=())


@pytest.mark.parametrize(
    "answer",
    [
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1 ; \n",
        "```sql\nSELECT 1;\n```",
        "Here it is:\n```\nSELECT 1\n```\nIt returns one.",
        "```SQL\nSELECT 1",
    ],
)
def test_one_statement_is_found_in_any_wrapping(answer: str) -> None:
    """Fences, prose around them and a final semicolon do not matter."""
    assert extract_sql(answer) == "SELECT 1"


@pytest.mark.parametrize("answer", ["SELECT ';' AS a", "SELECT 1 -- one; two", "SELECT /* ; */ 1"])
def test_a_semicolon_in_quotes_or_comments_ends_nothing(answer: str) -> None:
    """Only a semicolon that Spark would see separates statements."""
    assert extract_sql(answer) == answer


@pytest.mark.parametrize("answer", ["", "```sql\n```", "-- cannot be answered", ";"])
def test_no_sql_is_an_error_with_a_way_on(answer: str) -> None:
    """The hint says what to try."""
    with pytest.raises(NoSqlError, match="no SQL") as caught:
        extract_sql(answer)
    assert caught.value.hint


def test_two_statements_are_refused() -> None:
    """Which one was meant is not guessed."""
    with pytest.raises(NoSqlError, match="2 statements"):
        extract_sql("SELECT 1; DROP TABLE t")


def test_a_truncated_answer_is_an_error_and_never_runs() -> None:
    """Half a statement may be valid SQL with another meaning."""
    with pytest.raises(NoSqlError, match="cut at 10 tokens"):
        generate_sql(
            PROMPT, FakeModel(finish_reason="length"), max_tokens=10, progress=lambda *_: None
        )


def test_the_sql_is_told_as_it_grows() -> None:
    """Progress sees every piece."""
    seen: list[str] = []
    model = FakeModel(("SELECT a FROM t",))
    generate_sql(PROMPT, model, max_tokens=99, progress=lambda _, text="": seen.append(text))
    assert seen == ["SELECT ", "SELECT a ", "SELECT a FROM ", "SELECT a FROM t "]


def test_an_interrupt_closes_the_stream() -> None:
    """The server must not go on writing for nobody."""
    model = FakeModel(("SELECT a FROM t",))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_sql(PROMPT, model, max_tokens=99, progress=interrupt)
    assert model.closed == 1
