"""The controls beside an answer, without a front end that shows them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest

from streamlink_magic.adapters.widgets import Actions, Controls, show_controls
from streamlink_magic.records import Column, QueryResult

VIEW = "application/vnd.jupyter.widget-view+json"
PATIENCE_S = 30
PETS = QueryResult(
    (Column("name", "string"), Column("age", "double")),
    (("Bo", 10.5), (None, 9.0), ("Cy", None)),
)


class Publisher:
    """Keeps what would be displayed."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def publish(self, data: dict[str, Any], **options: Any) -> None:  # noqa: ANN401 - as IPython's
        """Keep one display."""
        self.shown.append({"data": data, **options})


def notebook(*, front_end: bool = True) -> SimpleNamespace:
    """Return a shell with a kernel."""
    return SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=front_end), display_pub=Publisher())


class Deeds:
    """Keeps what the controls were told to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.answer: str | None = "Done."
        self.error: BaseException | None = None
        self.result: QueryResult | None = PETS

    def __call__(self, *what: str) -> str | None:
        """Do something."""
        self.done.append(what)
        if self.error is not None:
            raise self.error
        return self.answer

    def actions(self, **more: Any) -> Actions:  # noqa: ANN401 - any of its fields
        """Return actions that come here."""
        return Actions(
            sql="SELECT 1",
            cell="spark.sql('SELECT 1')",
            keep=lambda: self("keep"),
            edit=lambda sql: self("edit", sql),
            ask=lambda text: self("ask", text),
            stop=lambda: self("stop"),
            rows=lambda: self.result,
            **more,
        )


@pytest.fixture
def deeds() -> Deeds:
    """Return what does the work."""
    return Deeds()


def shown(deeds: Deeds, **more: Any) -> tuple[Controls, Publisher]:  # noqa: ANN401
    """Return controls that are displayed, and where."""
    shell = notebook()
    controls = show_controls(shell, deeds.actions(**more))
    assert controls is not None
    return controls, shell.display_pub


def find(controls: Controls, label: str) -> Any:  # noqa: ANN401  ipywidgets has no types
    """Return the button of that label."""
    buttons = [one for one in controls._made if isinstance(one, ipywidgets.Button)]
    return next(one for one in buttons if one.description == label)


def press(controls: Controls, label: str) -> None:
    """Press a button, and wait for what it starts."""
    find(controls, label).click()
    for thread in threading.enumerate():
        if thread.name == "streamlink-control":
            thread.join(PATIENCE_S)


def test_they_stand_in_an_output_of_their_own_with_nothing_else_in_it(deeds: Deeds) -> None:
    """Whoever cannot show widgets shows nothing in their place: the words stand elsewhere."""
    _, publisher = shown(deeds)
    (display,) = publisher.shown
    assert VIEW in display["data"]
    assert display["data"]["text/html"] == display["data"]["text/plain"] == ""
    assert not display["update"]


def test_keep_says_what_came_of_it_and_the_controls_stay(deeds: Deeds) -> None:
    """One may keep an answer and then ask on."""
    controls, publisher = shown(deeds)
    press(controls, "Keep")
    assert deeds.done == [("keep",)]
    assert "Done." in controls._note.value
    assert not find(controls, "Keep").disabled
    assert len(publisher.shown) == 1


def test_edited_sql_is_run_as_it_was_written(deeds: Deeds) -> None:
    """Edit shows the answer's SQL to begin with; Run hands on what stands there then."""
    controls, _ = shown(deeds)
    press(controls, "Edit SQL")
    assert controls._sql.value == "SELECT 1"
    assert controls._sql in controls._field.children
    controls._sql.value = " SELECT 2 "
    press(controls, "Run")
    assert deeds.done == [("edit", "SELECT 2")]


def test_a_second_press_puts_the_entry_away(deeds: Deeds) -> None:
    """Nothing has to be run to get rid of it."""
    controls, _ = shown(deeds)
    press(controls, "Edit SQL")
    press(controls, "Edit SQL")
    assert controls._field.children == ()


@pytest.mark.parametrize(
    ("label", "asked"),
    [("Follow up", "only May"), ("Fix", "But that is wrong: only May")],
)
def test_words_are_asked_on(deeds: Deeds, label: str, asked: str) -> None:
    """What is wrong and what comes next are both questions that follow."""
    deeds.answer = None
    controls, publisher = shown(deeds)
    press(controls, label)
    press(controls, "Ask")
    assert deeds.done == []  # nothing was written yet
    controls._words.value = "only May"
    press(controls, "Ask")
    assert deeds.done == [("ask", asked)]
    assert publisher.shown[-1]["data"] == {"text/plain": "", "text/html": ""}
    assert publisher.shown[-1]["update"]
    assert controls._note.comm is None


def test_a_suggestion_is_asked_with_one_press(deeds: Deeds) -> None:
    """Its whole text is asked, however short the button shows it."""
    long = "How many pets are there " + "of each kind " * 9 + "?"
    controls, _ = shown(deeds, suggestions=(long,))
    button = next(one for one in controls._made if getattr(one, "tooltip", "") == long)
    assert len(button.description) < len(long)
    press(controls, button.description)
    assert deeds.done == [("ask", long)]


def test_sql_that_was_not_run_has_a_button_that_runs_it(deeds: Deeds) -> None:
    """Why it was not run is told with the button."""
    controls, _ = shown(deeds, run=lambda: deeds("run"), warning="It would cost too much.")
    assert find(controls, "Run this SQL").tooltip == "It would cost too much."
    press(controls, "Run this SQL")
    assert deeds.done == [("run",)]


