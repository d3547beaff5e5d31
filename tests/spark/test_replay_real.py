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
rows = os.environ.get("TEST_ROWS", "(1, 'Erlkönig', 0.1), (2, 'Gretchen', 0.2)")
columns = os.environ.get("TEST_COLUMNS", "song_id, title, score")
spark.sql(f"CREATE OR REPLACE TEMP VIEW song AS SELECT * FROM VALUES {rows} AS t({columns})")
None
"""
SQL = "SELECT title, score FROM song"
DEAD = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, kernel_environment: Mapping[str, str]
) -> Path:
    """Return a notebook that was recorded against a scripted model."""
    file = tmp_path_factory.mktemp("recorded") / "songs.ipynb"
    cells = [START, "%load_ext streamlink_magic", "%%ask songs\nWhich songs are there?"]
    cells += ["answer = %ask And how good are they?", "songs.count()"]
    nbformat.write(new_notebook(cells=[new_code_cell(one) for one in cells]), file)
    with ScriptedServer() as server, pytest.MonkeyPatch.context() as patch:
        server.answer = SQL
        for name, value in kernel_environment.items():
            patch.setenv(name, value)
        patch.setenv("STREAMLINK_BASE_URL", server.base_url)
        record_notebook(file, timeout_s=300, progress=lambda *_: None)
    return file


@pytest.fixture
def check(recorded: Path, kernel_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201  a function of the test's own
    """Return a way to replay it: no server answers, and the network leads nowhere."""
    for name, value in kernel_environment.items():
        monkeypatch.setenv(name, value)
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, DEAD)
    monkeypatch.setenv("STREAMLINK_BASE_URL", DEAD)

    def run(**changes: str) -> NotebookReport:
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        return check_notebook(recorded, timeout_s=300, progress=lambda *_: None)

    return run


def drifts(report: NotebookReport) -> list[tuple[str, str]]:
    """Return every drift of a report."""
    return [(one.kind, one.text) for cell in report.cells for one in cell.drift]


def test_it_replays_as_recorded_without_model_and_network(check) -> None:  # noqa: ANN001
    """Both answers come back, the follow-up too, and the DataFrame counts as it did."""
    report = check()
    assert (report.answers, drifts(report)) == (2, [])


def test_rows_in_another_order_and_the_last_digit_are_no_drift(check) -> None:  # noqa: ANN001
    """0.1 + 0.2 is 0.30000000000000004, and Spark may return the rows the other way round."""
    rows = "(2, 'Gretchen', 0.2), (1, 'Erlkönig', 0.1)"
    assert drifts(check(TEST_ROWS=rows)) == []


def test_a_renamed_column_is_drift(check) -> None:  # noqa: ANN001
    """It is named, and the question fails instead of being answered from something else."""
    told = drifts(check(TEST_COLUMNS="song_id, name, score"))
    assert ("schema", "Table song has changed: column title is gone, column name is new.") in told
    assert any(kind == "verdict" and "may not run here any more" in text for kind, text in told)


def test_another_type_is_drift(check) -> None:  # noqa: ANN001
    """The answer is shown with what has changed in table and result."""
    told = drifts(check(TEST_ROWS="(1, 'Erlkönig', 1), (2, 'Gretchen', 2)"))
    assert ("schema", "Table song has changed: column score is int, was decimal(1,1).") in told
    assert any(kind == "result" for kind, _ in told)


def test_another_value_is_drift_of_the_result_alone(check) -> None:  # noqa: ANN001
    """Same tables, same SQL, other data."""
    told = drifts(check(TEST_ROWS="(1, 'Erlkönig', 0.9), (2, 'Gretchen', 0.2)"))
    assert {kind for kind, _ in told} == {"result"}


def test_the_recording_is_byte_stable_and_knows_no_machine(recorded: Path) -> None:
    """No path, port, user or time is in an entry; the day stands in the output's metadata."""
    cells = json.loads(recorded.read_text(encoding="utf-8"))["cells"]
    text = json.dumps([one.get("data") for cell in cells for one in cell["outputs"]])
    assert str(recorded.parent) not in text
    assert "127.0.0.1" not in text
    found = [one for one in read_notebook(recorded) if not isinstance(one, Exception)]
    assert [one.entry.after for one in found] == [(), ("Which songs are there?",)]
    assert {one.entry.model.name for one in found} == {"scripted"}
