"""Stopping a question from another thread, and what is said of it."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from streamlink_magic.records import PhaseTime
from streamlink_magic.stopping import Stoppable, StoppedByUser, told_when_stopped

PATIENCE_S = 30


def line(*phases: tuple[str, float]) -> SimpleNamespace:
    """Return what knows the times of these phases."""
    times = tuple(PhaseTime(*one) for one in phases)
    return SimpleNamespace(times=lambda: times)


def stopped(interrupt: KeyboardInterrupt, *phases: tuple[str, float]) -> StoppedByUser:
    """Return what becomes of an interrupt."""
    with pytest.raises(StoppedByUser) as caught, told_when_stopped(line(*phases)):
        raise interrupt
    return caught.value


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ((("context", 0.1), ("model", 3.2)), "The model call was cancelled after 3.2 s."),
        ((("context", 0.5),), "The question was given up after 0.5 s of «context»."),
        ((("Spark", 2.0),), "The Spark query is being cancelled after 2.0 s."),
        ((), "Nothing had begun yet."),
    ],
)
def test_the_phase_under_way_is_named(phases: tuple[tuple[str, float], ...], said: str) -> None:
    """A reader learns what was cancelled and after how long."""
    assert str(stopped(KeyboardInterrupt(), *phases)) == said


def test_what_was_cancelled_in_spark_is_told_as_it_was_noted() -> None:
    """The executor knows the job; its words go before a guess by the phase."""
    interrupt = KeyboardInterrupt()
    interrupt.add_note("Spark job 7 was cancelled after 4.1 s (12 of 200 tasks).")
    assert "Spark job 7 was cancelled" in str(stopped(interrupt, ("Spark", 5.0)))


def test_a_stop_is_an_interrupt_and_short() -> None:
    """The cell fails like after any interrupt, in one line without a traceback."""
    error = stopped(KeyboardInterrupt(), ("model", 1.0))
    assert isinstance(error, KeyboardInterrupt)
    assert error._render_traceback_() == ["Stopped: The model call was cancelled after 1.0 s."]


def test_other_errors_pass() -> None:
    """Only an interrupt is a stop."""
    with pytest.raises(LookupError), told_when_stopped(line()):
        raise LookupError


def test_the_main_thread_is_interrupted_out_of_a_wait() -> None:
    """Even a wait that nothing else would end gives way."""
    with Stoppable() as stop:
        threading.Timer(0.2, stop).start()
        with pytest.raises(KeyboardInterrupt):
            threading.Event().wait(PATIENCE_S)


def test_another_thread_is_interrupted_between_its_steps() -> None:
    """Work that a control started is stopped too, and its thread may clean up."""
    stop, begun, ended = Stoppable(), threading.Event(), []

    def work() -> None:
        try:
            with stop:
                begun.set()
                until = time.monotonic() + PATIENCE_S
                while time.monotonic() < until:
                    time.sleep(0.01)
        except KeyboardInterrupt:
            ended.append("stopped")

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(PATIENCE_S)
    assert stop()
    thread.join(PATIENCE_S)
    assert ended == ["stopped"]


def test_a_late_stop_hits_nothing() -> None:
    """Once the work is done there is nothing to interrupt."""
    stop = Stoppable()
    with stop:
        pass
    assert not stop()
