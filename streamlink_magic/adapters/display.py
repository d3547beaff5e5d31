"""One line that tells what is happening, replaced by the answer when that is there.

A notebook shows it through a display id, a terminal as a line that overwrites itself. Where
nobody watches (nbclient, papermill, Voila, a pipe) only the answer is shown, once.
"""

from __future__ import annotations

import contextvars
import shutil
import sys
import threading
import time
import uuid
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Protocol, Self

from wcwidth import wcwidth

from streamlink_magic.records import PhaseTime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from streamlink_magic.protocols import Clock

_INTERVAL_S = 0.1
_WRITING = "model"
_SOONEST_SHOWN_S = 0.05
_DETAIL_CHARS = 4000
_LINE = "margin:0;opacity:0.8"
_SQL = "margin:4px 0 0 0;padding:2px 10px;border-left:2px solid #88888866;white-space:pre-wrap"


def is_headless(shell: object) -> bool:
    """Return whether a kernel runs without anybody at a front end."""
    kernel = getattr(shell, "kernel", None)
    # Front ends say with each cell whether they could ask for input; those without people cannot.
    return kernel is not None and not getattr(kernel, "_allow_stdin", False)


def has_front_end(shell: object) -> bool:
    """Return whether a person looks at a notebook, so that displays can be replaced."""
    return getattr(shell, "kernel", None) is not None and not is_headless(shell)


class Beside(Protocol):
    """Something that stands beside a live line."""

    def offer(self) -> None:
        """Appear, if there is reason to. It is called again and again while the line stands."""
        ...

    def close(self, instead: Mapping[str, str] | None = None) -> None:
        """Go for good, and leave a bundle by mime type in its place."""
        ...


def replace_display(
    shell: object, display_id: str, bundle: Mapping[str, object], metadata: Mapping[str, object]
) -> None:
    """Show something else in the place of what was displayed under an id."""
    publisher = getattr(shell, "display_pub", None)
    if publisher is not None and display_id:
        publisher.publish(
            data=dict(bundle),
            metadata=dict(metadata),
            transient={"display_id": display_id},
            update=True,
        )


class LiveLine:
    """Shows the phases of one question while they run, and how long each took.

    It is a ``Progress``: calling it only takes a note; a thread of its own draws, at most ten
    times a second. Use it as a context manager, so that the line never outlives an error.

    Parameters
    ----------
    shell
        The IPython shell whose cell is running.
    clock
        Where the time comes from.
    terminal
        Where a terminal's line goes; standard error by default.
    display_id
        An answer already shown, whose place this line takes. Empty: a new place.
    beside
        What stands beside the line while it is drawn in a notebook.
    """

    def __init__(
        self,
        shell: object,
        *,
        clock: Clock = time.monotonic,
        terminal: TextIO | None = None,
        display_id: str = "",
        beside: Beside | None = None,
    ) -> None:
        self._clock = clock
        self._beside = beside
        self._surface = _surface(shell, terminal or sys.stderr, display_id)
        self._phases: list[tuple[str, float]] = []
        self._detail = ""
        self._ended: float | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._drawer: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __call__(self, phase: str, detail: str = "") -> None:
        """Take note of the phase now under way; ``detail`` is its progress or the text so far."""
        with self._lock:
            if self._ended is not None:
                return
            if not self._phases or self._phases[-1][0] != phase:
                self._phases.append((phase, self._clock()))
            self._detail = detail
        if self._surface.live and self._drawer is None:
            self._start()

    @property
    def display_id(self) -> str:
        """The place of the answer in a notebook; empty where displays cannot be replaced."""
        return self._surface.display_id

    def times(self) -> tuple[PhaseTime, ...]:
        """Return how long each phase took so far, repeated ones added up."""
        with self._lock:
            return self._times()

    def finish(
        self,
        bundle: Mapping[str, object],
        metadata: Mapping[str, object] | None = None,
        below: Mapping[str, str] | None = None,
    ) -> None:
        """Put the answer in the place of the line; all are keyed by mime type.

        Parameters
        ----------
        below
            What stands below the answer, where a person looks at a notebook.
        """
        if self._end():
            self._surface.finish(dict(bundle), dict(metadata or {}))
            self._settle(below)

    def clear(self) -> None:
        """Take the line away; after ``finish`` this does nothing."""
        if self._end():
            self._surface.clear()
            self._settle(None)

    def _settle(self, below: Mapping[str, str] | None) -> None:
        if self._beside is not None and self._surface.display_id:
            self._beside.close(below)

    def draw(self) -> None:
        """Show the phases as they stand now."""
        with self._lock:
            if self._ended is not None or not self._phases:
                return
            self._surface.draw(self._times(), self._detail[-_DETAIL_CHARS:])
        if self._beside is not None and self._surface.display_id:
            self._beside.offer()

    def _times(self) -> tuple[PhaseTime, ...]:
        now = self._clock() if self._ended is None else self._ended
        ends = [*(start for _, start in self._phases[1:]), now]
        totals: dict[str, float] = {}
        for (phase, start), end in zip(self._phases, ends, strict=True):
            # A repeated phase moves to the end of the line, where the one under way stands.
            totals[phase] = totals.pop(phase, 0.0) + end - start
        return tuple(PhaseTime(phase, seconds) for phase, seconds in totals.items())

    def _start(self) -> None:
        # The copy carries the cell that is running, to which a kernel's thread must send.
        run = contextvars.copy_context().run
        self._drawer = threading.Thread(
            target=run, args=(self._keep_drawing,), name="streamlink-live-line", daemon=True
        )
        self._drawer.start()

    def _keep_drawing(self) -> None:
        # A display that fails must not disturb the question; the answer is shown all the same.
        with suppress(Exception):
            self.draw()
            while not self._wake.wait(_INTERVAL_S):
                self.draw()

    def _end(self) -> bool:
        """Stop drawing; True only the first time."""
        with self._lock:
            first = self._ended is None
            self._ended = self._clock() if first else self._ended
        self._wake.set()
        return first


