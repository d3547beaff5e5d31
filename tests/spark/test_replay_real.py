"""A notebook recorded once, replayed in real kernels on real Spark, without any model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from scripted import ScriptedServer

from streamlink_magic.replay.checking import NotebookReport, check_notebook
from streamlink_magic.replay.places import read_notebook
from streamlink_magic.replay.recording import record_notebook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.spark

START = """\
import os
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="512m", cores="2")
ROWS, COLUMNS = "(1, 'Erlkönig', 0.1), (2, 'Gretchen', 0.2)", "song_id, title, score"
def song(rows=ROWS, columns=COLUMNS):
    if not os.environ.get("TEST_LATER"):
        rows, columns = ROWS, COLUMNS
    made = f"SELECT * FROM VALUES {rows} AS t({columns})"
    spark.sql(f"CREATE OR REPLACE TEMP VIEW song AS {made}")
"""
# What has changed when the notebook runs again, and the question asked after it. One notebook for
# all: a kernel with a Spark of its own takes most of the time.
AGAIN = "(2, 'Gretchen', 0.2), (1, 'Erlkönig', 0.1)"
CHANGES = {
    "Which songs are there in any order?": f"song(rows={AGAIN!r})",
    "Which songs have a title?": "song(columns='song_id, name, score')",
    "Which songs have a whole score?": "song(rows=\"(1, 'Erlkönig', 1), (2, 'Gretchen', 2)\")",
    "Which songs have a good score?": "song(rows=\"(1, 'Erlkönig', 0.9), (2, 'Gretchen', 0.2)\")",
}
ORDER, COLUMN, TYPE, VALUE = CHANGES
SQL = "SELECT title, score FROM song"
DEAD = "http://127.0.0.1:9/v1"


def cells() -> list[str]:
    """Return the notebook's cells."""
    first = [START, "%load_ext streamlink_magic", "song()", "%%ask songs\nWhich songs are there?"]
    first += ["answer = %ask And how good are they?", "songs.count()"]
    return first + [one for asked, made in CHANGES.items() for one in (made, f"%%ask\n{asked}")]


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, kernel_environment: Mapping[str, str]
) -> Path:
    """Return a notebook that was recorded against a scripted model."""
    file = tmp_path_factory.mktemp("recorded") / "songs.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(one) for one in cells()]), file)
    with ScriptedServer() as server, pytest.MonkeyPatch.context() as patch:
        server.answer = SQL
        for name, value in kernel_environment.items():
            patch.setenv(name, value)
        patch.setenv("STREAMLINK_BASE_URL", server.base_url)
        record_notebook(file, timeout_s=300, progress=lambda *_: None)
    return file


@pytest.fixture(scope="module")
def report(recorded: Path, kernel_environment: Mapping[str, str]) -> NotebookReport:
    """Return what a replay finds: no server answers, the network leads nowhere, data differ."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in kernel_environment.items():
            patch.setenv(name, value)
        for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
            patch.setenv(name, DEAD)
        patch.setenv("STREAMLINK_BASE_URL", DEAD)
        patch.setenv("TEST_LATER", "1")
        return check_notebook(recorded, timeout_s=300, progress=lambda *_: None)


def drifts(report: NotebookReport, question: str) -> list[tuple[str, str]]:
    """Return every drift of a question's answer."""
    (cell,) = [one for one in report.cells if one.title == question]
    assert cell.answers == 1
    return [(one.kind, one.text) for one in cell.drift]


def test_it_replays_as_recorded_without_model_and_network(report: NotebookReport) -> None:
    """The answers come back, the follow-up too, and the DataFrame counts as it did."""
    assert report.answers == 2 + len(CHANGES)
    assert not [one.drift for one in report.cells[:6] if one.drift]


def test_rows_in_another_order_are_no_drift(report: NotebookReport) -> None:
    """Without ORDER BY, Spark may return the rows the other way round."""
    assert drifts(report, ORDER) == []


def test_a_renamed_column_is_drift(report: NotebookReport) -> None:
    """It is named, and the question fails instead of being answered from something else."""
    told = drifts(report, COLUMN)
    assert ("schema", "Table song has changed: column title is gone, column name is new.") in told
    assert any(kind == "verdict" and "may not run here any more" in text for kind, text in told)


def test_another_type_is_drift(report: NotebookReport) -> None:
    """The answer is shown with what has changed in table and result."""
    told = drifts(report, TYPE)
    assert ("schema", "Table song has changed: column score is int, was decimal(1,1).") in told
    assert any(kind == "result" for kind, _ in told)


def test_another_value_is_drift_of_the_result_alone(report: NotebookReport) -> None:
    """Same tables, same SQL, other data."""
    assert {kind for kind, _ in drifts(report, VALUE)} == {"result"}


def test_the_recording_is_byte_stable_and_knows_no_machine(recorded: Path) -> None:
    """No path, port, user or time is in an entry; the day stands in the output's metadata."""
    cells = json.loads(recorded.read_text(encoding="utf-8"))["cells"]
    text = json.dumps([one.get("data") for cell in cells for one in cell["outputs"]])
    assert str(recorded.parent) not in text
    assert "127.0.0.1" not in text
    found = [one for one in read_notebook(recorded) if not isinstance(one, Exception)]
    assert [one.entry.after for one in found[:2]] == [(), ("Which songs are there?",)]
    assert {one.entry.model.name for one in found} == {"scripted"}
