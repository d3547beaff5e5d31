"""Answers of every shape in one saved notebook, for tests that look at them."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from streamlink_magic.adapters.drawing import draw_picture
from streamlink_magic.records import (
    AnswerView,
    Check,
    Column,
    PhaseTime,
    QueryResult,
    SentPart,
    Verdict,
)
from streamlink_magic.steps.chart import choose_chart
from streamlink_magic.steps.check import check_answer
from streamlink_magic.steps.explain import explain_result
from streamlink_magic.steps.render import mimebundle

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>\"'&lt;${{x}}"
DAYS = [dt.date(2013, 1, day) for day in range(1, 29)]
HOURS = range(5, 9)
WIDE = [f"column_{index}" for index in range(200)]
MONEY = Decimal("1.50")
NESTED = ({"city": "Åre", "at": {"x": [1, None]}}, {"k": "v"}, [1, 2], b"\x00\xff", None)
ZONED = dt.datetime(2013, 1, 1, 7, tzinfo=dt.timezone(dt.timedelta(hours=5)))


def _result(names: str, rows: list[tuple[object, ...]], *, more: bool = False) -> QueryResult:
    columns = tuple(Column(name, "string") for name in names.split("|"))
    return QueryResult(columns, tuple(rows), more=more)


RESULTS = {
    "bars": _result("name|delay|n", [(f"Airline {i}", 28.1 - 2 * i, 900 * i) for i in range(10)]),
    "line": _result("day|flights", [(day, 800 + day.day * day.day % 90) for day in DAYS]),
    "series": _result("hour|origin|n", [(h, o, h * 9) for h in HOURS for o in ("JFK", "LGA")]),
    "scatter": _result("distance|minutes", [(i * 90.5, i * 12 + i % 5 * 9.0) for i in range(60)]),
    "figure": _result("total_flights", [(336776,)]),
    "wide": _result(
        "|".join(f"column_{i}" for i in range(200)), [tuple(range(200))] * 50, more=True
    ),
    "none": _result("name|n", []),
    "nested": _result("struct|map|array|binary|null", [NESTED, NESTED]),
    "numbers": _result("f|d|at", [(math.nan, MONEY, ZONED), (-math.inf, MONEY, ZONED)]),
    "long": _result("text", [("x" * 1_000_000,), ("y",)]),
    "scripts": _result("שם|数量", [("مرحبا بالعالم", 3), ("全日空 航空", 5)]),
    "twins": _result("a|a", [(1, 2), (3, 4)]),
    "hostile": _result(f"{EVIL}|n", [(EVIL, 3), ("</td></table>", 1)]),
}
QUESTION = "Which ten airlines had the worst average arrival delay in summer?"
SQL = (
    "SELECT a.name, avg(f.arr_delay) AS delay, count(*) AS n -- of all\nFROM flights f\n"
    "JOIN airlines a ON f.carrier = a.carrier\n\nWHERE f.month IN (6, 7, 8) AND a.name <> 'x'\n"
    "GROUP BY a.name\nORDER BY delay DESC\nLIMIT 10"
)


def answer_of(name: str) -> dict[str, Any]:
    """Return the forms of an answer over one of the results."""
    text = EVIL if name == "hostile" else ""
    result, sql = RESULTS[name], f"SELECT '{text}' AS `{text}`" if text else SQL
    view = AnswerView(
        question=text or QUESTION,
        sql=sql,
        verdict=Verdict(
            True, "ok", tables=("flights", text or "airlines"), plan=(f"Reads flights {text}.",)
        ),
        explanation=explain_result(text or QUESTION, sql, result, ()),
        result=result,
        checks=(
            Check("ok", f"Well supported: 4 of 5 drafts return this. {text}", badge=True),
            Check("warning", f"Spark's restricted mode is off. {text}"),
            *check_answer(sql, result),
        ),
        repairs=(f"f.name became a.name {text}",),
        sent=(SentPart("schema", f"CREATE TABLE t ({text})\n\n-- x"), SentPart("question", "q")),
        times=(PhaseTime("model", 3.2), PhaseTime("Spark", 1.2)),
        model="coder",
        tokens=88,
        notes=(f"Glossary: «worst» means last. {text}",),
        chart=choose_chart(result),
    )
    drawn = draw_picture(view.chart) if view.chart and view.chart.kind != "figure" else ""
    return mimebundle(view, drawn)


def write_gallery(file: Path) -> None:
    """Write a notebook that was saved with an answer of each shape, and never ran here."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = []
    for number, name in enumerate(RESULTS, 1):
        cell = new_code_cell(f"# {name}", execution_count=number)
        cell.outputs = [new_output("display_data", data=answer_of(name))]
        cells.append(cell)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), file)
