from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamlink_magic.answer import Answer, Drawer
from streamlink_magic.errors import AskUsageError, ChartError, ExecutionError
from streamlink_magic.records import (
    AnswerView,
    ChartSpec,
    Check,
    Column,
    Explanation,
    QueryResult,
    SentPart,
    Verdict,
)
from streamlink_magic.steps.chart import choose_chart

RESULT = QueryResult((Column("kind", "string"), Column("n", "int")), (("cat", 2), ("dog", 1)))
VIEW = AnswerView(
    "How many pets of each kind?",
    "SELECT kind, count(*) AS n FROM pets GROUP BY kind",
    Verdict(allowed=True, rule="ok", tables=("pets",)),
    Explanation("2 rows.", ("Reads pets.",)),
    result=RESULT,
    chart=choose_chart(RESULT),
)
PICTURE = "data:image/svg+xml;base64,AAAA"


def unused(*_: object) -> Any:  # noqa: ANN401  it returns nothing
    """Be called by nobody."""
    raise AssertionError


def answer_of(view: AnswerView = VIEW, drawer: Drawer | None = None) -> Answer:
    """Return an answer whose query cannot run again."""
    return Answer(view, None, dataframe=unused, runner=unused, keeper=unused, drawer=drawer)


def test_the_chart_is_drawn_once_and_stands_in_the_answer() -> None:
    """However often the answer shows itself, the picture is drawn once and has its words."""
    drawn: list[ChartSpec] = []

    def draw(chart: ChartSpec) -> str:
        drawn.append(chart)
        return PICTURE

    answer = answer_of(drawer=draw)
    html = [answer._repr_mimebundle_()[0]["text/html"] for _ in range(2)][1]
    assert html.count(f'<img src="{PICTURE}" alt="Bar chart of n by kind: 2 bars.') == 1
    assert len(drawn) == 1


def test_a_failed_drawing_never_loses_the_answer() -> None:
    """The table and the SQL are there, and a line says why no picture is."""

    def draw(_: ChartSpec) -> str:
        raise ChartError("The chart could not be drawn: <b>", "Read the table.")

    html = answer_of(drawer=draw)._repr_mimebundle_()[0]["text/html"]
    assert "A bar chart fits these rows. The chart could not be drawn: &lt;b&gt;" in html
    assert "<img" not in html
    assert "<table" in html


def test_without_a_drawer_there_is_no_chart_and_no_word_of_it() -> None:
    """Charts that are switched off leave nothing behind."""
    html = answer_of()._repr_mimebundle_()[0]["text/html"]
    assert "<img" not in html
    assert "chart" not in html


def test_a_single_number_is_a_figure_in_place_of_its_table() -> None:
    """One number stands large, with its column's name in words, and is drawn by nobody."""
    result = QueryResult((Column("total_flights", "bigint"),), ((336776,),))
    view = replace(VIEW, result=result, chart=choose_chart(result))
    html = answer_of(view, drawer=lambda _: PICTURE)._repr_mimebundle_()[0]["text/html"]
    assert ">336,776</div>" in html
    assert ">Total flights</div>" in html
    assert "<table" not in html
    assert "<img" not in html
    unnamed = QueryResult((Column("count(1)", "bigint"),), ((336776,),))
    view = replace(VIEW, result=unnamed, chart=choose_chart(unnamed))
    html = answer_of(view)._repr_mimebundle_()[0]["text/html"]
    assert ">count(1)</div>" in html  # an expression is no name, and stays as it was written


def test_the_reader_may_switch_the_chart() -> None:
    """The chart that fits comes by itself; others by name; what cannot be is refused."""
    answer = answer_of()
    assert answer.chart().kind == "bar"
    assert answer.chart("line").kind == "line"
    with pytest.raises(ChartError, match="There are: bar"):
        answer.chart("pie")
    with pytest.raises(ChartError, match=r"answer\.chart\('bar', x=…, y=…\)"):
        answer_of(replace(VIEW, chart=None)).chart()
    with pytest.raises(ExecutionError, match=r"answer\.run\(\)"):
        answer_of(replace(VIEW, result=None, chart=None)).chart()


