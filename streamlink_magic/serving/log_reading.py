"""What a vLLM log says: the phase a start is in, and why it failed."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.errors import (
    ContextTooLongError,
    NotEnoughDiskError,
    NotEnoughMemoryError,
    PortInUseError,
    ServingError,
)
from streamlink_magic.serving.places import CACHE_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 256 * 1024
_SHOWN_LINES = 6
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PREFIX = re.compile(r"^(?:\(\w+ pid=\d+\) )?(?:(?:INFO|WARNING|ERROR) [\d-]+ [\d:]+ \[[^\]]*\] )?")
_COMPLAINT = re.compile(r"\b\w*(?:Error|Exception)\b.*:|error:|Killed")

_PHASES = (
    (re.compile(r"Application startup complete"), "Ready"),
    (re.compile(r"Starting vLLM server|Supported tasks"), "Opening the port"),
    (
        re.compile(r"for the compilation|torch.compile|Dynamo|Compiling|AOT compiled"),
        "Compiling the model",
    ),
    (re.compile(r"Warming up|Capturing|init engine"), "Warming up"),
    (re.compile(r"Loading safetensors|Starting to load model|Loading weights"), "Loading weights"),
    (re.compile(r"Initializing a V1 LLM engine|Resolved architecture"), "Starting the engine"),
)
_SHARDS = re.compile(r"Loading safetensors checkpoint shards:\s+(\d+)%")


@dataclass(frozen=True, slots=True)
class _Failure:
    pattern: re.Pattern[str]
    error: type[ServingError]
    message: str
    hint: str


_MEMORY_HINT = (
    "Close other programs, use a smaller cache (--kv-cache-gib 1), a shorter context "
    "(--max-model-len 4096), or the small model (--model qwen2.5-coder-0.5b)."
)
_FAILURES = (
    _Failure(
        re.compile(r"User-specified max_model_len \((\d+)\) is greater than the derived"),
        ContextTooLongError,
        "The model was not made for the context asked for.",
        "Use a smaller --max-model-len.",
    ),
    _Failure(
        re.compile(r"To serve at least one request with the model's max seq len"),
        ContextTooLongError,
        "The key-value cache cannot hold one request of the context asked for.",
        "Use a smaller --max-model-len, or a larger --kv-cache-gib.",
    ),
    _Failure(
        re.compile(
            r"No available memory for the cache blocks"
            r"|Available memory on node|Free memory on device"
            r"|CUDA out of memory|OutOfMemoryError|MemoryError|[Cc]annot allocate memory"
            r"|can't allocate memory|Failed core proc\(s\): .*-9\b"
        ),
        NotEnoughMemoryError,
        "The machine has too little memory for model and cache.",
        _MEMORY_HINT,
    ),
    _Failure(
        re.compile(r"[Aa]ddress already in use"),
        PortInUseError,
        "Another process took the port.",
        "Try again, or choose another with --port.",
    ),
    _Failure(
        re.compile(r"No space left on device"),
        NotEnoughDiskError,
        "The disk is full.",
        f"Free some space, or set {CACHE_VARIABLE} to a folder on a larger disk.",
    ),
    _Failure(
        re.compile(r"No module named '?vllm"),
        ServingError,
        "The server's Python has no vLLM.",
        "Install vLLM there, or leave --server-python out.",
    ),
)


def read_tail(log_path: Path) -> list[str]:
    """Return the last lines of a log, without colours and time stamps.

    Parameters
    ----------
    log_path
        The log; one that does not exist is empty.
    """
    try:
        with log_path.open("rb") as log:
            log.seek(max(0, log_path.stat().st_size - _TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = _COLOURS.sub("", text).replace("\r", "\n").splitlines()
    return [line for line in (_PREFIX.sub("", line).rstrip() for line in lines) if line]


def read_phase(lines: list[str]) -> tuple[str, float | None]:
    """Return what a starting server does at the moment.

    Parameters
    ----------
    lines
        Its log so far.

    Returns
    -------
    tuple[str, float or None]
        The phase, and the part of it that is done where the log tells.
    """
    for line in reversed(lines):
        for pattern, phase in _PHASES:
            if pattern.search(line):
                shards = _SHARDS.search(line)
                return phase, int(shards[1]) / 100 if shards else None
    return "Starting vLLM", None


def explain_failure(lines: list[str], log_path: Path, status: int | None = None) -> ServingError:
    """Return the error that fits a server that died.

    Parameters
    ----------
    lines
        The tail of its log.
    log_path
        Where the whole log is.
    status
        How the process ended, if that is known; negative for a signal.

    Returns
    -------
    ServingError
        One of its subclasses where the log names a cause that the user can remove.
    """
    text = "\n".join(lines)
    log_hint = f"The log is {log_path}."
    for failure in _FAILURES:
        if failure.pattern.search(text):
            evidence = next(line for line in lines if failure.pattern.search(line))
            said = f"{failure.message} vLLM said: {evidence.strip()}"
            return failure.error(said, f"{failure.hint} {log_hint}")
    if status == -signal.SIGKILL:
        message = "The server was killed, most likely because the machine ran out of memory."
        return NotEnoughMemoryError(message, f"{_MEMORY_HINT} {log_hint}")
    complaints = [line for line in lines if _COMPLAINT.search(line)] or lines
    said = "\n".join(dict.fromkeys(complaints[-_SHOWN_LINES:])) or "(nothing)"
    ended = "" if status is None else f" with status {status}"
    return ServingError(f"The model server ended{ended}. It said:\n{said}\n", log_hint)
