"""One request on its way to the model server and its answer on the way back, unbuffered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import httpx2

from streamlink_magic.gateway.refusals import Refused
from streamlink_magic.gateway.usage import UsageReader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from starlette.types import Receive, Scope, Send

    from streamlink_magic.gateway.bodies import Body
    from streamlink_magic.gateway.metrics import Metrics

_PASSED_BACK = frozenset({"content-type", "retry-after"})
_GONE = 499  # what nginx writes for a client that did not wait


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request."""

    status: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    seconds: float


class Relay:
    """An ASGI answer: it asks the server and hands on each piece as it comes.

    When the client goes away, the connection to the server is closed, on which vLLM ends the
    generation.

    Parameters
    ----------
    done
        Is told the outcome, whatever it is, once.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        url: str,
        body: Body,
        *,
        request_id: str,
        metrics: Metrics,
        done: Callable[[Outcome], Awaitable[None]],
    ) -> None:
        self._client = client
        self._url = url
        self._body = body
        self._request_id = request_id
        self._metrics = metrics
        self._done = done
        self._status = _GONE
        self._usage = UsageReader(streamed=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI wants it."""
        kind = "background" if self._body.background else "interactive"
        began = time.monotonic()
        self._metrics.running.labels(kind).inc()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._until_gone, receive, tasks.cancel_scope.cancel)
                await self._relay(scope, receive, send, began, kind)
                tasks.cancel_scope.cancel()
        finally:
            self._metrics.running.labels(kind).dec()
            self._metrics.seconds.labels(kind).observe(time.monotonic() - began)
            with anyio.CancelScope(shield=True):
                await self._done(self._outcome(time.monotonic() - began))

    @staticmethod
    async def _until_gone(receive: Receive, cancel: Callable[[], None]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        cancel()

    async def _relay(
        self, scope: Scope, receive: Receive, send: Send, began: float, kind: str
    ) -> None:
        begun = False
        try:
            async with self._asked() as answer:
                headers = [(b"x-request-id", self._request_id.encode())]
                passed = _PASSED_BACK & answer.headers.keys()
                headers += [(name.encode(), answer.headers[name].encode()) for name in passed]
                events = answer.headers.get("content-type", "").startswith("text/event-stream")
                self._usage = UsageReader(streamed=events)
                start = {"type": "http.response.start", "status": answer.status_code}
                await send({**start, "headers": headers})
                begun = True
                self._metrics.first_byte.labels(kind).observe(time.monotonic() - began)
                async for chunk in answer.aiter_bytes():
                    self._usage.feed(chunk)
                    if self._usage.ended:
                        self._status = answer.status_code
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                self._usage.finish()
                self._status = answer.status_code
                await send({"type": "http.response.body", "body": b""})
        except httpx2.HTTPError:
            self._status = 502
            if begun:  # breaking off is all that is left to say
                raise
            refused = Refused(502, "The model server does not answer.", retry_after_s=5)
            await refused.response(self._request_id)(scope, receive, send)

    def _asked(self) -> AbstractAsyncContextManager[httpx2.Response]:
        headers = {"Content-Type": "application/json", "X-Request-Id": self._request_id}
        return self._client.stream("POST", self._url, content=self._body.content, headers=headers)

    def _outcome(self, seconds: float) -> Outcome:
        usage = self._usage
        return Outcome(
            self._status,
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.total,
            round(seconds, 3),
        )
