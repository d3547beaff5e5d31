"""What a person sees and presses while an answer comes and after it, in a real JupyterLab."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import PATIENCE_MS, Lab, photograph, run_all, save, wait_until_ran

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.spark]

OUTPUT = ".jp-OutputArea-output"
PROVEN = "read-only: proven"
BUTTON = "button.jupyter-button"
TABLE = ".dt-container table:has(tbody)"
CANCELLED = re.compile(r"Spark (job \d+ was|jobs \d+(, \d+)+ were) cancelled after")
SETUP = """\
import os, sys
sys.path.insert(0, {tests!r})
from scripted import ScriptedServer
script = ScriptedServer()
script.__enter__()
script.answer = {answer!r}
os.environ["STREAMLINK_BASE_URL"] = script.base_url
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="1g", cores="2")
rows = [("Ada", "cat", 3), ("Bo", "dog", 5), ("Cy", "cat", 8)]
spark.createDataFrame(rows, "name string, kind string, age int").createOrReplaceTempView("pets")
spark.range(200_000).createOrReplaceTempView("numbers")
active = lambda: len(list(spark._jsc.sc().statusTracker().getActiveJobIds()))
"""
COUNTS = "SELECT kind, count(*) AS n FROM pets GROUP BY kind ORDER BY n DESC"
LONG = "SELECT count(*) AS pairs FROM numbers a JOIN numbers b ON hash(a.id, b.id) = 1"
HOSTILE = (
    "SELECT name, age * 2 AS twice, '<img src=x onerror=window.pwned=1>' AS "
    "`<img src=x onerror=window.pwned=2>` FROM pets ORDER BY age DESC"
)
_SERIOUS = frozenset({"serious", "critical"})
# The first answer's controls go when those of the second come: what stands must be below it.
_SECOND_HAS_CONTROLS = """proven => {
    const below = Node.DOCUMENT_POSITION_FOLLOWING;
    const answers = [...document.querySelectorAll('.jp-OutputArea-output')]
        .filter(one => one.textContent.includes(proven));
    const controls = [...document.querySelectorAll('button.jupyter-button')]
        .filter(one => one.textContent.includes('Follow up'));
    return answers.length === 2
        && controls.some(one => answers[1].compareDocumentPosition(one) & below);
}"""
ASK = "%%ask counts\nHow many pets are there of each kind?"
ASK_ONLY = "%%ask --sql-only counts\nHow many pets are there of each kind?"
OWN = "%%ask --sql oldest\nSELECT max(age) AS oldest FROM pets"


@pytest.fixture
def opened(lab: Lab, page: Page, tests: Path, request: pytest.FixtureRequest) -> Page:
    """Return a page whose notebook has run the cells that the test names by parameter."""
    name, answer, *cells = request.param
    setup = SETUP.format(tests=str(tests), answer=answer)
    lab.write(f"{name}.ipynb", [setup, "%load_ext streamlink_magic", *cells])
    lab.open(page, f"{name}.ipynb")
    run_all(page)
    return page


def button(page: Page, label: str) -> Locator:
    """Return the control of that label which stands now."""
    return page.locator(BUTTON, has_text=label).last


def answer(page: Page) -> Locator:
    """Return the outputs that hold an answer."""
    return page.locator(OUTPUT, has_text=PROVEN)


@pytest.mark.parametrize("opened", [("kept", COUNTS, ASK)], indirect=True)
def test_an_answer_is_edited_kept_and_followed_up(opened: Page, lab: Lab, pictures: Path) -> None:
    """Edit and run replaces the answer, keep remembers it, a suggestion is asked below."""
    page = opened
    answer(page).wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    button(page, "Edit SQL").click()
    photograph(page, page.locator(".jp-CodeCell").last, pictures, "controls")
    page.locator(f"{OUTPUT} textarea").fill("SELECT max(age) AS oldest FROM pets")
    button(page, "Run").click()
    page.locator(OUTPUT, has_text="The SQL was edited by the user.").wait_for()
    assert answer(page).count() == 1
    assert answer(page).get_by_text("8", exact=True).is_visible()
    button(page, "Keep").click()
    page.locator(OUTPUT, has_text="Kept as").wait_for()
    kept = (lab.folder / ".streamlink" / "kept.jsonl").read_text()
    assert "max(age)" in kept
    page.locator(BUTTON, has_text="for each").first.click()
    page.wait_for_function(_SECOND_HAS_CONTROLS, arg=PROVEN)
    assert page.locator(BUTTON, has_text="Follow up").count() == 1
    page.screenshot(path=pictures / "followed.png")


def wait_for_column(page: Page, number: int, told: list[str]) -> None:
    """Wait until one column of the open table shows these texts, from above."""
    cells = f"{TABLE} tbody td:nth-child({number})"
    page.wait_for_function(
        "([cells, told]) => JSON.stringify([...document.querySelectorAll(cells)]"
        ".map(one => one.innerText)) === told",
        arg=[cells, json.dumps(told, separators=(",", ":"))],
    )


@pytest.mark.parametrize("opened", [("looked", HOSTILE, ASK)], indirect=True)
def test_the_rows_sort_and_filter_at_a_click(opened: Page, lab: Lab, pictures: Path) -> None:
    """Numbers in their order, a search over all; markup is text, and nothing is fetched."""
    page = opened
    answer(page).wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    button(page, "Sort and filter").click()
    wait_for_column(page, 2, ["16", "10", "6"])
    heading = page.locator(".dt-container th:visible", has_text="twice").first
    heading.click()
    wait_for_column(page, 2, ["6", "10", "16"])
    heading.click()
    wait_for_column(page, 2, ["16", "10", "6"])
    photograph(page, page.locator(".jp-CodeCell").last, pictures, "sorted")
    found = Axe().run(page, context=".dt-container").response["violations"]
    assert [one["id"] for one in found if one["impact"] in _SERIOUS] == []
    page.locator(".dt-search input").fill("bo")
    wait_for_column(page, 1, ["Bo"])
    assert page.locator(".dt-container img").count() == 0
    wait_for_column(page, 3, ["<img src=x onerror=window.pwned=1>"])
    assert page.evaluate("() => window.pwned") is None
    save(page)
    assert "widget-state" not in json.dumps(lab.read("looked.ipynb").metadata)
    button(page, "Sort and filter").click()
    page.locator(".dt-container").wait_for(state="detached")
    button(page, "Sort and filter").click()
    wait_for_column(page, 2, ["16", "10", "6"])
    own = (lab.url, f"blob:{lab.url}", "data:")
    assert [url for url in fetched if not url.startswith(own)] == []  # nothing leaves for a CDN


@pytest.mark.parametrize("opened", [("refused", COUNTS, ASK)], indirect=True)
def test_edited_sql_goes_through_the_guard(opened: Page) -> None:
    """What does more than read is refused, told, and the answer stays as it was."""
    page = opened
    answer(page).wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    button(page, "Edit SQL").click()
    page.locator(f"{OUTPUT} textarea").fill("DROP TABLE pets")
    button(page, "Run").click()
    page.locator(OUTPUT, has_text="UnsafeSqlError").wait_for()
    assert answer(page).locator("td", has_text="cat").count() == 1
    assert button(page, "Run").is_enabled()


@pytest.mark.parametrize("opened", [("shown", COUNTS, ASK_ONLY, OWN)], indirect=True)
def test_sql_that_was_only_shown_and_sql_of_ones_own_have_the_controls(opened: Page) -> None:
    """Shown and not run, or typed by the user: what next stands below, and once."""
    page = opened
    own = page.locator(OUTPUT, has_text="The SQL was edited by the user.")
    own.wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    button(page, "Edit SQL").wait_for()
    assert page.locator(BUTTON, has_text="Keep").count() == 1
    assert page.locator(BUTTON, has_text="Run this SQL").count() == 0  # it has run
    cell = page.locator(".jp-CodeCell").last
    assert cell.locator(OUTPUT, has_text=PROVEN).count() == 1
    button(page, "Edit SQL").click()
    entry = cell.locator("textarea")
    assert entry.input_value() == "SELECT max(age) AS oldest FROM pets"
    entry.fill("SELECT min(age) AS youngest FROM pets")
    cell.locator(BUTTON, has_text="Run").last.click()
    cell.get_by_text("3", exact=True).wait_for()
    assert cell.locator(OUTPUT, has_text=PROVEN).count() == 1


@pytest.mark.parametrize("opened", [("waits", COUNTS, ASK_ONLY)], indirect=True)
def test_sql_that_was_only_shown_runs_at_a_press(opened: Page) -> None:
    """Run stands first beside what was held back; the rows come in the answer's own place."""
    page = opened
    page.locator(OUTPUT, has_text="Not run, as asked").wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    for label in ("Keep", "Edit SQL", "Fix", "Follow up", "Insert as cell"):
        assert button(page, label).is_visible()
    assert page.locator(f"{OUTPUT} td", has_text="cat").count() == 0
    page.locator(BUTTON, has_text="Run this SQL").click()
    answer(page).locator("td", has_text="cat").wait_for()
    assert answer(page).count() == 1


