"""What stands beside an answer: words that stay, and what they name."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert import HTMLExporter, MarkdownExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from streamlink_magic.beside import next_words, python_cell, suggested
from streamlink_magic.errors import AskUsageError

VIEW = "application/vnd.jupyter.widget-view+json"


def answer(*suggestions: str) -> SimpleNamespace:
    """Return what an answer tells of its suggestions."""
    return SimpleNamespace(suggestions=suggestions)


def test_every_control_has_something_to_type_instead() -> None:
    """In a terminal, and in a saved notebook, the same can be done."""
    text = next_words(answer("How many?"))["text/plain"]  # type: ignore[arg-type]
    for typed in (
        "%ask --next 1",
        "%streamlink keep",
        "%%ask --sql",
        "%ask But that is wrong: …",
        "%streamlink cell",
    ):
        assert typed in text


def test_nothing_in_a_suggestion_is_markup() -> None:
    """Names of columns are whatever their owner wrote."""
    evil = "How many <img src=x onerror=alert(1)> \x1b[2J?"
    bundle = next_words(answer(evil))  # type: ignore[arg-type]
    assert "<img" not in bundle["text/html"]
    assert "&lt;img" in bundle["text/html"]
    assert "\x1b" not in bundle["text/plain"]


def test_converted_with_its_controls_a_notebook_shows_the_words_alone() -> None:
    """Neither HTML nor Markdown holds a widget that nobody could show."""
    words = next_words(answer("How many?"))  # type: ignore[arg-type]
    view = {"model_id": "gone", "version_major": 2, "version_minor": 0}
    controls = {VIEW: view, "text/html": "", "text/plain": ""}
    outputs = [new_output("display_data", data=one) for one in (words, controls)]
    notebook = new_notebook(cells=[new_code_cell("%ask …", outputs=outputs)])
    for exporter in (HTMLExporter(), MarkdownExporter()):
        page, _ = exporter.from_notebook_node(notebook)
        assert "%ask --next 1" in page
        assert "gone" not in page


@given(st.text().filter(lambda text: "\r" not in text and "\0" not in text))
def test_a_cell_of_the_sql_holds_the_sql(sql: str) -> None:
    """Whatever quotes and backslashes it has, the cell is one call with that text."""
    (call,) = ast.parse(python_cell(sql, "spark")).body
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert ast.literal_eval(call.value.args[0]).strip("\n") == sql.strip("\n")


def test_a_session_without_a_name_is_called_as_everybody_calls_it() -> None:
    """The cell then says at once what is missing."""
    assert python_cell("SELECT 1", "").startswith("spark.sql(")


@pytest.mark.parametrize("number", [0, 2])
def test_a_suggestion_that_is_not_there_is_an_error(number: int) -> None:
    """It says how many there are."""
    with pytest.raises(AskUsageError, match="there are 1"):
        suggested(answer("How many?"), number)  # type: ignore[arg-type]
    with pytest.raises(AskUsageError, match="none for this answer"):
        suggested(answer(), 1)  # type: ignore[arg-type]
