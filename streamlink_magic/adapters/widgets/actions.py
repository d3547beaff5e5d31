"""What the controls beside an answer do, and the one of them that asks no kernel."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.records import QueryResult

# JupyterLab's and Notebook's own commands, which a button may name; elsewhere it does nothing.
_INSERT = ("notebook:insert-cell-below", "notebook:replace-selection")


@dataclass(frozen=True, slots=True)
class Actions:
    """What the controls do. Each returns what is said of it; None where a new answer says it all.

    Attributes
    ----------
    sql
        The answer's SQL, to begin an edit with.
    cell
        The source of a cell that runs the SQL by itself.
    keep
        Keeps the answer as right.
    edit
        Runs other SQL in the place of the answer's.
    ask
        Asks another question below.
    run
        Runs SQL that was not run; None where it was.
    stop
        Interrupts what is under way.
    suggestions
        Questions that could come next.
    rows
        Returns the rows that were fetched; None where the SQL was not run.
    warning
        Why the SQL was not run.
    """

    sql: str
    cell: str
    keep: Callable[[], str | None]
    edit: Callable[[str], str | None]
    ask: Callable[[str], str | None]
    stop: Callable[[], object]
    rows: Callable[[], QueryResult | None]
    run: Callable[[], str | None] | None = None
    suggestions: tuple[str, ...] = field(default=())
    warning: str = ""


def rows_for(sql: str) -> int:
    """Return how many lines an entry shows for a statement."""
    return min(max(len(sql.splitlines()) + 1, 3), 20)


def insert_button(source: str) -> str:
    """Return a button by which the front end itself puts a cell below; no kernel is asked."""
    arguments = json.dumps({"commands": list(_INSERT), "args": {"text": source}})
    return (
        '<button class="jupyter-button widget-button" title="Put the SQL into a cell below, '
        'or type: %streamlink cell" data-commandlinker-command="apputils:run-all-enabled" '
        f'data-commandlinker-args="{escape(arguments)}">Insert as cell</button>'
    )
