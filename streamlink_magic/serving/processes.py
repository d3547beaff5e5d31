"""The server's processes: started apart from ours, and stopped only when they are ours."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from streamlink_magic.serving.children import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from streamlink_magic.serving.state import ServerState

KEY_IN_SERVER = "VLLM_API_KEY"
_CLOCK_SLACK_S = 2.0
_GRACE_S = 20.0


def spawn(
    arguments: Sequence[str], environment: Mapping[str, str], log_path: Path, folder: Path
) -> psutil.Process:
    """Start a process that outlives this one, in a session of its own.

    Parameters
    ----------
    arguments
        The program and its arguments.
    environment
        Variables to set for it.
    log_path
        The file for all that it prints; what it held moves to ``*.previous.log``.
    folder
        Its working directory, which must hold no Python files.

    Returns
    -------
    psutil.Process
        The process.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    if log_path.exists():
        log_path.replace(log_path.with_suffix(".previous.log"))
    # SPT_NOENV: vLLM renames its processes, which would wipe the variables that identify them.
    variables = child_environment(environment) | {"SPT_NOENV": "1"}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
    process.returncode = 0  # it is meant to outlive this object: no wait, no ResourceWarning
    return psutil.Process(process.pid)


def is_alive(state: ServerState) -> bool:
    """Return whether the server's own process still runs.

    Parameters
    ----------
    state
        The server.
    """
    return _leader(state) is not None


def exit_code(pid: int) -> int | None:
    """Return how a child ended, negative for a signal; None when that is not known."""
    try:
        code = psutil.Process(pid).wait(timeout=0)
    except (psutil.Error, OSError):
        return None
    return None if code is None else int(code)


def resident_bytes(state: ServerState) -> int:
    """Return how much memory stopping the server gives back."""
    total = 0
    for process in _members(state):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def stop_processes(state: ServerState) -> bool:
    """Stop the server and all that it started: politely first, then for certain.

    Parameters
    ----------
    state
        The server.

    Returns
    -------
    bool
        Whether there was anything of ours to stop.
    """
    members, leader = _members(state), _leader(state)
    for process in [leader] if leader else members:  # a leader cleans up after its children
        with suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(members, timeout=_GRACE_S)
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=_GRACE_S)
    return bool(members)


def _leader(state: ServerState) -> psutil.Process | None:
    with suppress(psutil.Error):
        process = psutil.Process(state.pid)
        if process.status() != psutil.STATUS_ZOMBIE and _is_ours(process, state):
            return process
    return None


def _is_ours(process: psutil.Process, state: ServerState) -> bool:
    """Tell our process from a later one with its id; a clock that jumped must not fool us."""
    if abs(process.create_time() - state.created) < _CLOCK_SLACK_S:
        return True
    return _has_key(process, state)


def _has_key(process: psutil.Process, state: ServerState) -> bool:
    with suppress(psutil.Error, OSError):
        return bool(process.environ().get(KEY_IN_SERVER) == state.api_key)
    return False


def _members(state: ServerState) -> list[psutil.Process]:
    """Return the server's processes, also those whose leader was killed."""
    leader = _leader(state)
    found = [leader, *_children(leader)] if leader else []
    known = {process.pid for process in found}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            in_group = process.pid not in known and os.getpgid(process.pid) == state.pid
            if in_group and process.pid != state.pid and _has_key(process, state):
                found.append(process)
    return found


def _children(leader: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return list(leader.children(recursive=True))
    return []
