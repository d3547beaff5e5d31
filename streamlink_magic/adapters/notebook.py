"""Reading the notebook: recent cells, and the DataFrames that its variables hold."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlink_magic.records import DataFrameVariable, NotebookSnapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

_CELLS_READ = 40
_DATAFRAMES_READ = 20
# A question that stands behind ``x =`` is a question all the same: shown as a cell, its words
# would find their way into the next answer.
_OWN_MAGIC = re.compile(
    r"^\s*(\w+\s*=\s*)?%{1,2}(ask|explain|streamlink|load_ext|reload_ext|config)\b"
)


def notebook_path(shell: Any) -> str:  # noqa: ANN401
    """Return the file of the notebook that the kernel belongs to; empty where nobody tells.

    Jupyter's server tells it in ``JPY_SESSION_NAME``, VS Code in a variable. What executes
    notebooks without a front end (nbclient, nbval, papermill, Voila) tells nothing.
    """
    told = (os.environ.get("JPY_SESSION_NAME", ""), shell.user_ns.get("__vsc_ipynb_file__"))
    for path in told:
        if isinstance(path, str) and path.endswith(".ipynb") and Path(path).is_file():
            return path
    return ""


def cell_id(shell: Any) -> str:  # noqa: ANN401
    """Return the id of the cell that runs, where the front end tells it; else an empty text."""
    parent = getattr(shell, "parent_header", None)
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    found = metadata.get("cellId") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else ""


class IPythonNotebook:
    """Implements ``NotebookReader`` on a running IPython shell.

    Parameters
    ----------
    shell
        The shell whose cells and variables are read.
    is_dataframe
        Tells whether an object is a Spark DataFrame.
    columns_of
        Returns the columns of a DataFrame's schema.
    """

    def __init__(
        self,
        shell: Any,  # noqa: ANN401
        *,
        is_dataframe: Any,  # noqa: ANN401
        columns_of: Any,  # noqa: ANN401
    ) -> None:
        self._shell = shell
        self._is_dataframe = is_dataframe
        self._columns_of = columns_of

    def read(self) -> NotebookSnapshot:
        """Return the last cells as typed (oldest first) and the DataFrame variables."""
        return NotebookSnapshot(
            cells=self._cells(), dataframes=self._dataframes(), cells_known=self._keeps_cells()
        )

    def _keeps_cells(self) -> bool:
        """Return whether cells are kept: the running one is there, before it has run.

        What tests notebooks (nbval) asks the kernel to keep none.
        """
        return any(source for _, _, source in self._shell.history_manager.get_range(raw=True))

    def _cells(self) -> tuple[str, ...]:
        history = self._shell.history_manager
        typed = [source for _, _, source in history.get_range(raw=True)][-_CELLS_READ:]
        # Front ends add and drop line ends behind a cell; they are no part of what it says.
        return tuple(cell.rstrip() for cell in typed if cell.strip() and not _OWN_MAGIC.match(cell))

    def _dataframes(self) -> tuple[DataFrameVariable, ...]:
        namespace: Mapping[str, object] = self._shell.user_ns
        named = [
            (name, value)
            for name, value in list(namespace.items())
            if not name.startswith("_") and self._is_dataframe(value)
        ]
        return tuple(
            DataFrameVariable(name, self._columns_of(value.schema), value)  # type: ignore[attr-defined]
            for name, value in named[-_DATAFRAMES_READ:]
        )
