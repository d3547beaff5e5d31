"""Asking a server on loopback whether it is well, and whether it is ours."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from streamlink_magic.errors import PortInUseError
from streamlink_magic.serving.command import HOST

if TYPE_CHECKING:
    from streamlink_magic.serving.state import ServerState

_TIMEOUT_S = 5.0
_OK = 200


def is_healthy(state: ServerState) -> bool:
    """Return whether the server answers, takes our key and serves our model.

    Parameters
    ----------
    state
        The server.
    """
    if _get(state, "/health") is None:
        return False
    listing = _get(state, "/v1/models")
    try:
        models = json.loads(listing or b"{}").get("data", [])
        return any(model["id"] == state.model for model in models)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _get(state: ServerState, path: str) -> bytes | None:
    """Return the body of a 200 answer. Plain sockets: a proxy must not see loopback calls."""
    try:
        with closing(HTTPConnection(HOST, state.port, timeout=_TIMEOUT_S)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {state.api_key}"})
            answer = connection.getresponse()
            return answer.read() if answer.status == _OK else None
    except (OSError, HTTPException):
        return None


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def require_port(port: int) -> None:
    """Refuse a port on which somebody listens already.

    Parameters
    ----------
    port
        The port that the user wants.

    Raises
    ------
    PortInUseError
        It is taken, or may not be used.
    """
    with closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise PortInUseError(
                f"Port {port} on {HOST} cannot be used: {error}.",
                "Choose another with --port, or leave --port out and a free one is taken.",
            ) from error
