from __future__ import annotations

import re

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from streamlink_magic.adapters.drawing import draw_picture
from streamlink_magic.records import AnswerView, Column, Explanation, QueryResult, Verdict
from streamlink_magic.steps.chart import choose_chart
from streamlink_magic.steps.render import mimebundle

nbconvert = pytest.importorskip("nbconvert")

EVIL = "<script>alert(1)</script>"


@pytest.fixture(name="notebook")
def saved() -> object:
    """Return a notebook that was saved with an answer."""
    result = QueryResult(
        (Column(f"kind {EVIL}", "string"), Column("n", "int")), (("cat", 2), ("dog", 1))
    )
    chart = choose_chart(result)
    assert chart is not None
    view = AnswerView(
        f"How many of each kind? {EVIL}",
        f"SELECT kind,\n\n    count(*) AS n -- {EVIL}\n\n\nFROM pets GROUP BY kind",
        Verdict(allowed=True, rule="ok", tables=("pets",)),
        Explanation("2 rows.", ("Reads pets.",)),
        result=result,
        chart=chart,
    )
    cell = new_code_cell("%%ask\nHow many of each kind?", execution_count=1)
    cell.outputs = [new_output("display_data", data=mimebundle(view, draw_picture(chart)))]
    return new_notebook(cells=[cell])


def test_converted_to_html(notebook: object) -> None:
    """The page has the picture, the table and the folds; what was hostile is text."""
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    answer = page[page.index("mathjax_ignore") :]
    assert answer.count('src="data:image/svg+xml;base64,') == 1
    assert "<details open" in answer
    assert EVIL not in answer
    assert "&lt;script&gt;" in answer


def test_converted_to_markdown(notebook: object) -> None:
    """The answer stays one block of HTML: no blank line within it would end the block."""
    text, _ = nbconvert.MarkdownExporter().from_notebook_node(notebook)
    block = text[text.index("<div class=") : text.rindex("</div>")]
    assert not re.search(r"\n\s*\n", block)
    assert EVIL not in text
    assert 'alt="Bar chart of n by kind' in block
