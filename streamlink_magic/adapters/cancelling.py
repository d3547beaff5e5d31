"""A Cancel button beside the live line, where the kernel can hear it while a cell runs.

A kernel hands a click on only when the cell is done, unless the front end sends it through a
subshell. So the button is shown once a subshell is there to carry it, and not before; the front
end's own stop button works everywhere.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streamlink_magic.protocols import Clock

_T = TypeVar("_T")
_MARK = "a subshell"
_SOONEST_S = 1.0  # a question that is answered sooner needs no button


class CancelButton:
    """One button, from the first look whether it can work to its end.

    Parameters
    ----------
    shell
        The IPython shell whose cell is running.
    stop
        Interrupts the cell.
    clock
        Where the time comes from.
    """

    def __init__(
        self, shell: object, stop: Callable[[], object], *, clock: Clock = time.monotonic
    ) -> None:
        self._kernel: Any = getattr(shell, "kernel", None)
        self._publisher: Any = getattr(shell, "display_pub", None)
        self._stop = stop
        self._display_id = f"streamlink-{uuid.uuid4().hex}"
        self._button: Any = None
        self._shown = self._closed = False
        self._lock = threading.Lock()
        self._clock = clock
        self._begun = clock()

    def offer(self) -> None:
        """Show the button if a click would be heard now; call it again and again meanwhile."""
        with self._lock:
            early = self._clock() < self._begun + _SOONEST_S
            if early or self._shown or self._closed or not _has_subshells(self._kernel):
                return
            if self._button is None:
                self._button = _unanswered(self._kernel, self._make)
            if _delivers(self._kernel, self._button):
                self._publish(self._button._repr_mimebundle_(), update=False)
                self._shown = True

    def close(self, instead: Mapping[str, str] | None = None) -> None:
        """Take the button away; what is given stands in its place, or in a place of its own."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._shown or instead:
                bundle = dict(instead or {"text/plain": "", "text/html": ""})
                self._publish(bundle, update=self._shown)
            if self._button is not None:
                for model in (self._button.layout, self._button.style, self._button):
                    model.close()

    def _make(self) -> Any:  # noqa: ANN401  ipywidgets has no types
        import ipywidgets

        button = ipywidgets.Button(description="Cancel", icon="stop", tooltip="Stop this question")
        button.on_click(self._clicked)
        return button

    def _clicked(self, button: Any) -> None:  # noqa: ANN401
        button.disabled = True
        self._stop()

    def _publish(self, bundle: dict[str, Any], *, update: bool) -> None:
        if self._publisher is not None:
            self._publisher.publish(
                data=bundle, transient={"display_id": self._display_id}, update=update
            )


def _has_subshells(kernel: Any) -> bool:  # noqa: ANN401
    return bool(getattr(kernel, "_supports_kernel_subshells", False))


def _delivers(kernel: Any, button: Any) -> bool:  # noqa: ANN401
    """Return whether the front end has a subshell, and the kernel would let a click go to it."""
    route = getattr(button.comm, "_reply_subshell_for", None)
    routed = route is None or route({}, _MARK) == _MARK
    return routed and bool(kernel.shell_channel_thread.manager.list_subshell())


def _unanswered(kernel: Any, make: Callable[[], _T]) -> _T:  # noqa: ANN401
    """Make a widget outside of any request.

    ipykernel sends what comes back for a widget to the shell whose request made it. Made during
    the cell's own request, its clicks would wait for the cell to end.
    """
    parent = getattr(kernel, "_shell_parent", None)

    def without_parent() -> _T:
        if parent is not None:
            parent.set({})
        return make()

    return copy_context().run(without_parent)
