"""Who the running server is, remembered in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from streamlink_magic.serving.command import HOST
from streamlink_magic.serving.options import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """A server that was launched.

    Parameters
    ----------
    pid
        Its process id, which is its process group's id too.
    created
        When that process began, in seconds since 1970: tells it from a later one with its id.
    port
        Where it listens on loopback.
    api_key
        The key made for it.
    model
        The name of the model that it serves.
    fingerprint
        What it was started with, as a digest.
    log_path
        What it prints.
    """

    pid: int
    created: float
    port: int
    api_key: str = field(repr=False)
    model: str
    fingerprint: str
    log_path: str

    def endpoint(self) -> Endpoint:
        """Return what a client needs."""
        return Endpoint(
            base_url=f"http://{HOST}:{self.port}/v1",
            api_key=self.api_key,
            model=self.model,
            log_path=Path(self.log_path),
            pid=self.pid,
        )


def read_state(path: Path) -> ServerState | None:
    """Return the remembered server.

    Parameters
    ----------
    path
        The state file.

    Returns
    -------
    ServerState or None
        None when there is none, or when the file is not one of ours.
    """
    try:
        return ServerState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_state(path: Path, state: ServerState) -> None:
    """Remember a server, all at once and for its owner's eyes only.

    Parameters
    ----------
    path
        The state file.
    state
        The server.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".server-")  # created with mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    Path(name).replace(path)
