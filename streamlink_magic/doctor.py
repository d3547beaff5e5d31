"""``streamlink doctor``: what is there, what is missing, and the fix, a line each."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from streamlink_magic.adapters.spark.java import ensure_java
from streamlink_magic.adapters.spark.recognize import RESTRICTED_MODE, SWITCH_ON
from streamlink_magic.endpoint import find_model
from streamlink_magic.errors import StreamlinkError
from streamlink_magic.governance import govern, hub_rules
from streamlink_magic.governance.places import held_by
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_GIB = 1024**3
_FIRST_START_GIB, _LATER_START_GIB = 12.0, 2.0
_MEMORY_GIB = 11.0
_PACKAGES = (
    ("ipython", "streamlink-magic"),
    ("ipywidgets", "streamlink-magic"),
    ("sqlglot", "streamlink-magic"),
    ("openai", "streamlink-magic"),
    ("pyspark", "'streamlink-magic[spark]'"),
    ("pandas", "'streamlink-magic[spark]'"),
    ("pyarrow", "'streamlink-magic[spark]'"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it will do, what was seen, and the fix."""

    name: str
    ok: bool
    seen: str
    fix: str = ""


def examine() -> Iterator[Finding]:
    """Look at each part in turn; nothing is changed and nothing is downloaded."""
    yield _python()
    for package, source in _PACKAGES:
        yield _package(package, source)
    yield _java()
    yield _restricted_mode()
    yield from _policy()
    yield from _endpoint()
    yield _disk()
    yield _memory()


def _python() -> Finding:
    ok = sys.version_info >= (3, 11)
    return Finding("Python", ok, platform.python_version(), "Use Python 3.11 or newer.")


def _package(package: str, source: str) -> Finding:
    try:
        return Finding(package, ok=True, seen=version(package))
    except PackageNotFoundError:
        return Finding(package, ok=False, seen="not installed", fix=f"pip install {source}")


def _java() -> Finding:
    try:
        return Finding("Java", ok=True, seen=ensure_java())
    except StreamlinkError as error:
        return Finding("Java", ok=False, seen=error.message, fix=error.hint)


def _restricted_mode() -> Finding:
    """Tell of the sessions that users make: those of ours have it on."""
    defaults = _spark_defaults()
    line = next((one for one in defaults if one.split("=")[0].split()[:1] == [RESTRICTED_MODE]), "")
    if line.rstrip().endswith("true"):
        return Finding("restricted", ok=True, seen="on by spark-defaults.conf")
    return Finding(
        "restricted", ok=True, seen=f"off by default in sessions that you make. {SWITCH_ON}"
    )


def _spark_defaults() -> list[str]:
    home = os.environ.get("SPARK_HOME", "")
    folder = os.environ.get("SPARK_CONF_DIR") or (home and f"{home}/conf")
    try:
        return Path(folder or ".", "spark-defaults.conf").read_text("utf-8").splitlines()
    except OSError:
        return []


def _policy() -> Iterator[Finding]:
    """Tell of the policy file, where there is one."""
    try:
        for path in hub_rules().files:
            yield Finding("policy", ok=True, seen=f"{path}; {held_by(Path(path))}")
    except StreamlinkError as error:
        yield Finding("policy", ok=False, seen=error.message, fix=error.hint)


def _endpoint() -> Iterator[Finding]:
    settings = Settings(
        base_url=os.environ.get("STREAMLINK_BASE_URL", ""),
        api_key=os.environ.get("STREAMLINK_API_KEY", ""),
    )
    try:
        model = find_model(govern(settings, hub_rules()), None)
        name, context = model.name, model.context_tokens
    except StreamlinkError as error:
        yield Finding("endpoint", ok=False, seen=error.message, fix=error.hint)
    else:
        yield Finding("endpoint", ok=True, seen=model.base_url)
        yield Finding("model", ok=True, seen=f"{name}, {context:,} tokens of context")
    yield from _log()


def _log() -> Iterator[Finding]:
    from streamlink_magic.serving import find_server  # only where a server is local

    endpoint = find_server()
    if endpoint is not None:
        yield Finding("server log", ok=True, seen=str(endpoint.log_path))


def _disk() -> Finding:
    from streamlink_magic.serving import ServeOptions, is_prepared  # only for a local server
    from streamlink_magic.serving.places import find_places

    needed = _LATER_START_GIB if is_prepared(ServeOptions()) else _FIRST_START_GIB
    root = find_places().root
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(there).free / _GIB
    return Finding(
        "disk",
        free >= needed,
        f"{free:.0f} GiB free at {root}",
        f"Starting a model needs {needed:.0f} GiB: free some, or set STREAMLINK_CACHE.",
    )


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    return Finding(
        "memory",
        memory.total / _GIB >= _MEMORY_GIB,
        f"{memory.available / _GIB:.0f} of {memory.total / _GIB:.0f} GiB available",
        f"The default model wants {_MEMORY_GIB:.0f} GiB: serve a smaller one, "
        "streamlink serve --model qwen2.5-coder-0.5b",
    )
