"""Making a local Spark session, for the demo, the command line and those who asked for one."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.failures import first_line
from streamlink_magic.adapters.spark.java import ensure_java
from streamlink_magic.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG_LINES = 3
# What every start prints, what the logger adds, and the lines of a stack.
_CHATTER = re.compile(r"\s|WARNING|Using |Setting |To adjust|\d\d/\d\d/\d\d|$")


def create_session(
    *, memory: str = "2g", cores: str = "*", conf: Mapping[str, str] | None = None
) -> Any:  # noqa: ANN401
    """Return a quiet local session: loopback only, no web page, nothing left in the folder.

    A session that runs already is returned as it is.

    Parameters
    ----------
    memory
        Memory of the driver, as Spark writes it.
    cores
        Number of cores, or ``*`` for all.
    conf
        Further configuration, which wins.

    Raises
    ------
    SessionError
        When pyspark or Java is missing, or when Spark does not start.
    """
    java = ensure_java()
    try:
        from pyspark.sql import SparkSession  # an extra
    except ImportError as error:
        raise SessionError(
            "PySpark is not installed.", "pip install 'streamlink-magic[spark]'"
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    home = Path(tempfile.mkdtemp(prefix="streamlink-spark-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    wanted = {"spark.master": f"local[{cores}]", **_quiet(memory, home), **(conf or {})}
    try:
        _start_java(wanted, home / "spark.log")
        return SparkSession.builder.config(map=wanted).getOrCreate()
    except Exception as error:
        raise SessionError(
            f"Spark did not start with {java or 'no Java'}: "
            f"{first_line(error)} {_last_words(home / 'spark.log')}".strip(),
            "See what is missing: streamlink doctor",
        ) from error


def _start_java(conf: Mapping[str, str], log: Path) -> None:
    """Start Spark's JVM with its log in a file, unless this process has a JVM already."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway is not None:  # noqa: SLF001  the only sign of a running JVM
        return
    wanted = SparkConf(loadDefaults=False).setAll(list(conf.items()))
    with log.open("wb") as stderr:
        gateway = launch_gateway(conf=wanted, popen_kwargs={"stderr": stderr})
    SparkContext._ensure_initialized(gateway=gateway)  # noqa: SLF001  as its constructor does


def _last_words(log: Path) -> str:
    """Return what a JVM complained of when it died: its errors' own lines, no stack."""
    if not log.exists():
        return ""
    lines = log.read_text("utf-8", "replace").splitlines()
    complaints = [line for line in lines if not _CHATTER.match(line)]
    return " ".join(complaints[:_LOG_LINES])[:300]


def _quiet(memory: str, home: Path) -> dict[str, str]:
    return {
        "spark.app.name": "streamlink_magic",
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        # Spark 4.3 recommends it for sessions that run SQL of others: no reflect, no TRANSFORM.
        # It is static: nothing can switch it off in a session that runs.
        "spark.sql.restrictedMode.enabled": "true",
    }