def test_the_chart_reads_in_a_terminal() -> None:
    """Bars of text, then the chart in words."""
    assert repr(answer_of().chart()).splitlines() == [
        f"cat  {'█' * 40} 2",
        f"dog  {'█' * 20} 1",
        "",
        "Bar chart of n by kind: 2 bars. Highest: 2 (cat); lowest: 1 (dog).",
    ]


def test_parts_read_well_by_themselves() -> None:
    """Checks, what was sent and the explanation are tuples and text, and show as they read."""
    view = replace(
        VIEW,
        checks=(Check("warning", "Only <b> rows."),),
        sent=(SentPart("question", "How many?"), SentPart("schema", "CREATE TABLE\n<pets>")),
    )
    answer = answer_of(view)
    assert answer.checks == view.checks
    assert repr(answer.checks).splitlines()[-1] == "⚠  Only <b> rows."
    assert "Only &lt;b&gt; rows." in answer.checks._repr_html_()
    assert answer.sent == view.sent
    assert "28 bytes" in repr(answer.sent)
    assert "CREATE TABLE\n&lt;pets&gt;" in answer.sent._repr_html_()
    assert repr(answer.explain()).startswith("2 rows.\nReads pets.")
    assert "<li" in (answer.explain()._repr_html_() or "")


def test_rows_can_be_sorted_and_searched() -> None:
    """Nulls come last in both directions, texts are found in any case, nested values by text."""
    columns = (Column("name", "string"), Column("n", "int"))
    rows = (("Bo", 2), ("Ada", None), ("Cy", 1))
    answer = answer_of(replace(VIEW, result=QueryResult(columns, rows)))
    assert [row[0] for row in answer.table("n").result.rows] == ["Cy", "Bo", "Ada"]
    assert [row[0] for row in answer.table("n", descending=True).result.rows] == ["Bo", "Cy", "Ada"]
    found = answer.table(contains="ADA")
    assert repr(found).splitlines()[2].split() == ["Ada", "null"]
    assert "<table" in found._repr_html_()
    with pytest.raises(AskUsageError, match="there are: name, n"):
        answer.table("m")
    nested = answer_of(replace(VIEW, result=QueryResult(columns, (({"b": 1}, 1), ({"a": 1}, 2)))))
    assert [row[1] for row in nested.table("name").result.rows] == [2, 1]


def test_an_ipython_cell_shows_the_parts_as_they_read() -> None:
    """IPython's own printer shows lines, not Python's spelling of them."""
    from IPython.lib.pretty import pretty

    answer = answer_of()
    assert pretty(answer.explain()) == "2 rows.\nReads pets."
    assert pretty(answer.checks).startswith("Checks of this answer")


@given(st.text(max_size=40))
@example("</td>|`*_<script>alert(1)</script>[x](javascript:1)![y](z)\n# h\n\n```")
def test_markdown_holds_no_markup_of_others(text: str) -> None:
    """Whatever a field holds, a reader of Markdown sees only the answer's own markup."""
    import mistune

    columns = (Column(text, "string"), Column("n", "int"))
    view = replace(
        VIEW,
        question=text,
        sql=f"SELECT 1 -- {text}",
        explanation=Explanation(text, (text,)),
        result=QueryResult(columns, ((text, 1),)),
        checks=(Check("note", text),),
        chart=None,
    )
    html = str(mistune.html(str(answer_of(view).markdown())))
    tags = set(re.findall(r"<(\w+)", html))
    assert tags <= {"p", "strong", "table", "thead", "tbody", "tr", "th", "td", "pre", "code"} | {
        "ol",
        "ul",
        "li",
    }
    assert html.count("<table>") == 1
