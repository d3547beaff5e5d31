"""Whatever is written in data, comments, errors or by the model, nothing of it is ever live.

One notebook is run in which markup stands wherever text can come from; then it is looked at as it
is, saved and reopened by its owner, and opened by somebody who does not trust it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import PATIENCE_MS, Lab, run_all, save, wait_until_ran
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.spark]

NAME = "hostile_text.ipynb"
OUTPUT = ".jp-OutputArea-output"
# Each would run, load or move something if it were taken for markup, a link or a template.
MARKS = """\
SCRIPT = "<script>window.pwned=1</script>"
IMAGE = "<img src=/pwned.png onerror=window.pwned=2>"
VECTOR = "<svg onload=window.pwned=3><a xlink:href=javascript:pwned=3>v</a></svg>"
LINK = "<a href=javascript:window.pwned=4>l</a> [l](javascript:window.pwned=4)"
FRAME = "<iframe srcdoc='<script>parent.pwned=5</script>'></iframe>"
CLOSES = "</td></table></pre></div></details><style>*{display:none}</style>"
TEMPLATE = "{{constructor.constructor('window.pwned=6')()}} $$x$$"
PLACE = "${window.pwned=6} #{window.pwned=6} <%= window.pwned=6 %>"
COLOURED = "\\x1b[31m<img src=/pwned.png onerror=pwned=7>\\x1b[0m \\x1b]8;;javascript:pwned=7\\x07"
ALL = [SCRIPT, IMAGE, VECTOR, LINK, FRAME, CLOSES, TEMPLATE, PLACE, COLOURED]
"""
SETUP = """\
import os, sys
sys.path.insert(0, {tests!r})
from scripted import ScriptedServer
script = ScriptedServer()
script.__enter__()
os.environ["STREAMLINK_BASE_URL"] = script.base_url
from pyspark.sql.types import StringType, StructField, StructType
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="1g", cores="2")
text = lambda name, said: StructField(name, StringType(), True, {{"comment": said}})
columns = [text("word", SCRIPT), text(IMAGE, VECTOR), text(LINK, IMAGE), text(TEMPLATE, PLACE)]
rows = [(one,) * 4 for one in ALL]
spark.createDataFrame(rows, StructType(columns)).createOrReplaceTempView("pets")
spark.sql(f'CREATE TABLE toys (word STRING COMMENT "{{IMAGE}}") COMMENT "{{SCRIPT}} {{IMAGE}}"')
frame = spark.createDataFrame(rows, StructType(columns))
"""


@dataclass(frozen=True)
class Case:
    """A cell, and what of the hostile text a reader sees below it as text.

    Attributes
    ----------
    written
        What the model writes, as a Python expression; empty leaves it.
    fails
        Whether the cell fails.
    """

    source: str
    shown: tuple[str, ...]
    written: str = ""
    fails: bool = False


CASES = {
    "names, values and what the model writes": Case(
        "%%ask\nWhat is <script>window.pwned=8</script> in <img src=x onerror=window.pwned=8>?",
        (
            "<script>window.pwned=1</script>",
            "onerror=window.pwned=2",
            "parent.pwned=5",
            "{{constructor.constructor",
            "pwned=7",
            "pwned=8",
        ),
        written="f'SELECT *, \"{IMAGE}\" AS `{SCRIPT}` FROM pets -- {VECTOR}'",
    ),
    "one figure": Case(
        "%ask --new --tables pets how many {LINK}",
        ("javascript:window.pwned=4", "9"),
        written="f'SELECT count(*) AS `{LINK}` FROM pets'",
    ),
    "the parts of an answer": Case(
        "answer = %ask --new what is in {VECTOR}?\n"
        "display(answer.explain(), answer.table('word'), answer.checks, answer.sent)\n"
        "display(answer.markdown(), answer.chart('bar', x='word'))\n"
        "print(answer)\nanswer.df",
        ("<script>window.pwned=1</script>", "onload=window.pwned=3", "](javascript:window.pwned=4"),
        written="f'SELECT word, 1 AS n, `{LINK}` AS `{VECTOR}` FROM pets'",
    ),
    "comments": Case("%streamlink tables", ("<script>window.pwned=1</script>",)),
    "comments of columns": Case("%streamlink values toys", ("onerror=window.pwned=2",)),
    "values that were looked at": Case("%streamlink values pets", ("pwned=3", "pwned=5")),
    "own SQL": Case(
        "%%explain\nSELECT word AS `<img src=x onerror=window.pwned=9>` FROM pets "
        "WHERE word = '<script>window.pwned=9</script>'",
        ("onerror=window.pwned=9", "<script>window.pwned=9</script>"),
    ),
    "a term": Case(
        '%streamlink term "<script>window.pwned=10</script>" = "word = \'<b>x</b>\'"',
        ("<script>window.pwned=10</script>",),
    ),
    "what was sent": Case("%streamlink sent", ("onerror=window.pwned=2",)),
    "words in the place of SQL": Case(
        "%ask --new what do you say?",
        ("Error", "<script>window.pwned=1</script> I do not know", "onerror=window.pwned=2"),
        written="f'{SCRIPT} I do not know {IMAGE}'",
        fails=True,
    ),
    "refused": Case(
        "%ask --new what is to go?",
        ("Error", "onerror=window.pwned=2"),
        written="f'DROP TABLE `{IMAGE}`'",
        fails=True,
    ),
    "unknown to Spark": Case(
        "%config AskMagics.refuse_unanswerable = False\n%ask --new which wing?",
        ("Error", "onerror=window.pwned=11"),
        written="'SELECT `<img src=x onerror=window.pwned=11>` FROM pets WHERE lower(1,2,3) = 1'",
        fails=True,
    ),
    "failed while it ran": Case(
        "%ask --new which numbers?",
        ("ExecutionError", "The value '<img src=/pwned.png onerror=window.pwned=2>'"),
        written="\"SELECT CAST(word AS INT) AS n FROM pets WHERE word LIKE '<img%'\"",
        fails=True,
    ),
    "a wrong line": Case(
        "%ask --rows <script>window.pwned=12</script> how many?",
        ("UsageError", "<script>window.pwned=12</script>"),
        fails=True,
    ),
    "no such table": Case(
        "%streamlink values <script>window.pwned=13</script>", ("pwned=13",), fails=True
    ),
    "Spark's own complaint": Case(
        "spark.sql(f'SELECT `{IMAGE}x`, wing FROM pets').collect()",
        ("onerror=window.pwned=2",),
        fails=True,
    ),
    "and what is made of it": Case(
        "%ask --fix <script>window.pwned=14</script>",
        ("pwned=14", "wing"),
        written="f'SELECT word, `{IMAGE}` AS `{VECTOR}` FROM pets'",
    ),
}
# What no output may hold. The chart's picture is a data: address; everything else is plain.
_LIVE = """outputs => outputs.flatMap(output => [...output.querySelectorAll('*')])
    .filter(one => ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FORM', 'LINK', 'META']
            .includes(one.tagName)
        || (one.tagName === 'IMG' && !one.src.startsWith('data:image/'))
        || (one.tagName === 'STYLE' && one.textContent.includes('*{'))
        || one.closest('.MathJax, mjx-container')
        || [...one.attributes].some(each => each.name.startsWith('on')
            || /^\\s*(javascript|vbscript):/i.test(each.value)))
    .map(one => one.outerHTML.slice(0, 200))"""


@dataclass
class Eye:
    """A page, and what it asked for or popped up on the way."""

    page: Page
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on(
            "dialog", lambda dialog: self.asked.append(f"pwned by a dialog: {dialog.message}")
        )

    def check(self) -> None:
        """Nothing live is there, nothing ran, and nothing was loaded on anybody's word."""
        assert self.page.locator(OUTPUT).evaluate_all(_LIVE) == []
        for frame in self.page.frames:
            assert frame.evaluate("() => window.pwned") is None
        # Lab itself asks its server whether what looks like a path in a traceback is a file.
        assert [url for url in self.asked if "pwned" in url.partition("?")[0]] == []

    def texts(self) -> list[str]:
        """Return the words of each cell's outputs, folded ones too."""
        return self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => "
            "[...cell.node.querySelectorAll('.jp-OutputArea-output')]"
            ".map(one => one.textContent).join('\\n'))"
        )


