"""An answer recorded and replayed in JupyterLab, which tells the kernel its notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import PATIENCE_MS, Lab, run_all, save, wait_until_ran
from scripted import ScriptedServer

from streamlink_magic.replay import MIME

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.spark]

NAME = "replayed.ipynb"
OUTPUT = ".jp-OutputArea-output"
SESSION = """\
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="1g", cores="2")
spark.sql("CREATE OR REPLACE TEMP VIEW pets AS SELECT 'Ada' AS name, 3 AS age")
%load_ext streamlink_magic
"""
ASK = "%%ask\nHow old are the pets?"


@pytest.fixture(scope="module")
def recorded(lab: Lab, browser: Browser) -> str:
    """Return a notebook that was asked in Lab, where displays are replaced, and saved."""
    with ScriptedServer() as server:
        server.answer = "SELECT name, age FROM pets"
        where = f"%config AskMagics.base_url = '{server.base_url}'"
        lab.write(NAME, [SESSION, where, ASK])
        page = browser.new_page()
        lab.open(page, NAME)
        run_all(page)
        page.locator(OUTPUT, has_text="read-only: proven").wait_for(timeout=PATIENCE_MS)
        wait_until_ran(page)
        save(page)
        page.evaluate(  # or the same kernel, which has run these cells already, would go on
            "async () => { const context = window.jupyterapp.shell.currentWidget.sessionContext;"
            " await context.shutdown(); }"
        )
        page.close()
    return NAME


def test_a_saved_answer_is_replayed_from_the_notebooks_own_file(
    lab: Lab, browser: Browser, recorded: str
) -> None:
    """The badge is there, and what is saved again is the same entry with the same day."""
    notebook = lab.read(recorded)
    before = notebook.cells[-1].outputs[0]
    notebook.cells[1].source = "%config AskMagics.replay = 'replay'"
    # Of another notebook in the folder nothing is taken: this one alone is looked into.
    notebook.cells.append(nbformat.v4.new_code_cell("%ask How many pets are there?"))
    nbformat.write(notebook, lab.folder / recorded)
    page = browser.new_page()
    lab.open(page, recorded)
    run_all(page)
    page.locator(OUTPUT, has_text="No model was asked now").wait_for(timeout=PATIENCE_MS)
    page.locator(OUTPUT, has_text="no answer is recorded for").wait_for(timeout=PATIENCE_MS)
    wait_until_ran(page)
    save(page)
    page.close()
    after = lab.read(recorded).cells[-2].outputs[0]
    assert after.data[MIME] == before.data[MIME]
    assert after.metadata[MIME] == before.metadata[MIME]
    assert before.metadata[MIME]["day"]
