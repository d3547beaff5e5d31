"""Running pip and the workers: their output in a log, their progress to the user."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from streamlink_magic.errors import NotEnoughDiskError, ServingError
from streamlink_magic.serving.places import CACHE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# The notebook's own Python paths and secrets are no business of another environment's processes.
_NOT_INHERITED = (
    "JUPYTERHUB_API_TOKEN",
    "MPLBACKEND",
    "PYTHONHOME",
    "PYTHONPATH",
    "STREAMLINK_API_KEY",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)
_TAIL_LINES = 40
_PERCENT = re.compile(r"(\d{1,3})%\|")
PROGRESS_MARK = "@progress "


def child_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a process of the server's own Python.

    Parameters
    ----------
    changes
        Variables to set on top of what is inherited.

    Returns
    -------
    dict[str, str]
        The inherited variables without those that would mislead another Python.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(changes or {})


def run_child(
    arguments: Sequence[str],
    *,
    log_path: Path,
    purpose: str,
    on_line: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end; an interrupt here ends it and all that it started.

    Parameters
    ----------
    arguments
        The program and its arguments.
    log_path
        The file to which its output is appended.
    purpose
        What it does, as it will read in "... failed".
    on_line
        Called with each line that it prints.
    environment
        Variables to set for it.

    Raises
    ------
    ServingError
        It ended with another status than 0.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with (
        log_path.open("a", encoding="utf-8") as log,
        subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,  # also turns the carriage returns of progress bars into line ends
            encoding="utf-8",
            errors="replace",
            env=child_environment(environment),
            start_new_session=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                log.write(line)
                tail.append(line.rstrip())
                on_line(line.rstrip())
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise _failure(purpose, process.returncode, list(tail), log_path)


def _failure(purpose: str, status: int, tail: list[str], log_path: Path) -> ServingError:
    told = next((line for line in reversed(tail) if re.search(r"(?i)error", line)), "")
    if "No space left on device" in "\n".join(tail):
        return NotEnoughDiskError(
            f"{purpose} failed: the disk is full.",
            f"Free some space, or set {CACHE_VARIABLE} to a folder on a larger disk.",
        )
    cause = f": {told.strip()}" if told else f" with status {status}."
    return ServingError(f"{purpose} failed{cause}", f"The whole output is in {log_path}.")


def read_fraction(line: str) -> float | None:
    """Return the part done that a line of output tells, if it tells one.

    Parameters
    ----------
    line
        A worker's ``@progress 0.25`` or a progress bar's ``25%|``.

    Returns
    -------
    float or None
        A number from 0 to 1.
    """
    if line.startswith(PROGRESS_MARK):
        return float(line.removeprefix(PROGRESS_MARK))
    found = _PERCENT.search(line)
    return min(int(found[1]), 100) / 100 if found else None
