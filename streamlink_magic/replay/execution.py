"""Run a notebook top to bottom in a kernel of its own, nobody at the keyboard."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from streamlink_magic.errors import ReplayError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_INSTALL = "pip install 'streamlink-magic[notebooks]'"
_WIDGET = "application/vnd.jupyter.widget-view+json"


class CellProgress(Protocol):
    """Somebody who watches a notebook run."""

    def __call__(self, notebook: str, cell: int, cells: int, /) -> None:
        """Take note of the cell that begins. MUST be quick and MUST NOT raise."""
        ...


def read(file: Path) -> Any:  # noqa: ANN401  a notebook is a nest of dicts
    """Return a notebook.

    Raises
    ------
    ReplayError
        When there is none, or the file is something else.
    """
    nbformat = _nbformat()
    if not file.is_file():
        raise ReplayError(f"There is no file {file}.", "Check its name.")
    try:
        return nbformat.read(file, as_version=4)
    except Exception as error:
        raise ReplayError(f"{file} is no notebook.", "Name a file that Jupyter saved.") from error


def execute(
    notebook: Any,  # noqa: ANN401
    file: Path,
    environment: Mapping[str, str],
    *,
    timeout_s: int,
    progress: CellProgress,
) -> None:
    """Run the cells of a notebook in the folder of its file; their outputs are replaced.

    A cell that fails ends nothing: its output says so.

    Parameters
    ----------
    environment
        Variables of the kernel, over those of this process.
    timeout_s
        The longest that one cell may take.

    Raises
    ------
    ReplayError
        When the kernel does not start, dies, or a cell takes too long.
    """
    from nbclient import NotebookClient  # an extra
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    def begins(*, cell: Any, cell_index: int) -> None:  # noqa: ANN401, ARG001  nbclient's names
        progress(file.name, cell_index + 1, len(notebook.cells))

    client = NotebookClient(
        notebook,
        timeout=timeout_s,
        allow_errors=True,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # how a front end shows them, and the same bytes each time
        kernel_name=notebook.metadata.get("kernelspec", {}).get("name", "python3"),
        resources={"metadata": {"path": str(file.resolve().parent)}},
        on_cell_start=begins,
    )
    try:
        client.execute(env=os.environ | dict(environment))
    except CellTimeoutError as error:
        raise ReplayError(
            f"A cell of {file.name} took longer than {timeout_s} s.", "Allow more: --timeout 1200"
        ) from error
    except DeadKernelError as error:
        raise ReplayError(
            f"The kernel of {file.name} died.", "Give it more memory, or run fewer at once."
        ) from error
    except Exception as error:  # jupyter_client has no common class for what may go wrong here
        raise ReplayError(
            f"No kernel runs {file.name}: {error}".split("\n", 1)[0], f"Install one: {_INSTALL}"
        ) from error


def cleaned(notebook: Any) -> str:  # noqa: ANN401
    """Return the text of a notebook as it is committed: no widgets, no times, no versions."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if _WIDGET not in one.get("data", {})]
    notebook.metadata.pop("widgets", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    text: str = _nbformat().writes(notebook)
    return text + "\n"


def _nbformat() -> Any:  # noqa: ANN401
    try:
        import nbclient  # noqa: F401  an extra; missing, it is better known now
        import nbformat
    except ImportError as error:
        raise ReplayError("Notebooks cannot be run here: nbclient is missing.", _INSTALL) from error
    return nbformat