class _Surface(Protocol):
    """Where a live line can be seen."""

    live: bool
    display_id: str

    def draw(self, times: tuple[PhaseTime, ...], detail: str) -> None: ...

    def finish(self, bundle: dict[str, object], metadata: dict[str, object]) -> None: ...

    def clear(self) -> None: ...


def _surface(shell: object, terminal: TextIO, display_id: str) -> _Surface:
    if has_front_end(shell):
        return _Notebook(shell, display_id)
    if getattr(shell, "kernel", None) is None and terminal.isatty():
        return _Terminal(shell, terminal)
    return _Silent(shell)


class _Silent:
    """No live line; the answer once."""

    live = False
    display_id = ""

    def __init__(self, shell: object) -> None:
        self._publisher = getattr(shell, "display_pub", None)

    def draw(self, times: tuple[PhaseTime, ...], detail: str) -> None:
        """Show nothing."""

    def finish(self, bundle: dict[str, object], metadata: dict[str, object]) -> None:
        if self._publisher is not None:
            self._publisher.publish(data=bundle, **_noted(metadata))

    def clear(self) -> None:
        """Leave nothing."""


class _Terminal(_Silent):
    """A line that overwrites itself by carriage returns."""

    live = True

    def __init__(self, shell: object, terminal: TextIO) -> None:
        super().__init__(shell)
        self._terminal = terminal
        self._width = 0

    def draw(self, times: tuple[PhaseTime, ...], detail: str) -> None:
        room = max(shutil.get_terminal_size().columns - 1, 1)
        self._write(_fitted(_printable(_line(times, detail)), room))

    def finish(self, bundle: dict[str, object], metadata: dict[str, object]) -> None:
        self.clear()
        super().finish(bundle, metadata)

    def clear(self) -> None:
        if self._width:
            self._write("")
            self._terminal.write("\r")
            self._terminal.flush()

    def _write(self, line: str) -> None:
        width = _width(line)
        self._terminal.write(f"\r{line}{' ' * (self._width - width)}")
        self._terminal.flush()
        self._width = width


class _Notebook(_Silent):
    """One output of a cell, updated in its place."""

    live = True

    def __init__(self, shell: object, display_id: str) -> None:
        super().__init__(shell)
        self.display_id = display_id or f"streamlink-{uuid.uuid4().hex}"
        self._shown = bool(display_id)
        self._last: dict[str, object] = {}

    def draw(self, times: tuple[PhaseTime, ...], detail: str) -> None:
        self._publish({"text/plain": _line(times, ""), "text/html": _html(times, detail)})

    def finish(self, bundle: dict[str, object], metadata: dict[str, object]) -> None:
        self._publish(bundle, metadata)

    def clear(self) -> None:
        if self._shown:
            self._publish({"text/plain": "", "text/html": ""})

    def _publish(
        self, bundle: dict[str, object], metadata: dict[str, object] | None = None
    ) -> None:
        if bundle == self._last or self._publisher is None:
            return
        self._publisher.publish(
            data=bundle,
            transient={"display_id": self.display_id},
            update=self._shown,
            **_noted(metadata),
        )
        self._shown, self._last = True, bundle


def _noted(metadata: dict[str, object] | None) -> dict[str, dict[str, object]]:
    return {"metadata": metadata} if metadata else {}


def _line(times: tuple[PhaseTime, ...], detail: str) -> str:
    """Return the phases in one line: ``context 0.1 s · model 3.2 s · Spark 1.0 s 2/5 tasks``."""
    text = " · ".join(_phase(each) for each in times)
    return f"{text} {' '.join(detail.split())}".rstrip()


def _phase(time: PhaseTime) -> str:
    shown = time.seconds >= _SOONEST_SHOWN_S
    return f"{time.phase} {time.seconds:.1f} s" if shown else time.phase


def _html(times: tuple[PhaseTime, ...], detail: str) -> str:
    # What a model writes is longer than a count of tasks and gets lines of its own.
    written = times[-1].phase == _WRITING and bool(detail)
    line = escape(_line(times, "" if written else detail))
    below = f'<pre style="{_SQL}">{escape(detail)}</pre>' if written else ""
    return f'<div class="mathjax_ignore tex2jax_ignore" style="{_LINE}">{line}{below}</div>'


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _width(text: str) -> int:
    return sum(max(wcwidth(char), 0) for char in text)


def _fitted(text: str, room: int) -> str:
    """Return the text, cut so that a terminal shows it on one line."""
    for index, char in enumerate(text):
        room -= max(wcwidth(char), 0)
        if room < 0:
            return text[:index]
    return text
