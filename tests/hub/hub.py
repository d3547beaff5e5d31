"""A real JupyterHub on loopback, and kernels of its users as a front end reaches them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx2
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

_PATIENCE_S = 180.0
_ADMIN = "token-of-the-tests"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass
class Hub:
    """A hub that runs with a given configuration.

    Parameters
    ----------
    configuration
        The text of ``jupyterhub_config.py``, ready to run.
    port
        Where the hub's proxy listens.
    """

    folder: Path
    configuration: str
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> str:
        """The hub's public address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        file = self.folder / "jupyterhub_config.py"
        file.write_text(self.configuration, encoding="utf-8")
        with (self.folder / "hub.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(file)],
                cwd=self.folder,
                env={**os.environ, **self.environment, "PATH": _found_beside_python()},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_for("/hub/api/", "the hub")
            self._wait_for("/services/model/health", "the gateway")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def _wait_for(self, path: str, what: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                if httpx2.get(self.root + path).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            assert self._process
            running = self._process.poll() is None
            late = time.monotonic() > deadline
            assert running, f"the hub ended: {self.log()[-3000:]}"
            assert not late, f"{what} did not start: {self.log()[-3000:]}"
            time.sleep(0.2)

    def log(self) -> str:
        """Return what the hub, its proxy and the gateway have printed."""
        return (self.folder / "hub.log").read_text("utf-8")

    def api(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Call the hub's API as the tests' own service."""
        answer = httpx2.request(
            method,
            f"{self.root}/hub/api{path}",
            json=body,
            headers={"Authorization": f"token {_ADMIN}"},
            timeout=60,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def token_of(self, user: str, scopes: list[str]) -> str:
        """Return a new token of a user with those scopes."""
        return str(self.api("POST", f"/users/{user}/tokens", {"scopes": scopes})["token"])

    def start_server(self, user: str) -> None:
        """Start a user's own server, and wait for it."""
        self.api("POST", f"/users/{user}/server")
        deadline = time.monotonic() + _PATIENCE_S
        while not self.api("GET", f"/users/{user}").get("server"):
            assert time.monotonic() < deadline, self.log()[-3000:]
            time.sleep(0.3)

    def kernel(self, user: str) -> HubKernel:
        """Return a kernel on a user's server."""
        answer = httpx2.post(
            f"{self.root}/user/{user}/api/kernels",
            json={"name": "python3"},
            headers={"Authorization": f"token {_ADMIN}"},
            timeout=60,
        )
        assert answer.is_success, answer.text
        address = f"ws://127.0.0.1:{self.port}/user/{user}/api/kernels/{answer.json()['id']}"
        return HubKernel(f"{address}/channels")


def _found_beside_python() -> str:
    """Return a search path on which the hub finds its proxy and its users' servers."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


@dataclass(frozen=True)
class HubKernel:
    """A kernel behind the hub's proxy."""

    address: str

    def run(self, source: str) -> tuple[str, str]:
        """Run a cell; return its status and all that it showed and printed."""
        # In a thread of its own: the browser of other tests keeps a loop running in this one.
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(asyncio.run, self._within(source)).result()

    async def _within(self, source: str) -> tuple[str, str]:
        return await asyncio.wait_for(self._run(source), _PATIENCE_S)

    async def _run(self, source: str) -> tuple[str, str]:
        request = HTTPRequest(self.address, headers={"Authorization": f"token {_ADMIN}"})
        wire = await websocket_connect(request)
        number = uuid.uuid4().hex
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "version": "5.3"}
        message = {
            "header": {**header, "session": number, "date": ""},
            "parent_header": {},
            "metadata": {},
            "content": {**content, "user_expressions": {}, "stop_on_error": True},
            "channel": "shell",
            "buffers": [],
        }
        await wire.write_message(json.dumps(message))
        try:
            return await _read(wire, number)
        finally:
            wire.close()
            with suppress(Exception):  # the other side says goodbye, and the socket is closed
                while await asyncio.wait_for(wire.read_message(), 5) is not None:
                    pass


async def _read(wire: Any, number: str) -> tuple[str, str]:  # noqa: ANN401
    shown: list[str] = []
    status, idle = "", False
    while not (status and idle):
        text = await wire.read_message()
        assert text is not None, "the kernel's connection broke"
        message = json.loads(text)
        if message["parent_header"].get("msg_id") != number:
            continue
        content = message["content"]
        if message["msg_type"] == "execute_reply":
            status = content["status"]
        elif message["msg_type"] == "status":
            idle = content["execution_state"] == "idle"
        elif message["msg_type"] == "error":
            shown += content["traceback"]
        else:
            shown.append(str(content.get("text") or content.get("data", {}).get("text/plain", "")))
    return status, "\n".join(shown)
