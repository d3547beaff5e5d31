"""Making a local Spark session, for the demo, the command line and those who asked for one."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.java import ensure_java
from streamlink_magic.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Mapping


def create_session(
    *, memory: str = "2g", cores: str = "*", conf: Mapping[str, str] | None = None
) -> Any:  # noqa: ANN401
    """Return a quiet local session: loopback only, no web page, nothing left in the folder.

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
        When pyspark or Java is missing.
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
    builder = SparkSession.builder.master(f"local[{cores}]").appName("streamlink_magic")
    for name, value in {**_quiet(memory), **(conf or {})}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise SessionError(
            f"Spark did not start with {java or 'no Java'}: {str(error).strip()[:200]}",
            "See what is missing: streamlink doctor",
        ) from error


def _quiet(memory: str) -> dict[str, str]:
    return {
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": tempfile.mkdtemp(prefix="streamlink-warehouse-"),
        # Spark 4.3 recommends it for sessions that run SQL of others: no reflect, no TRANSFORM.
        "spark.sql.restrictedMode.enabled": "true",
    }