def _write(file: Path, tests: Path) -> None:
    load = "%load_ext streamlink_magic\n%config AskMagics.samples = 0"
    sources = [MARKS, SETUP.format(tests=str(tests)), load]
    for case in CASES.values():
        written = f"script.answer = {case.written}\n" if case.written else ""
        if case.source.startswith("%%") and written:
            sources.append(written)
            written = ""
        sources.append(written + case.source)
    go_on = {"tags": ["raises-exception"]}
    cells = [new_code_cell(source, metadata=go_on) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), file)


@pytest.fixture(scope="module")
def watched(lab: Lab, browser: Browser, tests: Path) -> Iterator[Eye]:
    """Return a page on which every cell has run, with somebody looking on."""
    _write(lab.folder / NAME, tests)
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(PATIENCE_MS)
    eye = Eye(page)
    lab.open(page, NAME)
    run_all(page)
    wait_until_ran(page)
    page.wait_for_timeout(500)
    save(page)
    yield eye
    page.close()


def check_told(eye: Eye) -> None:
    """Every hostile text can be read where it belongs, so that it did come that far."""
    told = [text for text in eye.texts() if text]
    for (name, case), below in zip(CASES.items(), told, strict=True):
        assert [shown for shown in case.shown if shown not in below] == [], (name, below)
    failed = [name for name, case in CASES.items() if case.fails]
    errors = eye.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.filter("
        "cell => cell.model.outputs.toJSON().some(one => one.output_type === 'error')).length"
    )
    assert errors == len(failed)


def test_while_somebody_looks_on(watched: Eye) -> None:
    """Answers, lists and errors show hostile text as it is written, and nothing of it runs."""
    check_told(watched)
    watched.check()


def test_in_the_controls(watched: Eye) -> None:
    """Buttons, entries and what a control says of a failure are of the same plain text."""
    page = watched.page
    page.locator("button.jupyter-button", has_text="Edit SQL").last.click()
    entry = page.locator(f"{OUTPUT} textarea").last
    assert "<svg onload=window.pwned=3>" in entry.input_value()
    entry.fill("SELECT `<img src=/pwned.png onerror=window.pwned=15>` FROM pets")
    page.locator("button.jupyter-button", has_text="Run").last.click()
    said = page.locator(f"{OUTPUT} .widget-html", has_text="InvalidSqlError")
    said.get_by_text("<img src=/pwned.png onerror=window.pwned=15>").wait_for()
    watched.check()


@pytest.mark.parametrize("whose", ["lab", "stranger"])
def test_reopened(watched: Eye, page: Page, request: pytest.FixtureRequest, whose: str) -> None:
    """Saved and opened again, trusted or not, all of it is still there to read, and dead."""
    assert watched.page.url
    opener: Lab = request.getfixturevalue(whose)
    eye = Eye(page)
    opener.open(page, NAME)
    page.locator(OUTPUT, has_text="window.pwned=14").first.wait_for()
    trusted = page.evaluate(
        "() => [...window.jupyterapp.shell.currentWidget.content.widgets]"
        ".every(cell => cell.model.trusted)"
    )
    assert trusted == (whose == "lab")
    check_told(eye)
    eye.check()
