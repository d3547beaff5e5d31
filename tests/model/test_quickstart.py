from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.serving import Endpoint

pytestmark = [pytest.mark.model, pytest.mark.spark]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"


@pytest.fixture(scope="module")
def saved() -> Any:  # noqa: ANN401  a notebook is a nest of dicts
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def fresh(
    server: Endpoint,  # noqa: ARG001  the notebook finds it by itself
    kernel_environment: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:  # noqa: ANN401
    """Return the notebook, executed anew in an empty folder; a cell that fails ends it."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(tmp_path_factory.mktemp("quickstart"))}}
    # A busy machine sends what a cell prints in several pieces.
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=place, coalesce_streams=True
    )
    client.execute(env=dict(kernel_environment))
    return notebook


def outputs(notebook: Any) -> list[list[Any]]:  # noqa: ANN401
    """Return the outputs of each code cell."""
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def shape(output: Any) -> tuple[object, ...]:  # noqa: ANN401
    """Return what must not change with the model's words: the kind and parts of an output."""
    html = str(output.get("data", {}).get("text/html", ""))
    parts = tuple(part for part in ("<table", "<details", "read-only: proven") if part in html)
    return (output.output_type, output.get("name"), tuple(sorted(output.get("data", {}))), parts)


def test_a_fresh_run_has_the_saved_shape(saved: Any, fresh: Any) -> None:  # noqa: ANN401
    """Every cell succeeds, and its outputs are of the same kinds as those that readers see."""
    assert [[shape(one) for one in cell] for cell in outputs(fresh)] == [
        [shape(one) for one in cell] for cell in outputs(saved)
    ]


def test_every_question_has_a_proven_answer(saved: Any, fresh: Any) -> None:  # noqa: ANN401
    """Each cell that asks shows one answer, with a table and the guard's verdict."""
    for notebook in (saved, fresh):
        asking = [cell for cell in notebook.cells if cell.source.startswith("%%ask")]
        assert len(asking) >= 4
        for cell in asking:
            assert [shape(one)[3] for one in cell.outputs] == [
                ("<table", "<details", "read-only: proven")
            ]


def test_the_saved_notebook_is_clean(saved: Any) -> None:  # noqa: ANN401
    """It was run top to bottom, prints no log line, and knows no machine and no widget."""
    counts = [cell.execution_count for cell in saved.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not [one for cell in outputs(saved) for one in cell if one.get("name") == "stderr"]
    assert "widgets" not in saved.metadata
    text = json.dumps(saved)
    assert "widget-view" not in text
    assert not re.search(r"(/(home|root|tmp|Users)/|127\.0\.0\.1|site-packages)", text)
