from __future__ import annotations

import io
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from streamlink_magic.adapters.display import LiveLine, has_front_end, is_headless
from streamlink_magic.records import PhaseTime

ANSWER = {"text/plain": "42", "text/html": "<b>42</b>"}


class Publisher:
    """Keeps what would be displayed."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.first = threading.Event()

    def publish(self, data: dict[str, str], **options: Any) -> None:  # noqa: ANN401 - as IPython's
        """Keep one display."""
        self.shown.append({"data": data, **options})
        self.first.set()


class Ticks:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def notebook(*, front_end: bool = True) -> SimpleNamespace:
    """Return a shell with a kernel."""
    return SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=front_end), display_pub=Publisher())


def terminal() -> SimpleNamespace:
    """Return a shell without a kernel."""
    return SimpleNamespace(display_pub=Publisher())


def quiet(shell: SimpleNamespace, clock: Ticks, stream: io.StringIO | None = None) -> LiveLine:
    """Return a line whose thread never starts, so that the test alone draws."""
    line = LiveLine(shell, clock=clock, terminal=stream or io.StringIO())
    line._start = lambda: None  # type: ignore[method-assign]
    return line


def test_headless() -> None:
    """A kernel whose client takes no input is headless; a terminal is not."""
    assert is_headless(notebook(front_end=False))
    assert not is_headless(notebook())
    assert not is_headless(terminal())
    assert has_front_end(notebook())
    assert not has_front_end(notebook(front_end=False))
    assert not has_front_end(terminal())


def test_times() -> None:
    """Each phase has its time, repeated ones add up, and the end stops the last."""
    clock = Ticks()
    line = quiet(terminal(), clock)
    for phase, seconds in (("context", 1), ("model", 2), ("guard", 4), ("model", 8), ("model", 16)):
        line(phase)
        clock.now += seconds
    expected = (PhaseTime("context", 1), PhaseTime("guard", 4), PhaseTime("model", 26))
    assert line.times() == expected
    line.finish(ANSWER)
    clock.now += 1000
    line("late")
    assert line.times() == expected


def test_notebook_is_updated_in_place() -> None:
    """The phases are shown through one display, and the answer takes their place."""
    clock, shell = Ticks(), notebook()
    line = quiet(shell, clock)
    line("context")
    clock.now += 0.12
    line("Spark", "2/5 tasks")
    line.draw()
    clock.now += 3
    line.draw()
    line.draw()
    line.finish(ANSWER)
    line.clear()
    shown = shell.display_pub.shown
    assert [each["update"] for each in shown] == [False, True, True]
    assert {each["transient"]["display_id"] for each in shown} == {line.display_id}
    assert "context 0.1 s · Spark 2/5 tasks" in shown[0]["data"]["text/html"]
    assert shown[1]["data"]["text/plain"] == "context 0.1 s · Spark 3.0 s"
    assert shown[2]["data"] == ANSWER


def test_written_sql_is_shown_as_text() -> None:
    """The SQL appears as the model writes it, and nothing in it is markup."""
    shell = notebook()
    line = quiet(shell, Ticks())
    line("model", "SELECT '<img src=x onerror=alert(1)>'\nFROM t")
    line.draw()
    html = shell.display_pub.shown[0]["data"]["text/html"]
    assert "&lt;img src=x" in html
    assert "<img" not in html
    assert "\nFROM t</pre>" in html


def test_an_answer_may_take_the_place_of_an_earlier_one() -> None:
    """A line that is given a display shows itself and its answer there."""
    shell = notebook()
    line = LiveLine(shell, display_id="earlier")
    line.finish(ANSWER)
    assert shell.display_pub.shown[0]["update"]
    assert line.display_id == "earlier"


def test_cleared_after_an_error() -> None:
    """When the question fails, nothing of the line stays."""
    shell = notebook()
    line = quiet(shell, Ticks())

    def fail() -> None:
        line("model")
        line.draw()
        raise LookupError

    with pytest.raises(LookupError), line:
        fail()
    assert shell.display_pub.shown[-1]["data"] == {"text/plain": "", "text/html": ""}


@pytest.mark.parametrize("shell", [notebook(front_end=False), terminal()])
def test_nobody_watching(shell: SimpleNamespace) -> None:
    """Without a front end or a terminal only the answer is displayed, once and for good."""
    stream = io.StringIO()
    with LiveLine(shell, terminal=stream) as line:
        line("context")
        line.draw()
        line.finish(ANSWER)
    assert shell.display_pub.shown == [{"data": ANSWER}]
    assert stream.getvalue() == ""
    assert line.display_id == ""


def test_terminal_line() -> None:
    """A terminal's line overwrites itself, carries no escape sequence, and goes away."""
    clock, shell, stream = Ticks(), terminal(), Tty()
    line = quiet(shell, clock, stream)
    line("model", "SELECT\x1b[31m 全 " + "x" * 500)
    line.draw()
    clock.now += 1
    line("guard")
    line.draw()
    line.finish(ANSWER)
    drawn = stream.getvalue().split("\r")
    assert drawn[1].startswith("model SELECT?[31m 全 xxx")
    assert drawn[2].rstrip() == "model 1.0 s · guard"
    assert drawn[3].strip() == drawn[4] == ""
    assert "\x1b" not in stream.getvalue()
    assert shell.display_pub.shown == [{"data": ANSWER}]


def test_draws_by_itself() -> None:
    """The first note brings the line up without anybody drawing it."""
    shell = notebook()
    with LiveLine(shell) as line:
        line("context")
        assert shell.display_pub.first.wait(30)


def test_a_broken_display_disturbs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """When drawing fails, the question goes on and the answer is shown."""
    shell = notebook()
    failed = threading.Event()
    publish = shell.display_pub.publish

    def broken(**_: object) -> None:
        failed.set()
        raise OSError

    monkeypatch.setattr(shell.display_pub, "publish", broken)
    with LiveLine(shell) as line:
        line("context")
        assert failed.wait(30)
        line("model")
        monkeypatch.setattr(shell.display_pub, "publish", publish)
        line.finish(ANSWER)
    assert shell.display_pub.shown[0]["data"] == ANSWER
