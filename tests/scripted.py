"""A stand-in for vLLM that writes what a test wants written, over real HTTP.

It is for tests that are not about the model: how long SQL runs, what travels over the wire, what
happens when the connection breaks. No figure and no claim about answers rests on it.
"""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, Self

_MODEL = "scripted"


class ScriptedServer:
    """An OpenAI-compatible server on a free port of this machine.

    Attributes
    ----------
    answer
        What it writes, word by word, to every question.
    dies
        Whether it breaks the connection after the first word.
    endless
        Whether it goes on writing until nobody listens; then ``gone`` is set.
    gate
        What it waits for after the first word.
    redirect
        Where it sends every request instead of answering; empty: it answers.
    received
        The bodies of the chat requests that wanted a stream, in order.
    wire
        Every byte that ever came, of all connections: request lines, headers, bodies.
    """

    def __init__(self) -> None:
        self.answer = "SELECT 1"
        self.dies = False
        self.endless = False
        self.gone = threading.Event()
        self.gate: threading.Event | None = None
        self.redirect = ""
        self.received: list[dict[str, Any]] = []
        self.wire = bytearray()
        self._server = _Server(self)
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        self._thread = threading.Thread(target=serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """The address as STREAMLINK_BASE_URL takes it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def last_sent(self) -> str:
        """Return the contents of the last question's messages, one after the other."""
        return "".join(message["content"] for message in self.received[-1]["messages"])

    def sent_since(self, start: int) -> str:
        """Return what was asked from one request on, each prompt once, the main form first."""
        texts = dict.fromkeys(
            "".join(message["content"] for message in one["messages"])
            for one in self.received[start:]
            if any(message["role"] == "user" for message in one["messages"])  # no warming up
        )
        return "".join(sorted(texts, key=lambda text: "CREATE TABLE" not in text))


class _Server(ThreadingHTTPServer):
    """Carries the script to the handlers."""

    def __init__(self, script: ScriptedServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script

    def handle_error(self, *_: object) -> None:
        """Keep quiet about clients that went away: a stopped question does that."""


class _Recorder:
    """Hands on what is read from a connection, and keeps it."""

    def __init__(self, file: BinaryIO, wire: bytearray) -> None:
        self._file = file
        self._wire = wire

    def read(self, size: int = -1) -> bytes:
        return self._keep(self._file.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._keep(self._file.readline(size))

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def _keep(self, read: bytes) -> bytes:
        self._wire += read
        return read


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _script(self) -> ScriptedServer:
        return self.server.script  # type: ignore[attr-defined]

    def setup(self) -> None:
        super().setup()
        self.rfile = _Recorder(self.rfile, self._script.wire)  # type: ignore[assignment]

    def do_GET(self) -> None:
        if self._script.redirect:
            self._send_elsewhere()
            return
        card = {"id": _MODEL, "object": "model", "created": 0, "owned_by": "a test"}
        self._send({"object": "list", "data": [card | {"max_model_len": 8192}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._script.redirect:
            self._send_elsewhere()
            return
        if self.path == "/tokenize":
            count = sum(len(message["content"]) for message in body["messages"]) // 4
            self._send({"count": count})
        elif body.get("stream"):
            self._script.received.append(body)
            counted = "continuous_usage_stats" in body.get("stream_options", {})
            self._stream(self._script.answer.split(" "), counted=counted)
        else:
            self._send(_chunk(self._script.answer, "stop", kind="message"))

    def _send_elsewhere(self) -> None:
        self.send_response(307)
        self.send_header("Location", self._script.redirect + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, words: list[str], *, counted: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, word in enumerate(words):
            chunk = _chunk(word if number == 0 else f" {word}", None)
            used = {"usage": {"prompt_tokens": 100, "completion_tokens": number + 1}}
            self._event(json.dumps({**chunk, **used} if counted else chunk))
            if self._script.dies:
                self.close_connection = True
                return
            if self._script.gate is not None:
                self._script.gate.wait(30)
        while self._script.endless:
            try:
                self._event(json.dumps(_chunk(" on", None)))
            except OSError:
                self._script.gone.set()
                self.close_connection = True
                return
            time.sleep(0.01)
        self._event(json.dumps(_chunk("", "stop")))
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, text: str) -> None:
        event = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def _chunk(text: str, reason: str | None, *, kind: str = "delta") -> dict[str, Any]:
    choice = {"index": 0, kind: {"role": "assistant", "content": text}, "finish_reason": reason}
    return {"id": "1", "object": "chat", "created": 0, "model": _MODEL, "choices": [choice]}
