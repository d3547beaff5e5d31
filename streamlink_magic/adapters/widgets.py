"""The controls beside an answer: they stand apart from it and leave no widget behind.

A saved notebook cannot show a widget whose kernel is gone, so that every control turns into
plain HTML once it has been used.
"""

from __future__ import annotations

import uuid
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_NOTE = "opacity:0.8"


def run_controls(
    shell: object, run: Callable[[], None], *, warning: str = "", label: str = "Run this SQL"
) -> None:
    """Show a button that runs the SQL of an answer that was not run.

    Without a notebook front end nothing is shown: nobody could press it.

    Parameters
    ----------
    shell
        The IPython shell whose cell is running.
    run
        Runs the SQL and shows its answer. What it raises is shown in the place of the button.
    warning
        One sentence beside the button, such as why nothing proves the SQL to be harmless.
    label
        The button's own words.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and getattr(kernel, "_allow_stdin", False):
        _RunButton(shell, run, warning, label).show()


class _RunButton:
    """One button, from its first display to the words that take its place."""

    def __init__(self, shell: object, run: Callable[[], None], warning: str, label: str) -> None:
        import ipywidgets

        self._publisher: Any = getattr(shell, "display_pub", None)
        self._display_id = f"streamlink-{uuid.uuid4().hex}"
        self._run = run
        self._button = ipywidgets.Button(description=label, icon="play")
        note = ipywidgets.Label(value=warning)
        self._row = ipywidgets.HBox([self._button, note] if warning else [self._button])
        self._button.on_click(self._clicked)

    def show(self) -> None:
        """Display the button in an output of its own."""
        self._publish(self._row._repr_mimebundle_(), update=False)

    def _clicked(self, _: object) -> None:
        # A second click that was already under way must not run the SQL again.
        if self._button.disabled:
            return
        self._button.disabled = True
        self._settle(self._outcome())

    def _outcome(self) -> str:
        try:
            self._run()
        except KeyboardInterrupt:
            return "Stopped before it was done."
        except Exception as error:  # noqa: BLE001 - a traceback from a click would go unseen
            return f"{type(error).__name__}: {error}"
        return "Run on request."

    def _settle(self, text: str) -> None:
        page = f'<div style="{_NOTE}">{escape(text)}</div>'
        self._publish({"text/plain": text, "text/html": page}, update=True)
        for widget in (*self._row.children, self._row):
            for model in (widget.layout, getattr(widget, "style", None), widget):
                if model is not None:
                    model.close()

    def _publish(self, bundle: dict[str, Any], *, update: bool) -> None:
        if self._publisher is not None:
            self._publisher.publish(
                data=bundle, transient={"display_id": self._display_id}, update=update
            )
