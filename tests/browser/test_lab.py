from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from lab import PATIENCE_MS, Lab, run_all, save, wait_until_ran

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from streamlink_magic.serving import Endpoint

pytestmark = [pytest.mark.browser, pytest.mark.spark]

OUTPUT = ".jp-OutputArea-output"
PROVEN = "read-only: proven"
SESSION = """\
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="1g", cores="2")
"""
PETS = """\
rows = [("Ada", "cat", 3), ("Bo", "dog", 5), ("Cy", "cat", 8)]
spark.createDataFrame(rows, "name string, kind string, age int").createOrReplaceTempView("pets")
"""
ASK = "%%ask counts\nHow many pets are there of each kind?"


@pytest.fixture(scope="module")
def asked(lab: Lab, browser: Browser, server: Endpoint, pictures: Path) -> str:  # noqa: ARG001
    """Return a saved notebook in which the real model has answered while somebody watched."""
    lab.write("asked.ipynb", [SESSION, PETS, "%load_ext streamlink_magic", ASK])
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    lab.open(page, "asked.ipynb")
    run_all(page)
    working = page.locator(OUTPUT, has_text="context").filter(has_not_text=PROVEN)
    working.wait_for(timeout=PATIENCE_MS)
    page.locator(OUTPUT, has_text=PROVEN).wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    assert working.count() == 0
    page.screenshot(path=pictures / "asked.png")
    save(page)
    page.close()
    return "asked.ipynb"


@pytest.mark.model
def test_the_live_line_gives_way_to_one_answer(lab: Lab, asked: str) -> None:
    """What is saved is the answer and what could come next: no live line, no widget's state."""
    saved = lab.read(asked)
    shown = [one["data"] for one in saved.cells[-1].outputs]
    kinds = ["application/vnd.streamlink.answer.v1+json", "text/html", "text/plain"]
    assert sorted(shown[0]) == kinds
    assert sorted(shown[1]) == ["text/html", "text/plain"]
    assert PROVEN in shown[0]["text/html"]
    assert "streamlink-next" in shown[1]["text/html"]
    assert [one["text/html"] for one in shown[2:]] == [""]  # the controls' place
    assert "widgets" not in saved.metadata


@pytest.mark.model
def test_a_stranger_can_read_the_saved_answer(stranger: Lab, page: Page, asked: str) -> None:
    """In a notebook that is not trusted the table, the SQL and what was sent are all there."""
    stranger.open(page, asked)
    answer = page.locator(OUTPUT, has_text=PROVEN)
    answer.wait_for()
    assert page.evaluate(
        "() => [...window.jupyterapp.shell.currentWidget.content.widgets]"
        ".every(cell => cell.model.type !== 'code' || !cell.model.trusted)"
    )
    table = answer.locator("table")
    assert table.is_visible()
    assert table.locator("th[scope=col]").count() >= 2
    sql = answer.locator("details", has_text="SQL").first
    assert sql.locator("pre").first.is_visible()
    sent = answer.locator("details", has_text="Sent to the model")
    assert not sent.locator("pre").first.is_visible()
    sent.locator("summary").first.click()
    sent.locator("summary", has_text="Question").click()
    sent.get_by_text("How many pets are there of each kind?", exact=True).wait_for()


def test_the_quickstart_reads_well(stranger: Lab, page: Page, tests: Path, pictures: Path) -> None:
    """Whoever opens the saved quickstart sees every answer's table and SQL without running it."""
    shutil.copy(tests.parent / "notebooks" / "01_quickstart.ipynb", stranger.folder)
    stranger.open(page, "01_quickstart.ipynb")
    asked = page.locator(".jp-CodeCell", has_text="ask").filter(has_text=PROVEN)
    heading = page.get_by_role("heading", name="Ask", exact=True)
    heading.scroll_into_view_if_needed()
    heading.evaluate("heading => heading.scrollIntoView({block: 'start'})")
    first = asked.first
    assert first.locator("table").is_visible()
    assert first.locator("details[open] pre").is_visible()
    page.screenshot(path=pictures / "quickstart.png")
    assert asked.count() >= 1


HOSTILE = """\
evil = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"
spark.createDataFrame([(evil, 1)], [f"a {evil} b", "n"]).createOrReplaceTempView("pets")
"""
SERVER = """\
import os, sys
sys.path.insert(0, {tests!r})
from scripted import ScriptedServer
script = ScriptedServer()
script.__enter__()
script.answer = "SELECT *, {evil!r} AS `{evil}` FROM pets"
os.environ["STREAMLINK_BASE_URL"] = script.base_url
"""
EVIL = "<img src=x onerror=window.pwned=2>"


def test_hostile_text_is_shown_and_not_run(lab: Lab, page: Page, tests: Path) -> None:
    """Markup in names, values, SQL and the question is text to read, live and reopened."""
    setup = SERVER.format(tests=str(tests), evil=EVIL)
    ask = f"%%ask\nWhat is <script>window.pwned=3</script> {EVIL} of all pets?"
    lab.write("hostile.ipynb", [SESSION, HOSTILE, setup, "%load_ext streamlink_magic", ask])
    lab.open(page, "hostile.ipynb")
    run_all(page)
    answer = page.locator(OUTPUT, has_text=PROVEN)
    answer.wait_for()
    wait_until_ran(page)
    save(page)
    for again in (False, True):
        if again:
            lab.open(page, "hostile.ipynb")
            answer.wait_for()
        assert answer.locator("td", has_text="<script>window.pwned=1</script>").count() == 1
        assert answer.locator("th", has_text="onerror").count() == 2
        assert answer.locator("script, img").count() == 0
        assert page.evaluate("() => window.pwned") is None
