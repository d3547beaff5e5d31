from __future__ import annotations

import dataclasses
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from streamlink_magic.records import (
    AnswerView,
    Check,
    Column,
    Explanation,
    PhaseTime,
    QueryResult,
    SentPart,
    Verdict,
)
from streamlink_magic.steps.render import render_text

RESULT = QueryResult(
    columns=(Column("name", "string"), Column("delay", "double"), Column("n", "bigint")),
    rows=(("Mesa Airlines Inc.", 25.123456, 601), ("全日空", 9.5, 58665), (None, None, 7)),
    more=True,
)
VIEW = AnswerView(
    question="Which airlines were late?",
    sql="SELECT name, delay, n\nFROM late",
    verdict=Verdict(allowed=True, rule="ok", tables=("late", "db.more")),
    explanation=Explanation("More than 3 rows.", ("Reads late.", "Shows name, delay, n.")),
    result=RESULT,
    checks=(Check("note", "The result has more rows."), Check("warning", "No value for x.")),
    repairs=("lates became late",),
    sent=(SentPart("rules", "Only read."), SentPart("question", "Which?")),
    times=(PhaseTime("context", 0.04), PhaseTime("model", 3.21), PhaseTime("Spark", 125.4)),
    model="coder",
    tokens=1868,
)
EXPECTED = """\
Which airlines were late?

More than 3 rows.

name                  delay      n
------------------  -------  -----
Mesa Airlines Inc.  25.1235    601
全日空               9.5000  58665
null                   null      7

(3 of more than 3 rows; only the first 3 were fetched)

SQL
  SELECT name, delay, n
  FROM late

read-only: proven by Spark's parser and analyser; reads late, db.more

How
  1. Reads late.
  2. Shows name, delay, n.
  3. Corrected after the model wrote it: lates became late

Checks
  · The result has more rows.
  ⚠ No value for x.

Sent   rules, question (16 bytes)
Model  coder · 1,868 tokens
Times  context 0.04 s · model 3.2 s · Spark 2 min 5 s · total 2 min 9 s"""


def test_whole_answer() -> None:
    """An answer reads top to bottom: question, answer, table, SQL, proof, how, checks, cost."""
    assert render_text(VIEW) == EXPECTED


def test_not_run() -> None:
    """An answer that was not run says why and that nothing proves it."""
    verdict = Verdict(allowed=False, rule="connect", clause="x", why="no plan to look at")
    view = dataclasses.replace(VIEW, result=None, verdict=verdict, status="Not run: --no-run.")
    text = render_text(view)
    assert "\n\nNot run: --no-run.\n\nSQL" in text
    assert "not proven read-only: rule connect at «x»: no plan to look at" in text


def test_wide_result() -> None:
    """Of 200 columns twenty are shown, in blocks that fit the width, and the rest is counted."""
    columns = tuple(Column(f"column_{index}", "int") for index in range(200))
    view = dataclasses.replace(VIEW, result=QueryResult(columns, (tuple(range(200)),) * 2))
    text = render_text(view)
    assert "column_19\n" in text
    assert "(2 rows; 180 more columns: column_20, " in text
    assert "column_30" not in text
    table = text[text.index("column_0") : text.index("(2 rows")]
    assert max(map(len, table.splitlines())) <= 100


def test_long_result() -> None:
    """Of many rows fifty are shown, and the count says so."""
    view = dataclasses.replace(
        VIEW, result=QueryResult(RESULT.columns[2:], tuple((n,) for n in range(80)))
    )
    text = render_text(view)
    assert "(50 of 80 rows)" in text
    assert "\n49\n" in text
    assert "\n50\n" not in text


def test_empty_results() -> None:
    """No rows still show the columns; no columns show the count alone."""
    assert "a\n-\n\n(0 rows)" in render_text(
        dataclasses.replace(VIEW, result=QueryResult((Column("a", "int"),), ()))
    )
    assert "(0 rows)" in render_text(dataclasses.replace(VIEW, result=QueryResult((), ())))


def test_wide_characters_align() -> None:
    """Columns stay aligned on a terminal whatever the width of their characters."""
    names = ("ascii", "全日本空輸株式会社", "e\u0301te\u0301", "🛩 plane", "長" * 60)
    rows = tuple((name, index) for index, name in enumerate(names))
    view = dataclasses.replace(
        VIEW, result=QueryResult((Column("名前", "string"), Column("n", "int")), rows)
    )
    lines = render_text(view).split("\n\n")[2].splitlines()
    assert len({wcswidth(line) for line in lines[1:]}) == 1
    assert "…" in lines[-1]


def test_repeated_column_names() -> None:
    """Columns of the same name are all shown."""
    columns = (Column("a", "int"), Column("a", "int"))
    assert "a  a\n-  -\n1  2" in render_text(
        dataclasses.replace(VIEW, result=QueryResult(columns, ((1, 2),)))
    )


@given(st.text(), st.text())
def test_nothing_acts_on_a_terminal(text: str, other: str) -> None:
    """Whatever a field holds, only line feeds are left of the control characters."""
    view = AnswerView(
        question=text,
        sql=other,
        verdict=Verdict(allowed=False, rule=text, clause=other, why=text, tables=(text,)),
        explanation=Explanation(text, (other,)),
        result=QueryResult((Column(text, other),), ((other,), ([text],), ({text: other},))),
        checks=(Check(text, other),),
        repairs=(text,),
        sent=(SentPart(text, other),),
        times=(PhaseTime(text, 1.0),),
        model=text,
        status=other,
    )
    kinds = {unicodedata.category(char) for char in render_text(view) if char not in "\n\t"}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
