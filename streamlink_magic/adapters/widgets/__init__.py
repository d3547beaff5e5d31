"""The controls beside an answer: they stand in an output of their own and leave no widget behind.

What a control starts runs in a thread of its own: the kernel stays free, so that Cancel is heard
wherever widgets work at all, and what is shown meanwhile lands in the cell of the answer.
"""

from __future__ import annotations

import threading
import uuid
from contextvars import copy_context
from html import escape
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.widgets.actions import Actions, insert_button, rows_for
from streamlink_magic.adapters.widgets.table import sortable_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.records import QueryResult

_SHOWN_CHARS = 90
_LOOK = "Sort and filter"
_QUIET = "mathjax_ignore tex2jax_ignore"


def show_controls(shell: object, actions: Actions) -> Controls | None:
    """Show the controls in an output of their own, where somebody could press them."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not getattr(kernel, "_allow_stdin", False):
        return None
    controls = Controls(shell, actions)
    controls.show()
    return controls


class Controls:
    """The controls of one answer, from their first display until they are taken away.

    Parameters
    ----------
    shell
        The IPython shell whose cell is running.
    actions
        What they do.
    """

    def __init__(self, shell: object, actions: Actions) -> None:
        self._publisher: Any = getattr(shell, "display_pub", None)
        self._display_id = f"streamlink-{uuid.uuid4().hex}"
        self._actions = actions
        # Displays from here land in this cell, whatever the kernel is doing by then.
        self._context = copy_context()
        self._made: list[Any] = []
        self._table: tuple[QueryResult, Any] | None = None
        self._build()

    def show(self) -> None:
        """Display the controls."""
        bundle = {**self._box._repr_mimebundle_(), "text/html": "", "text/plain": ""}
        self._publish(bundle, update=False)

    def settle(self, text: str = "") -> None:
        """Put plain words in the place of the controls, or nothing; only the first call counts."""
        if not self._made:
            return
        page = f'<div class="{_QUIET}" style="opacity:0.8">{escape(text)}</div>' if text else ""
        self._publish({"text/plain": text, "text/html": page}, update=True)
        made, self._made = self._made, []
        for widget in made:
            for model in (widget.layout, getattr(widget, "style", None), widget):
                if model is not None and not isinstance(model, str):  # a table's style is one
                    model.close()

    def _build(self) -> None:
        actions = self._actions
        self._note = self._html("")
        self._cancel = self._button("Cancel", "stop", "Stop what is under way", self._stop)
        self._sql = self._make("Textarea", value=actions.sql, rows=rows_for(actions.sql))
        self._sql.layout.width = "100%"
        self._words = self._make("Text")
        self._words.layout.width = "60%"
        self._go = self._button("Run", "play", "", self._submit)
        self._purpose = ""
        row = [
            self._button("Keep", "check", "Remember it as right", lambda: self._start(self._keep)),
            self._button("Edit SQL", "pencil", "Change the SQL and run it", self._open_sql),
            self._button("Fix", "wrench", "Say what is wrong", lambda: self._open_words("Fix")),
            self._button("Follow up", "comment", "Ask on", lambda: self._open_words("Follow up")),
            self._button(_LOOK, "table", "Look through the rows", self._open_table),
            self._html(insert_button(actions.cell)),
        ]
        if actions.run is not None:
            run = self._button("Run this SQL", "play", actions.warning, self._run)
            row.insert(0, run)
        asked = [self._suggestion(text) for text in actions.suggestions]
        self._field = self._make("VBox")
        self._working = self._make("HBox", children=[self._note])
        lines = [self._make("HBox", children=keys) for keys in (row, asked) if keys]
        for line in lines:
            line.layout.flex_flow = "row wrap"
        self._box = self._make("VBox", children=[*lines, self._field, self._working])
        self._keys = [one for one in (*row, *asked, self._go) if hasattr(one, "disabled")]

    def _suggestion(self, text: str) -> Any:  # noqa: ANN401  ipywidgets has no types
        shown = text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
        ask = self._button(shown, "question", text, lambda: self._start(self._ask_of(text)))
        ask.layout.width = "auto"
        return ask

    def _make(self, kind: str, **traits: Any) -> Any:  # noqa: ANN401
        import ipywidgets

        self._made.append(getattr(ipywidgets, kind)(**traits))
        return self._made[-1]

    def _button(self, label: str, icon: str, tooltip: str, clicked: Callable[[], None]) -> Any:  # noqa: ANN401
        button = self._make("Button", description=label, icon=icon, tooltip=tooltip or label)
        button.on_click(lambda _: clicked())
        return button

    def _html(self, page: str) -> Any:  # noqa: ANN401
        return self._make("HTML", value=page)

    def _open_sql(self) -> None:
        self._open("Edit SQL", self._sql, "Run")

    def _open_words(self, purpose: str) -> None:
        asks = "What is wrong with it?" if purpose == "Fix" else "Ask on: and only in winter?"
        self._words.placeholder = asks
        self._open(purpose, self._words, "Ask")

    def _open_table(self) -> None:
        """Show the rows as a table that sorts and filters; a second press puts it away."""
        result = self._actions.rows()
        if result is None or not result.rows:
            self._say("There are no rows to look through.")
        elif self._purpose == _LOOK:
            self._put_away()
        else:
            self._purpose = _LOOK
            self._field.children = (self._table_of(result),)

    def _table_of(self, result: QueryResult) -> Any:  # noqa: ANN401
        """Return the table of these rows: the one that was put away, where there is one."""
        if self._table is None or self._table[0] is not result:
            self._table = result, sortable_table(result)
            self._made.append(self._table[1])
        return self._table[1]

    def _put_away(self) -> None:
        self._purpose = ""
        self._field.children = ()

    def _open(self, purpose: str, entry: Any, label: str) -> None:  # noqa: ANN401
        """Show the entry for a purpose; a second press on its button puts it away."""
        if self._purpose == purpose:
            self._put_away()
            return
        self._purpose = purpose
        self._go.description = label
        self._field.children = (entry, self._go)

    def _submit(self) -> None:
        text = (self._sql if self._purpose == "Edit SQL" else self._words).value.strip()
        if not text:
            self._say("Nothing is written there yet.")
        elif self._purpose == "Edit SQL":
            self._start(lambda: self._actions.edit(text))
        else:
            self._start(
                self._ask_of(text if self._purpose != "Fix" else f"But that is wrong: {text}")
            )

    def _ask_of(self, text: str) -> Callable[[], str | None]:
        return lambda: self._actions.ask(text)

    def _keep(self) -> str | None:
        return self._actions.keep()

    def _run(self) -> None:
        if self._actions.run is not None:
            self._start(self._actions.run)

    def _stop(self) -> None:
        self._cancel.disabled = True
        self._actions.stop()

    def _start(self, action: Callable[[], str | None]) -> None:
        # A second click that was already under way must not start it again.
        if self._go.disabled:
            return
        if self._purpose == _LOOK:  # the rows may be others when it is done
            self._put_away()
        self._enable(on=False)
        self._cancel.disabled = False
        self._working.children = (self._note, self._cancel)
        self._say("Working…")
        run = self._context.copy().run
        threading.Thread(
            target=run, args=(self._work, action), name="streamlink-control", daemon=True
        ).start()

    def _work(self, action: Callable[[], str | None]) -> None:
        said = self._outcome(action)
        if said is None:
            self.settle()
            return
        self._enable(on=True)
        self._working.children = (self._note,)
        self._say(said)

    def _outcome(self, action: Callable[[], str | None]) -> str | None:
        try:
            return action()
        except KeyboardInterrupt as stopped:
            return f"Stopped: {stopped}"
        except Exception as error:  # noqa: BLE001 - a traceback from a click would go unseen
            return f"{type(error).__name__}: {error}"

    def _enable(self, *, on: bool) -> None:
        for key in self._keys:
            key.disabled = not on

    def _say(self, text: str) -> None:
        self._note.value = f'<span class="{_QUIET}">{escape(text)}</span>'

    def _publish(self, bundle: dict[str, Any], *, update: bool) -> None:
        if self._publisher is not None:
            self._publisher.publish(
                data=bundle, transient={"display_id": self._display_id}, update=update
            )


__all__ = ["Actions", "Controls", "show_controls"]
