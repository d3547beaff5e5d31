"""What the machine has: a usable NVIDIA GPU, and memory that is free."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psutil

from streamlink_magic.errors import NotEnoughMemoryError, ServingError
from streamlink_magic.serving.disk import GIB

if TYPE_CHECKING:
    from streamlink_magic.serving.options import Device

# What vLLM's three processes take beside weights and cache: 2.9 GiB were measured with 0.5 billion
# weights, 3.4 GiB with 1.5 billion.
OVERHEAD_BYTES = 3 * GIB
_NVIDIA_DRIVER = Path("/proc/driver/nvidia/gpus")
_CGROUP = Path("/sys/fs/cgroup")
_CPU_INFO = Path("/proc/cpuinfo")


def has_gpu() -> bool:
    """Return whether an NVIDIA GPU can be used.

    Returns
    -------
    bool
        What ``nvidia-smi`` says; where that is missing, whether the driver lists a device.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return _NVIDIA_DRIVER.is_dir() and any(_NVIDIA_DRIVER.iterdir())
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and b"GPU" in listed.stdout


def choose_device(asked: Device) -> Literal["cpu", "cuda"]:
    """Return the device to serve on.

    Parameters
    ----------
    asked
        What the user wants; ``auto`` prefers a GPU.

    Returns
    -------
    str
        ``cpu`` or ``cuda``.

    Raises
    ------
    ServingError
        ``cuda`` was asked for and there is no GPU.
    """
    if asked == "cpu":
        return "cpu"
    if has_gpu():
        return "cuda"
    if asked == "cuda":
        raise ServingError(
            "No usable NVIDIA GPU was found (nvidia-smi lists none).",
            "Check the driver, or use --device cpu.",
        )
    return "cpu"


def is_zen() -> bool:
    """Return whether the processor is one of AMD's with AVX512, as vLLM itself decides it."""
    try:
        described = _CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False  # not Linux
    return "AuthenticAMD" in described and "avx512" in described


def all_cores() -> str:
    """Return every core that this process may use, as vLLM takes a list of them.

    vLLM keeps one core free for its scheduler, which on two cores is half of the machine. Using
    both made answers 1.4 times as fast on a quiet machine (25.0 against 17.9 tokens a second,
    int8) and 0.45 times as fast beside another busy process (7.7 against 17.0), since the threads
    wait for each other at every layer. So it is an option and not the default.
    """
    if not hasattr(os, "sched_getaffinity"):  # only Linux binds threads
        return ""
    return ",".join(map(str, sorted(os.sched_getaffinity(0))))


def available_memory() -> int:
    """Return how many bytes of memory can be taken without swapping.

    Returns
    -------
    int
        The machine's figure, or what is left of the container's limit where that is less.
    """
    machine = psutil.virtual_memory().available
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        cached = _inactive_file_bytes((_CGROUP / "memory.stat").read_text())
    except (OSError, ValueError):  # no container, no limit ("max"), or another system
        return machine
    return max(0, min(machine, limit - used + cached))


def _inactive_file_bytes(statistics: str) -> int:
    for line in statistics.splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            return int(value)
    return 0


def require_memory(weight_bytes: int, cache_gib: int, *, freed_bytes: int = 0) -> None:
    """Refuse to start what would drive the machine out of memory.

    Parameters
    ----------
    weight_bytes
        The size of the model's weights.
    cache_gib
        The size of the key-value cache.
    freed_bytes
        What a server that will be stopped gives back.

    Raises
    ------
    NotEnoughMemoryError
        Less memory is available than weights, cache and vLLM need.
    """
    needed = weight_bytes + cache_gib * GIB + OVERHEAD_BYTES
    available = available_memory() + freed_bytes
    if available >= needed:
        return
    raise NotEnoughMemoryError(
        f"The model needs about {needed / GIB:.1f} GiB of memory "
        f"({weight_bytes / GIB:.1f} weights, {cache_gib} cache, "
        f"{OVERHEAD_BYTES // GIB} vLLM); {available / GIB:.1f} GiB are available.",
        "Close other programs, use a smaller cache (--kv-cache-gib 1), or serve the small model "
        "(--model qwen2.5-coder-0.5b).",
    )