@pytest.mark.parametrize("opened", [("cell", COUNTS, ASK)], indirect=True)
def test_the_sql_becomes_a_cell(opened: Page) -> None:
    """One press puts a cell below that runs the SQL by itself."""
    page = opened
    answer(page).wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    before = page.locator(".jp-CodeCell").count()
    page.get_by_role("button", name="Insert as cell").click()
    dialog = page.locator(".jp-Dialog button", has_text="Run")
    dialog.or_(page.locator(".jp-CodeCell", has_text="spark.sql(")).first.wait_for()
    if dialog.count():
        dialog.click()
    page.locator(".jp-CodeCell", has_text="spark.sql(").wait_for()
    assert page.locator(".jp-CodeCell").count() == before + 1


@pytest.mark.parametrize(
    "opened",
    [("stop", LONG, "long = %ask How many pairs?", "long.run()", "active()")],
    indirect=True,
)
def test_cancel_beside_the_line_ends_the_job(opened: Page, pictures: Path) -> None:
    """While the cell runs, Cancel is heard: the Spark job is gone and the cell tells which."""
    page = opened
    page.locator(OUTPUT, has_text=" tasks").wait_for(timeout=PATIENCE_MS)
    cancel = page.locator(BUTTON, has_text="Cancel")
    cancel.wait_for()
    photograph(page, page.locator(".jp-CodeCell").nth(3), pictures, "running")
    cancel.click()
    page.locator(OUTPUT, has_text=CANCELLED).wait_for()
    assert page.locator(BUTTON, has_text="Cancel").count() == 0
    page.evaluate(
        "() => { const app = window.jupyterapp;"
        " app.shell.currentWidget.content.activeCellIndex = 4; }"
    )
    gone = page.locator(".jp-OutputArea-executeResult", has_text="0")
    for _ in range(10):  # what is sent while the kernel drops the other cells is dropped too
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
        page.wait_for_timeout(2_000)
        if gone.count():
            break
    gone.wait_for(timeout=10_000)
    page.screenshot(path=pictures / "stopped.png")


