"""``streamlink check`` and ``record`` on notebooks, run in real kernels without Spark."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from typer.testing import CliRunner

from streamlink_magic.cli import app
from streamlink_magic.errors import ReplayError
from streamlink_magic.replay.bundle import MIME, Recorded, pack
from streamlink_magic.replay.drift import Drift
from streamlink_magic.replay.entry import Entry, Model, to_json
from streamlink_magic.replay.execution import cleaned
from streamlink_magic.replay.recording import record_notebook

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = Entry("k", "How many pets?", "SELECT 1", Model("m"))
SHOW = "from IPython.display import display\nimport os\ndisplay({{{mime!r}: {entry!r}}}, raw=True)"


def shows(entry: Entry) -> str:
    """Return a cell that displays an entry, as an answer does."""
    return SHOW.format(mime=MIME, entry=to_json(entry))


def saved(file: Path, *cells: Any) -> Path:  # noqa: ANN401
    """Write a notebook."""
    nbformat.write(new_notebook(cells=[new_markdown_cell("Words"), *cells]), file)
    return file


def answered(source: str, *entries: Entry) -> Any:  # noqa: ANN401
    """Return a cell with recorded answers in its outputs."""
    data = (pack(one, Recorded()).data for one in entries)
    return new_code_cell(source, outputs=[new_output("display_data", data=one) for one in data])


def drifted(kind: str) -> Entry:
    """Return the entry with a drift."""
    return replace(ENTRY, drift=(Drift(kind, "Other."),))


def check(*arguments: str) -> Any:  # noqa: ANN401
    """Run ``streamlink check``."""
    return CliRunner().invoke(app, ["check", *arguments])


def test_a_notebook_as_recorded_passes_and_stays_as_it_is(tmp_path: Path) -> None:
    """Exit code 0, a line an answer, progress on the other stream, and no byte written."""
    file = saved(tmp_path / "a.ipynb", answered(shows(ENTRY), ENTRY), new_code_cell("1 + 1"))
    before = file.read_bytes()
    done = check(str(file))
    assert done.exit_code == 0, done.output
    assert "cell   2  same      How many pets?" in done.stdout
    assert "all as recorded" in done.stdout
    assert "a.ipynb: cell 3 of 3" in done.stderr
    assert file.read_bytes() == before


def test_the_kernel_is_in_replay_and_knows_its_notebook(tmp_path: Path) -> None:
    """Whatever the caller's environment says, no model is asked."""
    source = (
        "import os\n"
        "assert os.environ['STREAMLINK_REPLAY'] == 'replay'\n"
        "assert os.environ['STREAMLINK_NOTEBOOK'].endswith('a.ipynb')"
    )
    done = check(str(saved(tmp_path / "a.ipynb", new_code_cell(source))))
    assert done.exit_code == 0
    assert "no recorded answers in its outputs; every cell ran" in done.stdout


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (answered(shows(drifted("result")), ENTRY), "result: Other."),
        (answered("1", ENTRY), "holds an answer to “How many pets?”, unasked now"),
        (answered("1 / 0", ENTRY), "failure: ZeroDivisionError: division by zero"),
    ],
)
def test_drift_is_told_cell_by_cell(tmp_path: Path, cell: Any, told: str) -> None:  # noqa: ANN401
    """Exit code 1, and what has changed below the cell that it changed in."""
    done = check(str(saved(tmp_path / "a.ipynb", cell)))
    assert done.exit_code == 1
    assert "cell   2  drift" in done.stdout
    assert told in done.stdout
    assert "1 cell has drifted" in done.stdout


def test_some_drift_can_be_allowed(tmp_path: Path) -> None:
    """It is told all the same, and is no failure."""
    file = saved(tmp_path / "a.ipynb", answered(shows(drifted("prompt")), ENTRY))
    assert check(str(file)).exit_code == 1
    done = check(str(file), "--allow", "prompt")
    assert done.exit_code == 0
    assert "allowed" in done.stdout
    assert "prompt: Other." in done.stdout


@pytest.mark.parametrize("arguments", [["gone.ipynb"], [__file__], ["--allow", "all", __file__]])
def test_bad_usage_is_exit_code_two(arguments: list[str]) -> None:
    """A file that is not there or no notebook is found before anything runs."""
    assert check(*arguments).exit_code == 2


def test_a_failure_that_belongs_to_the_page_is_no_drift(tmp_path: Path) -> None:
    """A cell that is tagged so, and fails as it did, is as recorded."""
    cell = new_code_cell(
        "1 / 0",
        metadata={"tags": ["raises-exception"]},
        outputs=[new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])],
    )
    assert check(str(saved(tmp_path / "a.ipynb", cell))).exit_code == 0
    cell.source = "1"
    done = check(str(saved(tmp_path / "a.ipynb", cell)))
    assert done.exit_code == 1
    assert "It failed when recorded (ZeroDivisionError), and does not now." in done.stdout


def test_recording_saves_a_clean_notebook(tmp_path: Path) -> None:
    """Outputs are fresh, cells keep their ids, and nothing of a widget or a clock is in it."""
    file = saved(tmp_path / "a.ipynb", new_code_cell(shows(ENTRY)))
    before = nbformat.read(file, as_version=4)
    taped = record_notebook(file, timeout_s=120, progress=lambda *_: None)
    after = nbformat.read(file, as_version=4)
    assert taped.answers == 1
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert after.cells[1].outputs[0].data[MIME] == to_json(ENTRY)
    assert "iopub.execute_input" not in json.dumps(after)
    assert "version" not in after.metadata.language_info


def test_a_failing_cell_leaves_the_file_alone(tmp_path: Path) -> None:
    """Half a recording is none."""
    file = saved(tmp_path / "a.ipynb", new_code_cell("1 / 0"))
    before = file.read_bytes()
    with pytest.raises(ReplayError, match=r"Cell 2 of a\.ipynb fails: ZeroDivisionError"):
        record_notebook(file, timeout_s=120, progress=lambda *_: None)
    assert file.read_bytes() == before


def test_widgets_do_not_reach_the_file() -> None:
    """Neither their state nor a view that no reader could see."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "x"}
    notebook = new_notebook(
        cells=[new_code_cell("x", outputs=[new_output("display_data", data=view)])],
        metadata={"widgets": {"state": {}}},
    )
    assert "widget" not in cleaned(notebook)
