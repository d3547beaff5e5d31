"""When a Cancel button may stand beside a running cell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from streamlink_magic.adapters.cancelling import CancelButton
from streamlink_magic.testing import FakeClock

VIEW = "application/vnd.jupyter.widget-view+json"


class Publisher:
    """Keeps what would be displayed."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def publish(self, data: dict[str, Any], **options: Any) -> None:  # noqa: ANN401 - as IPython's
        """Keep one display."""
        self.shown.append({"data": data, **options})


def kernel(*, subshells: tuple[str, ...] = ("one",), able: bool = True) -> SimpleNamespace:
    """Return a kernel as the button looks at it."""
    manager = SimpleNamespace(list_subshell=lambda: list(subshells))
    return SimpleNamespace(
        _supports_kernel_subshells=able, shell_channel_thread=SimpleNamespace(manager=manager)
    )


def offered(kernel: object, seconds: float = 5.0) -> tuple[CancelButton, Publisher, list[str]]:
    """Return a button that was offered after so long, where it shows, and what it stopped."""
    shell, stopped, clock = SimpleNamespace(kernel=kernel, display_pub=Publisher()), [], FakeClock()
    button = CancelButton(shell, lambda: stopped.append("stopped"), clock=clock)
    clock.now = seconds
    button.offer()
    button.offer()
    return button, shell.display_pub, stopped


def test_a_click_that_would_be_heard_stops_the_cell_once() -> None:
    """The button is shown once, and a click interrupts."""
    button, publisher, stopped = offered(kernel())
    assert [VIEW in one["data"] for one in publisher.shown] == [True]
    button._button.click()
    assert stopped == ["stopped"]
    assert button._button.disabled


@pytest.mark.parametrize(
    "unable",
    [kernel(subshells=()), kernel(able=False), SimpleNamespace(), None],
    ids=["no subshell", "not able", "another kernel", "a terminal"],
)
def test_where_a_click_would_wait_for_the_cell_there_is_no_button(unable: object) -> None:
    """A button that does nothing is worse than none."""
    _, publisher, _ = offered(unable)
    assert publisher.shown == []


def test_what_is_answered_at_once_needs_none() -> None:
    """Nothing flickers up beside a short question."""
    _, publisher, _ = offered(kernel(), seconds=0.5)
    assert publisher.shown == []


def test_it_is_never_left_behind() -> None:
    """Once the line ends the button's place is empty, or holds what stands there instead."""
    for instead in (None, {"text/plain": "next", "text/html": "<p>next</p>"}):
        button, publisher, _ = offered(kernel())
        button.close(instead)
        button.close()
        button.offer()
        assert len(publisher.shown) == 2
        assert publisher.shown[1]["data"] == (instead or {"text/plain": "", "text/html": ""})
        assert publisher.shown[1]["update"]


def test_without_a_button_nothing_is_cleared_away() -> None:
    """What stands below an answer gets a place of its own then."""
    button, publisher, _ = offered(kernel(subshells=()))
    button.close()
    assert publisher.shown == []
    button, publisher, _ = offered(kernel(subshells=()))
    button.close({"text/plain": "next"})
    assert not publisher.shown[0]["update"]
