"""An answer in other front ends than JupyterLab: Notebook 7, and Voila, which shows no code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import PATIENCE_MS, Lab, run_all, start_notebook, stop_lab, wait_until_ran

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.spark]

OUTPUT = ".jp-OutputArea-output"
PROVEN = "read-only: proven"
SETUP = """\
import os, sys
sys.path.insert(0, {tests!r})
from scripted import ScriptedServer
script = ScriptedServer()
script.__enter__()
script.answer = "SELECT kind, count(*) AS n FROM pets GROUP BY kind ORDER BY n DESC"
os.environ["STREAMLINK_BASE_URL"] = script.base_url
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="1g", cores="2")
rows = [("Ada <img src=x onerror=window.pwned=1>", "<b>cat</b>"), ("Bo", "dog"), ("Cy", "dog")]
spark.createDataFrame(rows, "name string, kind string").createOrReplaceTempView("pets")
"""
ASK = "%%ask counts\nHow many pets are there of each kind?"


@pytest.fixture(scope="module")
def classic(
    browser: Browser,  # noqa: ARG001  without a browser there is no need for a server
    kernel_environment: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    tests: Path,
) -> Iterator[Lab]:
    """Return a Notebook 7 with a notebook that asks."""
    process, started = start_notebook(tmp_path_factory.mktemp("classic"), kernel_environment)
    setup = SETUP.format(tests=str(tests))
    started.write("forms.ipynb", [setup, "%load_ext streamlink_magic", ASK])
    yield started
    stop_lab(process)


def test_notebook_7_has_the_answer_and_its_controls(
    classic: Lab, page: Page, pictures: Path
) -> None:
    """Asked, read, edited and run again; at 200 % zoom no control is out of reach."""
    classic.open(page, "forms.ipynb")
    run_all(page)
    answer = page.locator(OUTPUT, has_text=PROVEN)
    answer.wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    assert answer.locator("td", has_text="<b>cat</b>").count() == 1
    assert answer.locator("img").get_attribute("alt").startswith("Bar chart of n by kind")
    page.get_by_role("button", name="Edit SQL").click()
    page.locator(f"{OUTPUT} textarea").fill("SELECT name FROM pets WHERE kind <> 'dog'")
    page.set_viewport_size({"width": 700, "height": 500})
    page.locator("button.jupyter-button", has_text="Run").last.click()
    answer.locator("td", has_text="Ada <img src=x").wait_for()
    assert answer.count() == 1
    out = page.evaluate(
        "() => [...document.querySelectorAll('.jp-OutputArea-output button.jupyter-button')]"
        ".filter(one => one.getBoundingClientRect().right > window.innerWidth)"
        ".map(one => one.textContent)"
    )
    assert out == []
    assert page.evaluate(
        "() => document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth"
    )
    page.get_by_role("button", name="Keep").scroll_into_view_if_needed()
    page.screenshot(path=pictures / "notebook7-zoomed.png")
    page.get_by_role("button", name="Keep").click()
    page.locator(OUTPUT, has_text="Kept as").wait_for()
    assert page.evaluate("() => window.pwned") is None


def test_voila_shows_the_answer_and_nothing_to_press(
    classic: Lab, page: Page, pictures: Path
) -> None:
    """Voila runs the notebook for a reader who cannot type: table, chart and folds, no controls."""
    page.goto(f"{classic.url}/voila/render/forms.ipynb?token={classic.token}")
    answer = page.locator(OUTPUT, has_text=PROVEN)
    answer.wait_for(timeout=PATIENCE_MS)
    assert answer.locator("td", has_text="<b>cat</b>").is_visible()
    assert answer.locator("img").evaluate("one => one.naturalWidth") > 300
    answer.locator("summary", has_text="How").click()
    assert answer.get_by_text("The small numbers are the steps").is_visible()
    assert page.locator("button.jupyter-button").count() == 0
    assert page.locator(OUTPUT).locator("script, [onerror], td b").count() == 0
    assert page.evaluate("() => window.pwned") is None
    page.screenshot(path=pictures / "voila.png", full_page=True)
