"""A real kernel as a front end sees it: cells in, messages out."""

from __future__ import annotations

import ast
import json
import time
from dataclasses import dataclass, field
from queue import Empty
from typing import TYPE_CHECKING, Any, Self

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATIENCE_S = 300.0
_DISPLAYS = {"display_data", "execute_result", "update_display_data"}


@dataclass
class Cell:
    """What came back for one cell.

    Attributes
    ----------
    messages
        Everything published while it ran, in order, as (type, content).
    """

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: str = ""
    error: str = ""
    traceback: str = ""

    @property
    def displays(self) -> list[dict[str, Any]]:
        """The mime bundles shown, updates among them."""
        return [content["data"] for kind, content in self.messages if kind in _DISPLAYS]

    @property
    def text(self) -> str:
        """The last display as plain text."""
        return str(self.displays[-1]["text/plain"]) if self.displays else ""

    @property
    def printed(self) -> str:
        """What went to standard output and standard error."""
        return "".join(content["text"] for kind, content in self.messages if kind == "stream")


class Kernel:
    """A Python kernel in a process of its own.

    Parameters
    ----------
    environment
        The kernel's environment variables.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=dict(environment))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def run(
        self,
        source: str,
        *,
        watched: bool = False,
        until: Callable[[Cell], bool] | None = None,
    ) -> Cell:
        """Run a cell to its end.

        Parameters
        ----------
        watched
            Whether somebody looks on, as in a notebook; without, each display comes once.
        until
            The stop button: the kernel is interrupted as soon as this holds.
        """
        cell = Cell()
        request = self._client.execute(source, allow_stdin=watched)
        waiting = until
        deadline = time.monotonic() + _PATIENCE_S
        while not self._step(request, cell):
            assert time.monotonic() < deadline, f"the cell did not end: {cell.messages[-3:]}"
            if waiting is not None and waiting(cell):
                self._manager.interrupt_kernel()
                waiting = None
        self._finish(request, cell)
        assert waiting is None, f"ended before it could be stopped: {cell.traceback or cell.text}"
        return cell

    def _step(self, request: str, cell: Cell) -> bool:
        """Take one message; True when it says that the cell has ended."""
        try:
            message = self._client.get_iopub_msg(timeout=0.2)
        except Empty:
            return False
        if message["parent_header"].get("msg_id") != request:
            return False
        kind, content = message["msg_type"], message["content"]
        cell.messages.append((kind, content))
        return bool(kind == "status" and content["execution_state"] == "idle")

    def _finish(self, request: str, cell: Cell) -> None:
        reply = self._reply(request)
        cell.status, cell.error = reply["status"], reply.get("ename", "")
        cell.traceback = "\n".join(reply.get("traceback", ()))

    def value(self, expression: str) -> Any:  # noqa: ANN401
        """Return what an expression of plain values gives in the kernel."""
        wrapped = {"value": f"__import__('json').dumps({expression})"}
        request = self._client.execute("", silent=True, user_expressions=wrapped)
        outcome = self._reply(request)["user_expressions"]["value"]
        assert outcome["status"] == "ok", outcome
        return json.loads(ast.literal_eval(outcome["data"]["text/plain"]))

    def completions(self, source: str) -> list[str]:
        """Return what the tab key offers at the end of a cell's text."""
        return list(self._reply(self._client.complete(source))["matches"])

    def _reply(self, request: str) -> dict[str, Any]:
        while True:
            message = self._client.get_shell_msg(timeout=_PATIENCE_S)
            if message["parent_header"].get("msg_id") == request:
                return dict(message["content"])
