"""Start, find and stop the one model server of this user."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streamlink_magic.errors import ServingError
from streamlink_magic.serving.hardware import require_memory
from streamlink_magic.serving.health import free_port, is_healthy, require_port
from streamlink_magic.serving.locking import hold
from streamlink_magic.serving.log_reading import explain_failure, read_phase, read_tail
from streamlink_magic.serving.models import require_context, weight_bytes
from streamlink_magic.serving.options import Endpoint, ServeOptions, ServeProgress, ignore_progress
from streamlink_magic.serving.places import Places, find_places
from streamlink_magic.serving.plan import Plan, make_plan
from streamlink_magic.serving.processes import (
    KEY_IN_SERVER,
    exit_code,
    is_alive,
    resident_bytes,
    spawn,
    stop_processes,
)
from streamlink_magic.serving.state import ServerState, read_state, write_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.serving.command import Launch

_POLL_S = 0.5
_PATIENCE_S = 30.0  # a server that answered once may be slow now; others may be using it


def start_server(options: ServeOptions, *, progress: ServeProgress | None = None) -> Endpoint:
    """Return a healthy server: the one that runs already if it fits, else a new one.

    Parameters
    ----------
    options
        How it is to run.
    progress
        Told of each phase; None for silence.

    Returns
    -------
    Endpoint
        Where it listens and the key made for it.

    Raises
    ------
    ServingError
        It could not be prepared or started; the subclass names the cause.
    """
    report = progress or ignore_progress
    places = find_places()
    plan = make_plan(options)
    with hold(places.server_lock, "Waiting for another process that starts the server", report):
        running = _remembered(places)
        fits = running is not None and _fits(running, plan)
        if running and fits and _comes_up(running, plan, report):
            return running.endpoint()
        if options.port and not (running and running.port == options.port):
            require_port(options.port)  # said before anything is downloaded
        launch = _prepare(plan, places, running, report)
        if running:
            reason = "does not answer" if fits else "was started with other options"
            report(f"Stopping the server that {reason}", None)
        _forget(places)
        if options.port:
            require_port(options.port)
        return _launch(launch, plan, places, report).endpoint()


def find_server() -> Endpoint | None:
    """Return the server that was started earlier, if it is healthy.

    Returns
    -------
    Endpoint or None
        None when none runs or it does not answer.
    """
    running = _remembered(find_places())
    return running.endpoint() if running and is_healthy(running) else None


def stop_server() -> bool:
    """Stop the server that was started earlier; any other process is left alone.

    Returns
    -------
    bool
        Whether there was one.
    """
    return _forget(find_places())


@contextmanager
def run_apart(
    options: ServeOptions, name: str, *, progress: ServeProgress | None = None
) -> Iterator[Endpoint]:
    """Run a server of one's own for as long as the block lasts, beside the remembered one.

    Parameters
    ----------
    options
        How it is to run.
    name
        What its log is called.
    progress
        Told of each phase; None for silence.

    Raises
    ------
    ServingError
        It could not be prepared or started; the subclass names the cause.
    """
    report = progress or ignore_progress
    places = find_places()
    plan = make_plan(options)
    launch = _prepare(plan, places, None, report)
    state = _spawn(launch, plan, places, f"server-{name}.log")
    try:
        wait_until_ready(state, timeout_s=options.start_timeout_s, report=report)
        yield state.endpoint()
    finally:
        stop_processes(state)


def _forget(places: Places) -> bool:
    """Stop what is left of the remembered server, also when only its children live on."""
    state = read_state(places.state_file)
    return state is not None and _stop(state, places)


def _remembered(places: Places) -> ServerState | None:
    """Return the remembered server if its process still runs."""
    state = read_state(places.state_file)
    return state if state and is_alive(state) else None


def _fits(running: ServerState, plan: Plan) -> bool:
    same_port = plan.options.port in {None, running.port}
    return same_port and running.fingerprint == plan.fingerprint


def _comes_up(running: ServerState, plan: Plan, report: ServeProgress) -> bool:
    """Return whether a server that fits is healthy, or becomes so: its starter may be gone."""
    if is_healthy(running):
        return True
    left = running.created + plan.options.start_timeout_s - time.time()
    try:
        wait_until_ready(running, timeout_s=max(left, _PATIENCE_S), report=report)
    except ServingError:
        return False
    return True


def _prepare(
    plan: Plan, places: Places, running: ServerState | None, report: ServeProgress
) -> Launch:
    """Get environment and model ready, and check that the machine can hold them."""
    python = plan.ensure_python(places, report)
    folder = plan.ensure_folder(python, places, report)
    require_context(folder, plan.options.max_model_len)
    if plan.device == "cpu":
        freed = resident_bytes(running) if running else 0
        weights = weight_bytes(folder)
        require_memory(weights, plan.options.kv_cache_gib, freed_bytes=freed)
    port = plan.options.port or free_port()
    return plan.launch(places, python=python, model=str(folder), port=port)


def _launch(launch: Launch, plan: Plan, places: Places, report: ServeProgress) -> ServerState:
    """Start the process, remember it at once, and wait; whatever goes wrong, it does not stay."""
    state = _spawn(launch, plan, places, "server.log")
    try:
        write_state(places.state_file, state)
        wait_until_ready(state, timeout_s=plan.options.start_timeout_s, report=report)
    except BaseException:  # also Ctrl-C: nobody else knows of this process
        _stop(state, places)
        raise
    return state


def _spawn(launch: Launch, plan: Plan, places: Places, log_name: str) -> ServerState:
    key = secrets.token_urlsafe(32)
    log_path = places.logs / log_name
    environment = launch.environment() | {KEY_IN_SERVER: key}
    process = spawn(launch.arguments(), environment, log_path, places.root)
    return ServerState(
        pid=process.pid,
        created=process.create_time(),
        port=launch.port,
        api_key=key,
        model=launch.name,
        fingerprint=plan.fingerprint,
        log_path=str(log_path),
    )


def wait_until_ready(state: ServerState, *, timeout_s: float, report: ServeProgress) -> None:
    """Wait for the first healthy answer, telling what the log says meanwhile.

    Parameters
    ----------
    state
        The server.
    timeout_s
        How long it may take, in seconds.
    report
        Whom to tell.

    Raises
    ------
    ServingError
        The process ended, or the time was up.
    """
    log_path = state.endpoint().log_path
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not is_alive(state):
            raise explain_failure(read_tail(log_path), log_path, exit_code(state.pid))
        if is_healthy(state):
            report("Ready", 1.0)
            return
        report(*read_phase(read_tail(log_path)))
        time.sleep(_POLL_S)
    raise ServingError(
        f"The model server was not ready after {timeout_s:.0f} s.",
        f"See {log_path}; a slow machine may need a larger start timeout, or --eager.",
    )


def _stop(state: ServerState, places: Places) -> bool:
    stopped = stop_processes(state)
    if read_state(places.state_file) == state:
        places.state_file.unlink(missing_ok=True)
    return stopped
