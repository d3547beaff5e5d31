from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest

from streamlink_magic.adapters.widgets import run_controls

VIEW = "application/vnd.jupyter.widget-view+json"


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


@pytest.fixture
def buttons(monkeypatch: pytest.MonkeyPatch) -> list[ipywidgets.Button]:
    """Return the buttons that are made during the test."""
    made: list[ipywidgets.Button] = []
    plain = ipywidgets.Button

    def remember(**traits: Any) -> ipywidgets.Button:  # noqa: ANN401 - as the widget's
        made.append(plain(**traits))
        return made[-1]

    monkeypatch.setattr(ipywidgets, "Button", remember)
    return made


def test_click_runs_once_and_leaves_plain_html(buttons: list[ipywidgets.Button]) -> None:
    """A click runs the SQL, disabled meanwhile, and the widget gives way to static HTML."""
    shell, seen = notebook(), []
    run_controls(shell, lambda: seen.append(buttons[0].disabled), warning="Not proven.")
    buttons[0].click()
    buttons[0].click()
    assert seen == [True]
    first, last = shell.display_pub.shown
    assert VIEW in first["data"]
    assert not first["update"]
    assert last["data"] == {
        "text/plain": "Run on request.",
        "text/html": '<div style="opacity:0.8">Run on request.</div>',
    }
    assert last["update"]
    assert last["transient"] == first["transient"]
    assert buttons[0].comm is None


def test_error_is_shown_as_text(buttons: list[ipywidgets.Button]) -> None:
    """What the run raises is shown, and nothing in it is markup."""

    def fail() -> None:
        raise ValueError("<img src=x onerror=alert(1)>")

    shell = notebook()
    run_controls(shell, fail)
    buttons[0].click()
    html = shell.display_pub.shown[-1]["data"]["text/html"]
    assert "ValueError: &lt;img src=x onerror=alert(1)&gt;" in html
    assert "<img" not in html


def test_stop(buttons: list[ipywidgets.Button]) -> None:
    """The kernel's stop button ends the run and the control says so."""

    def stopped() -> None:
        raise KeyboardInterrupt

    shell = notebook()
    run_controls(shell, stopped)
    buttons[0].click()
    assert shell.display_pub.shown[-1]["data"]["text/plain"] == "Stopped before it was done."


@pytest.mark.parametrize(
    "shell", [notebook(front_end=False), SimpleNamespace(display_pub=Publisher())]
)
def test_nobody_to_press_it(shell: SimpleNamespace, buttons: list[ipywidgets.Button]) -> None:
    """Without a front end no control is shown."""
    run_controls(shell, lambda: None)
    assert shell.display_pub.shown == []
    assert buttons == []


def test_import_is_light() -> None:
    """Importing the room does not load ipywidgets."""
    code = "import sys, streamlink_magic.adapters.widgets;sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
