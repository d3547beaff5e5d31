"""What a set of options means on this machine: source, device, environment, fingerprint."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from streamlink_magic.errors import ServingError
from streamlink_magic.serving.command import Launch
from streamlink_magic.serving.conversion import ensure_int8, find_int8
from streamlink_magic.serving.environment import (
    VLLM_VERSION,
    choose_build,
    ensure_environment,
    find_environment,
)
from streamlink_magic.serving.hardware import all_cores, choose_device
from streamlink_magic.serving.models import ensure_model, find_model
from streamlink_magic.serving.places import find_places
from streamlink_magic.serving.sources import HubModel, LocalFolder, parse_model

if TYPE_CHECKING:
    from streamlink_magic.serving.options import ServeOptions, ServeProgress
    from streamlink_magic.serving.places import Places
    from streamlink_magic.serving.sources import ModelSource

_PRINTED_PORT = 8000


@dataclass(frozen=True, slots=True)
class Plan:
    """Options, resolved as far as that costs nothing.

    Parameters
    ----------
    options
        What was asked.
    source
        Which model that means.
    device
        Where it will run.
    """

    options: ServeOptions
    source: ModelSource
    device: Literal["cpu", "cuda"]

    @property
    def dtype(self) -> Literal["int8", "bfloat16"]:
        """The form in which the weights are served."""
        if self.options.dtype != "auto":
            return self.options.dtype
        own = isinstance(self.source, LocalFolder)
        return "int8" if self.device == "cpu" and not own else "bfloat16"

    @property
    def fingerprint(self) -> str:
        """A digest of all that makes one server differ from another, the port excepted."""
        facts = asdict(self.options) | {
            "model": [type(self.source).__name__, asdict(self.source), self._local_version()],
            "device": self.device,
            "dtype": self.dtype,
            "vllm": VLLM_VERSION,
            "command": self._command(),
        }
        for passing in ("port", "start_timeout_s"):
            del facts[passing]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()

    def _command(self) -> list[object]:
        """Return how vLLM would be started, so that a newer release of ours starts it anew."""
        launch = self.launch(find_places(), python=Path("python"), model="model", port=0)
        return [launch.arguments(), launch.environment()]

    def _local_version(self) -> list[int]:
        """Return what changes when a local model is replaced under its old name."""
        if isinstance(self.source, HubModel):
            return []
        path = self.source.path
        file = path / "config.json" if path.is_dir() else path
        return [file.stat().st_size, file.stat().st_mtime_ns]

    def ensure_python(self, places: Places, progress: ServeProgress) -> Path:
        """Return the interpreter that has vLLM: the user's own, or the managed one."""
        own = self.options.server_python
        if own is None:
            return ensure_environment(choose_build(self.device), places, progress)
        return require_vllm(own)

    def find_folder(self, places: Places) -> Path | None:
        """Return the folder to serve if it is there already."""
        folder = find_model(self.source, places)
        if folder is None or self.dtype != "int8":
            return folder
        return find_int8(folder, places)

    def ensure_folder(self, python: Path, places: Places, progress: ServeProgress) -> Path:
        """Return the folder to serve, downloaded, converted and rounded now if need be."""
        folder = ensure_model(self.source, python, places, progress)
        if self.dtype != "int8":
            return folder
        return ensure_int8(folder, python=python, places=places, progress=progress)

    def find_python(self, places: Places) -> Path | None:
        """Return the interpreter if it is there already."""
        if self.options.server_python:
            return self.options.server_python.expanduser()
        return find_environment(choose_build(self.device), places)

    def launch(
        self, places: Places, *, python: Path, model: str, port: int, revision: str = ""
    ) -> Launch:
        """Return how vLLM is started for this plan."""
        return Launch(
            python=python,
            model=model,
            revision=revision,
            name=self.source.name,
            port=port,
            device=self.device,
            max_model_len=self.options.max_model_len,
            kv_cache_gib=self.options.kv_cache_gib,
            cores=all_cores() if self.options.all_cores else "",
            eager=self.options.eager,
            extra_args=self.options.extra_args,
            compiled=places.compiled,
        )


def make_plan(options: ServeOptions) -> Plan:
    """Return what the options mean on this machine.

    Parameters
    ----------
    options
        What was asked.
    """
    return Plan(options, parse_model(options.model), choose_device(options.device))


def require_vllm(python: Path) -> Path:
    """Return a user's own interpreter when it has vLLM.

    Parameters
    ----------
    python
        The interpreter.

    Raises
    ------
    ServingError
        It does not run, or has no vLLM.
    """
    program = shutil.which(str(python.expanduser()))
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"
    if program:
        done = subprocess.run([program, "-c", probe], check=False, capture_output=True, timeout=60)
        if done.returncode == 0:
            return Path(program)
    raise ServingError(
        f"{python} is no Python that has vLLM.",
        f"Install it there (pip install vllm=={VLLM_VERSION}), or leave --server-python out.",
    )


def is_prepared(options: ServeOptions) -> bool:
    """Return whether starting would download, install and convert nothing.

    Parameters
    ----------
    options
        How the server would run.
    """
    places, plan = find_places(), make_plan(options)
    return bool(plan.find_python(places) and plan.find_folder(places))


def server_command(options: ServeOptions) -> str:
    """Return the shell command that starts the same server by hand.

    Parameters
    ----------
    options
        How the server would run.

    Returns
    -------
    str
        One line; the key is the shell variable ``STREAMLINK_API_KEY``.
    """
    places, plan = find_places(), make_plan(options)
    folder = plan.find_folder(places)
    python = plan.find_python(places) or Path("python")
    port = options.port or _PRINTED_PORT
    if folder is None and isinstance(plan.source, HubModel):
        launch = plan.launch(
            places, python=python, model=plan.source.repo, port=port, revision=plan.source.revision
        )
    else:
        launch = plan.launch(places, python=python, model=str(folder or options.model), port=port)
    return launch.shell_command()