def test_what_is_under_way_can_be_stopped_and_not_started_twice(deeds: Deeds) -> None:
    """While one thing works the others are disabled, and Cancel is there."""
    go_on, begun = threading.Event(), threading.Event()

    def slow(_: str) -> str:
        begun.set()
        go_on.wait(PATIENCE_S)
        return "Done."

    shell = notebook()
    actions = deeds.actions()
    controls = Controls(shell, replace(actions, edit=slow))
    controls._open_sql()
    controls._submit()
    assert begun.wait(PATIENCE_S)
    controls._start(lambda: deeds("again"))
    assert find(controls, "Keep").disabled
    assert controls._cancel in controls._working.children
    find(controls, "Cancel").click()
    assert deeds.done == [("stop",)]
    go_on.set()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("<img src=x onerror=alert(1)>"), "ValueError: &lt;img src=x"),
        (KeyboardInterrupt("Spark job 1 was cancelled"), "Stopped: Spark job 1 was cancelled"),
    ],
)
def test_what_goes_wrong_is_told_as_text(deeds: Deeds, error: BaseException, said: str) -> None:
    """Nothing in it is markup, and one may try again."""
    deeds.error = error
    controls, _ = shown(deeds)
    press(controls, "Keep")
    assert said in controls._note.value
    assert "<img" not in controls._note.value
    assert not find(controls, "Keep").disabled


def test_nothing_in_the_sql_is_markup(deeds: Deeds) -> None:
    """The button that inserts a cell carries the source as data."""
    shell = notebook()
    actions = deeds.actions()
    evil = '"><img src=x onerror=alert(1)>'
    controls = Controls(shell, replace(actions, sql=evil, cell=evil))
    pages = [one.value for one in controls._made if isinstance(one, ipywidgets.HTML)]
    assert not any("<img" in page for page in pages)


def rows_of(controls: Controls) -> list[list[str]]:
    """Return the cells of the table that is open: what is shown, then each column's order."""
    (table,) = controls._field.children
    cells: list[list[str]] = json.loads(table._dt_args["data_json"])
    return cells


def test_the_rows_open_as_a_table_that_sorts_by_values(deeds: Deeds) -> None:
    """What is shown reads as in the answer; numbers and nulls are ordered by what they are."""
    controls, _ = shown(deeds)
    press(controls, "Sort and filter")
    assert rows_of(controls) == [
        ["Bo", "10.5", "0", "1"],
        ["null", "9.0", "2", "0"],
        ["Cy", "null", "1", "2"],
    ]
    (table,) = controls._field.children
    press(controls, "Sort and filter")
    assert controls._field.children == ()
    press(controls, "Sort and filter")
    assert controls._field.children == (table,)


def test_other_rows_are_another_table(deeds: Deeds) -> None:
    """An edited statement has rows of its own."""
    controls, _ = shown(deeds)
    press(controls, "Sort and filter")
    press(controls, "Sort and filter")
    deeds.result = replace(PETS, rows=PETS.rows[:1])
    press(controls, "Sort and filter")
    assert len(rows_of(controls)) == 1


def test_a_table_goes_when_other_rows_may_come(deeds: Deeds) -> None:
    """What stood open would be the rows of another statement."""
    controls, _ = shown(deeds)
    press(controls, "Sort and filter")
    press(controls, "Keep")
    assert controls._field.children == ()


@pytest.mark.parametrize("result", [None, replace(PETS, rows=())])
def test_without_rows_there_is_no_table(deeds: Deeds, result: QueryResult | None) -> None:
    """It is said, and nothing opens."""
    deeds.result = result
    controls, _ = shown(deeds)
    press(controls, "Sort and filter")
    assert "no rows" in controls._note.value
    assert controls._field.children == ()


def test_nothing_in_the_rows_is_markup_whatever_the_user_allows_elsewhere(
    deeds: Deeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and values are text, and two columns of one name are two columns."""
    monkeypatch.setattr("itables.options.allow_html", True)
    evil = "<img src=x onerror=alert(1)>"
    columns = (Column(evil, "string"), Column(evil, "string"))
    deeds.result = QueryResult(columns, ((evil, f"</script>{evil}"),))
    controls, _ = shown(deeds)
    press(controls, "Sort and filter")
    (table,) = controls._field.children
    assert "<img" not in json.dumps(table._dt_args)
    assert rows_of(controls)[0][1].startswith("&lt;/script&gt;")


def test_a_table_leaves_no_widget_behind(deeds: Deeds) -> None:
    """It closes with the other controls."""
    controls, _ = shown(deeds)
    press(controls, "Sort and filter")
    (table,) = controls._field.children
    controls.settle()
    assert table.comm is None


def test_settled_twice_is_settled_once(deeds: Deeds) -> None:
    """The answer that comes next takes them away, whoever asked for it."""
    controls, publisher = shown(deeds)
    controls.settle("Gone.")
    controls.settle()
    assert [one["data"]["text/plain"] for one in publisher.shown] == ["", "Gone."]


@pytest.mark.parametrize(
    "shell", [notebook(front_end=False), SimpleNamespace(display_pub=Publisher())]
)
def test_nobody_to_press_them(shell: SimpleNamespace, deeds: Deeds) -> None:
    """Without a front end there are no controls."""
    assert show_controls(shell, deeds.actions()) is None
    assert shell.display_pub.shown == []


def test_import_is_light() -> None:
    """Importing the room does not load ipywidgets."""
    code = "import sys, streamlink_magic.adapters.widgets;sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
