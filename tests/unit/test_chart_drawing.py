from __future__ import annotations

import base64
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from streamlink_magic.adapters import drawing
from streamlink_magic.adapters.drawing import draw_picture, draw_png
from streamlink_magic.chart import Chart
from streamlink_magic.errors import ChartError
from streamlink_magic.records import ChartSpec, Column, QueryResult
from streamlink_magic.steps.chart import choose_chart, make_chart, vega_lite

EVIL = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"
RESULT = QueryResult(
    (Column(f"n.[0] {EVIL}", "string"), Column('it\'s "n"', "int")),
    ((EVIL, 3), ("全日空", 2), ("مرحبا", 1)),
)


@pytest.fixture(name="spec")
def chosen() -> ChartSpec:
    """Return a chart full of markup."""
    spec = choose_chart(RESULT)
    assert spec is not None
    return spec


def test_text_of_data_is_text_in_the_drawing(spec: ChartSpec) -> None:
    """The drawing is well-formed, holds the names as text, and nothing that could run or load."""
    svg = base64.b64decode(draw_picture(spec).removeprefix("data:image/svg+xml;base64,")).decode()
    root = ET.fromstring(svg)  # noqa: S314  our own drawing
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "text", "line", "rect", "title", "defs", "clipPath"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on") or name.endswith("href")]
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert "全日空" in texts
    assert any(text.startswith("<script>") for text in texts)


UNDRAWABLE = [*map(chr, range(32)), "\x7f", "\x85", "\ud83d", "\u2028", "\ufffe", "\uffff"]
CONTROLLED = """\
from streamlink_magic.adapters.drawing import draw_picture
from streamlink_magic.records import Column, QueryResult
from streamlink_magic.steps.chart import make_chart
columns = tuple(Column(f"{name}\\x1b[31m\\x07", "int") for name in "abn")
labels = [f"{number}{one}" for number, one in enumerate(%r)] + ["🦊" * 60]
rows = tuple((label, f"{label}s", 1) for label in labels)
for kind in ("bar", "line"):
    for names in (columns[:1], columns[:2]):
        kept = [(*row[: len(names)], row[2]) for row in rows]
        result = QueryResult((*names, columns[2]), tuple(kept))
        draw_picture(make_chart(result, kind, x=columns[0].name, y=columns[2].name))
        print("drawn")
"""


def test_no_character_of_the_data_ends_the_kernel() -> None:
    """Controls and halves of pairs in names and values are spelled out: the engine would abort."""
    code = CONTROLLED % (UNDRAWABLE,)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["drawn"] * 4), done.stderr[:500]


def test_values_that_differ_in_a_control_stay_apart() -> None:
    """Spelled out, not dropped: two names are two bars."""
    result = QueryResult((Column("k", "string"), Column("n", "int")), (("a\x07b", 3), ("ab", 2)))
    values = vega_lite(make_chart(result, "bar", x="k", y="n"))["data"]["values"]
    assert [value["x"] for value in values] == ["a\\x07b", "ab"]


@pytest.mark.parametrize("kind", ["line", "area", "scatter", "bar"])
def test_every_kind_is_drawn(kind: str) -> None:
    """Each kind gives a picture that is not empty."""
    result = QueryResult(
        (Column("day", "date"), Column("n", "int")),
        tuple((f"2013-01-0{day}", day * day) for day in range(1, 8)),
    )
    spec = vega_lite(make_chart(result, kind, x="day", y="n"))
    assert draw_png(spec).startswith(b"\x89PNG")


def test_a_failed_drawing_says_why(spec: ChartSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine throws becomes an error that names the way on."""
    broken = {**vega_lite(spec), "mark": {"type": "no such mark"}}
    broken.pop("layer")
    with pytest.raises(ChartError, match="could not be drawn"):
        drawing.draw_svg(broken)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ChartError, match=r"pip install 'streamlink-magic\[charts\]'"):
        draw_picture(spec)
    told = Chart(spec)._repr_mimebundle_()
    assert set(told) == {"text/plain"}
    assert told["text/plain"].endswith("pip install 'streamlink-magic[charts]'")


def test_nothing_is_loaded_before_something_is_drawn() -> None:
    """The engine is imported by the first drawing, not by choosing a chart."""
    code = (
        "import sys; import streamlink_magic.chart, streamlink_magic.answer; "
        "assert 'vl_convert' not in sys.modules and 'altair' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_chart_shows_and_saves_itself(spec: ChartSpec, tmp_path: object) -> None:
    """In a notebook it is a picture with words, in a terminal bars; files end in svg or png."""
    chart = Chart(spec)
    bundle = chart._repr_mimebundle_()
    assert bundle["text/html"].count('<img src="data:image/svg+xml;base64,') == 1
    assert "<script>" not in bundle["text/html"]
    assert "█" in bundle["text/plain"]
    assert chart.save(f"{tmp_path}/a.svg").read_text(encoding="utf-8").startswith("<svg")
    assert chart.save(f"{tmp_path}/a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ChartError, match=r"\.svg or \.png"):
        chart.save(f"{tmp_path}/a.gif")


def test_a_figure_has_no_drawing_and_shows_itself() -> None:
    """One number is shown large, with its rough size in words."""
    spec = choose_chart(QueryResult((Column("total_flights", "bigint"),), ((12_345_678,),)))
    assert spec is not None
    bundle = Chart(spec)._repr_mimebundle_()
    assert "12,345,678" in bundle["text/html"]
    assert "about 12.3 million" in bundle["text/html"]
    with pytest.raises(ChartError, match="no drawing"):
        _ = Chart(spec).svg