@pytest.mark.parametrize(
    "opened", [("held", LONG, "long = %ask How many pairs?", "1")], indirect=True
)
def test_what_a_control_started_can_be_stopped_beside_it(opened: Page) -> None:
    """Run starts what was held back, Cancel ends it, and the control says what was cancelled."""
    page = opened
    run = page.locator(BUTTON, has_text="Run this SQL")
    run.wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    run.click()
    page.locator(OUTPUT, has_text=" tasks").wait_for()
    page.locator(BUTTON, has_text="Cancel").last.click()
    page.locator(OUTPUT, has_text=CANCELLED).wait_for()


@pytest.mark.parametrize("opened", [("left", COUNTS, ASK)], indirect=True)
def test_saved_with_its_controls_it_reads_well_without_a_kernel(
    opened: Page, lab: Lab, stranger: Lab, pictures: Path
) -> None:
    """Reopened, trusted or not, the words of what next stand where the controls were."""
    page = opened
    answer(page).wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    button(page, "Keep").wait_for()
    assert page.locator(".streamlink-next").is_hidden()
    save(page)
    assert "widget-state" not in json.dumps(lab.read("left.ipynb").metadata)
    page.evaluate(
        "async () => { const context = window.jupyterapp.shell.currentWidget.sessionContext;"
        " await context.shutdown(); }"
    )
    for where in (lab, stranger):
        page.goto(f"{where.url}/doc/tree/left.ipynb?token={where.token}&reset")
        answer(page).wait_for()
        page.locator(".streamlink-next summary").click()
        page.locator(".streamlink-next", has_text="%streamlink keep").wait_for()
        page.screenshot(path=pictures / f"left-{'trusted' if where is lab else 'untrusted'}.png")
        for words in ("model not found", "Loading widget"):
            assert not any(one.is_visible() for one in page.get_by_text(words).all())
