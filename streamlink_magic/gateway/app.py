"""The gateway's routes: health, metrics, models, chat, counting tokens; nothing else is there."""

from __future__ import annotations

import re
import uuid
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from streamlink_magic.auditing.journal import append_line
from streamlink_magic.errors import AuditError
from streamlink_magic.gateway.bodies import Body, chat_body, tokenize_body
from streamlink_magic.gateway.budgets import Budgets
from streamlink_magic.gateway.metrics import Metrics
from streamlink_magic.gateway.refusals import Refused
from streamlink_magic.gateway.relay import Outcome, Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from streamlink_magic.gateway.callers import Caller, Identify
    from streamlink_magic.gateway.config import GatewayConfig

_BEARER = re.compile(r"(?:bearer|token)\s+(\S+)\s*", re.IGNORECASE)
_SANE_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_BACKGROUND = "x-request-class"
_HEALTH_S, _CONNECT_S, _SILENCE_S = 5.0, 5.0, 600.0
_MODELS_S = 30.0


class Gateway:
    """The service.

    Parameters
    ----------
    identify
        Tells whose token it is.
    """

    def __init__(self, config: GatewayConfig, identify: Identify) -> None:
        self._config = config
        self._identify = identify
        self._budgets = Budgets(config)
        self._metrics = Metrics()
        # The key goes to the one server that is configured: no redirect, no proxy on the way.
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {config.upstream_key or 'none'}"},
            timeout=httpx2.Timeout(_SILENCE_S, connect=_CONNECT_S),
            limits=httpx2.Limits(max_connections=None),
            follow_redirects=False,
            trust_env=False,
        )

    def app(self, prefix: str = "/") -> ASGIApp:
        """Return the ASGI application, below the prefix that the hub gives the service."""
        routes = [
            Route("/health", self.health),
            Route("/metrics", self.metrics),
            Route("/v1/models", self._answering("models", self.models)),
            Route("/v1/chat/completions", self._answering("chat", self.chat), methods=["POST"]),
            Route("/tokenize", self._answering("tokenize", self.tokenize), methods=["POST"]),
        ]

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self._client:
                yield

        return Starlette(routes=[Mount(prefix.rstrip("/"), routes=routes)], lifespan=lifespan)

    async def health(self, _: Request) -> Response:
        """Say whether the model server answers; anybody may ask."""
        try:
            answer = await self._client.get(f"{self._config.root}/health", timeout=_HEALTH_S)
        except httpx2.HTTPError:
            return JSONResponse({"status": "no model server"}, 503)
        well = answer.status_code == 200  # noqa: PLR2004
        return JSONResponse({"status": "ok" if well else "unwell"}, 200 if well else 503)

    async def metrics(self, request: Request) -> Response:
        """Return the numbers, to whom the hub lets read metrics."""
        try:
            _require((await self._caller(request)).may_measure, "This token may not read metrics.")
        except Refused as refused:
            return refused.response(_request_id(request))
        return PlainTextResponse(self._metrics.text(), media_type="text/plain; version=0.0.4")

    async def models(self, _: Request, caller: Caller, request_id: str) -> Response:
        """Return the models that may be asked."""
        del caller
        try:
            answer = await self._client.get(f"{self._config.upstream}/models", timeout=_MODELS_S)
            listed: dict[str, Any] = answer.raise_for_status().json()
        except (httpx2.HTTPError, ValueError):
            raise Refused(502, "The model server does not answer.", retry_after_s=5) from None
        allowed = self._config.models
        cards = [one for one in listed.get("data", ()) if not allowed or one.get("id") in allowed]
        return JSONResponse({**listed, "data": cards}, headers={"X-Request-Id": request_id})

    async def chat(self, request: Request, caller: Caller, request_id: str) -> ASGIApp:
        """Hand a question on and its answer back."""
        wait = await self._budgets.wait_for_tokens(caller.name)
        _require_now(wait, "Your tokens of this hour are used up")
        waits = caller.is_service or request.headers.get(_BACKGROUND) == "background"
        body = chat_body(await self._content(request), self._config, background=waits)
        url = f"{self._config.upstream}/chat/completions"
        return self._relayed("chat", url, body, caller, request_id)

    async def tokenize(self, request: Request, caller: Caller, request_id: str) -> ASGIApp:
        """Let the server count a prompt's tokens."""
        body = tokenize_body(await self._content(request), self._config)
        url = f"{self._config.root}/tokenize"
        return self._relayed("tokenize", url, body, caller, request_id)

    def _relayed(
        self, route: str, url: str, body: Body, caller: Caller, request_id: str
    ) -> ASGIApp:
        about = {"user": caller.name, "route": route, "model": body.model}
        self._record(request_id, "begun", **about, background=body.background)

        async def done(outcome: Outcome) -> None:
            if route == "chat":
                await self._budgets.charge(caller.name, outcome.total_tokens)
                self._metrics.tokens.labels("prompt").inc(outcome.prompt_tokens)
                self._metrics.tokens.labels("completion").inc(outcome.completion_tokens)
            self._metrics.requests.labels(route, outcome.status).inc()
            self._record(request_id, "ended", **about, **asdict(outcome))

        return Relay(
            self._client, url, body, request_id=request_id, metrics=self._metrics, done=done
        )

    def _answering(
        self, route: str, answer: Callable[[Request, Caller, str], Awaitable[ASGIApp]]
    ) -> Callable[[Request], Awaitable[Any]]:
        """Return an endpoint for those who may ask, within their budget of requests."""

        async def endpoint(request: Request) -> ASGIApp:
            request_id, name = _request_id(request), ""
            try:
                caller = await self._caller(request)
                name = caller.name
                _require(caller.may_ask, "This token lacks the scope of this service.")
                _require_now(await self._budgets.wait_for_request(name), "Too many requests")
                return await answer(request, caller, request_id)
            except AuditError:
                refused = Refused(503, "Requests cannot be recorded at the moment.")
            except Refused as error:
                refused = error
                self._record(request_id, "refused", user=name, route=route, status=error.status)
            self._metrics.requests.labels(route, refused.status).inc()
            return refused.response(request_id)

        return endpoint

    async def _caller(self, request: Request) -> Caller:
        token = _BEARER.fullmatch(request.headers.get("authorization", ""))
        caller = await self._identify(token.group(1)) if token else None
        if caller is None:
            raise Refused(401, "The hub does not know this token.")
        return caller

    async def _content(self, request: Request) -> bytes:
        """Return a request's body, as far as it is not too long."""
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > self._config.body_bytes:
                raise Refused(413, f"More than {self._config.body_bytes:,} bytes are not taken.")
        return bytes(content)

    def _record(self, request_id: str, event: str, **words: object) -> None:
        """Write a line of who asked, and nothing of what."""
        if self._config.audit:
            moment = datetime.now(tz=UTC).isoformat(timespec="milliseconds")
            line = {"time": moment, "event": event, "id": request_id, **words}
            append_line(self._config.audit, line)


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _require(allowed: bool, why_not: str) -> None:  # noqa: FBT001  it is the question
    if not allowed:
        raise Refused(403, why_not)


def _require_now(wait: int, why_not: str) -> None:
    if wait:
        raise Refused(429, f"{why_not}; try again in {wait} s.", retry_after_s=wait)
