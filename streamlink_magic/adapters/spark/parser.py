"""Spark's own parser in a small JVM of its own, for sessions whose JVM is out of reach.

PySpark ships Spark's jars; a Java that runs their gateway without a ``SparkContext`` parses a
statement in a few milliseconds (about 250 MB of memory, one start a process). Nothing is ever
resolved or run there: it has no catalog, no session and no data.
"""

# ruff: noqa: ANN401  what py4j hands over has no types, and its parts are private

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.analyzer import (
    HIDING,
    _Fetched,
    needs_every_relation,
)
from streamlink_magic.adapters.spark.carrier import JsonCarrier
from streamlink_magic.adapters.spark.complaints import _invalid
from streamlink_magic.adapters.spark.java import ensure_java
from streamlink_magic.errors import InvalidSqlError, SessionError
from streamlink_magic.records import PlanNode, Verdict
from streamlink_magic.steps.guard.tree import STATEMENT, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_START_S = 60.0
_POLL_S = 0.05
_OPTIONS = ("-Xmx256m", "-Xss8m", "-XX:+UseSerialGC", "-Dlog4j2.level=OFF")
_GATEWAY = "org.apache.spark.api.python.PythonGatewayServer"
_PORT_BYTES = 4

_lock = threading.RLock()
_started: list[LocalParser] = []


def local_parser() -> LocalParser:
    """Return this process's parser, started at the first call; it ends with the process.

    Raises
    ------
    SessionError
        When there is no Java, when PySpark came without its jars, or when the JVM does not start.
    """
    with _lock:
        if _started and not _started[0].alive:
            _started.clear()
        if not _started:
            _started.append(LocalParser())
        return _started[0]


class LocalParser:
    """One JVM with Spark's parser and nothing else.

    Raises
    ------
    SessionError
        When it cannot be started.
    """

    def __init__(self) -> None:
        self._process, port, secret = _start()
        self._gateway = _connect(port, secret)
        self._mine = threading.local()
        jvm = self._gateway.jvm
        self._settings = jvm.org.apache.spark.sql.internal.SQLConf
        self._parser = jvm.org.apache.spark.sql.execution.SparkSqlParser()
        self._properties = jvm.java.util.Properties
        self._carrier = JsonCarrier(jvm)
        package = getattr(jvm.org.apache.spark, "package$")
        self.version = str(getattr(package, "MODULE$").SPARK_VERSION())

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def parse(self, sql: str, settings: Mapping[str, str], names: Mapping[str, str]) -> PlanNode:
        """Return the syntax tree of one query.

        Parameters
        ----------
        settings
            The ``spark.sql`` settings under which the server would parse it.
        names
            ``catalog`` and ``database``, in which unqualified names are looked up.

        Raises
        ------
        InvalidSqlError
            When the text is not one query.
        """
        every = needs_every_relation(sql)
        fetched = _Fetched()
        with _lock, _told_plainly():
            self._set(settings)
            plan = self._parser.parseQuery(sql)
            text = self._carrier.json(plan)
            if every or HIDING in text:
                fetched.look_into(plan)
                fetched.compare(text, every_relation=every)
        fields = {
            **names,
            "options": tuple(fetched.options),
            "exact_names": fetched.names,
            "v2_tables": (),
        }
        return PlanNode(STATEMENT, fields, (read_tree(text), *fetched.trees))

    def _set(self, settings: Mapping[str, str]) -> None:
        """Make this thread's settings those of the server: some change what a text means."""
        if getattr(self._mine, "settings", None) == settings:
            return
        self._mine.settings = None
        own = self._settings.get()
        own.clear()
        wanted = self._properties()
        for key, value in {**settings, "spark.sql.variable.substitute": "false"}.items():
            wanted.setProperty(key, value)
        own.setConf(wanted)
        self._mine.settings = dict(settings)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn the parser's complaint into one that names rule and clause."""
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except Py4JJavaError as error:
        java = error.java_exception
        if str(java.getClass().getName()).startswith("org.apache.spark.sql."):
            raise _invalid(java) from None
        raise _unparsed(str(java.getClass().getSimpleName())) from None
    except PySparkException as error:
        # In a process that also has a classic session PySpark turns py4j's errors into its own.
        raise _invalid(error) from None
    except Py4JError as error:
        raise _unparsed(str(error)) from None


def _unparsed(why: str) -> InvalidSqlError:
    deep = "StackOverflow" in why
    verdict = Verdict(
        allowed=False,
        rule="nesting" if deep else "analysis",
        why="It is nested too deep." if deep else f"Spark's parser failed: {why[:200]}",
    )
    return InvalidSqlError(verdict, "Write it in a simpler form.")


def _start() -> tuple[subprocess.Popen[bytes], int, str]:
    jars = _jars()
    ensure_java()
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    folder = Path(tempfile.mkdtemp(prefix="streamlink-parser-"))
    # Nothing of the user's environment: no agents, no class paths, no secrets.
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYSPARK_PIN_THREAD": "true",
        "_PYSPARK_DRIVER_CONN_INFO_PATH": str(folder / "gateway"),
    }
    try:
        process = subprocess.Popen(
            [java, *_OPTIONS, "-cp", f"{jars}/*", _GATEWAY],
            stdin=subprocess.PIPE,  # it ends when this pipe closes, so it never outlives us
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=True,  # an interrupted cell does not end it
        )
        return process, *_told(process, folder / "gateway")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _jars() -> Path:
    import pyspark  # an extra

    jars = Path(os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent) / "jars"
    if not any(jars.glob("spark-catalyst_*.jar")):
        raise SessionError(
            "This PySpark came without Spark's jars, so no parser is at hand.",
            "pip install 'pyspark[connect]' instead of pyspark-client.",
        )
    return jars


def _told(process: subprocess.Popen[bytes], told: Path) -> tuple[int, str]:
    """Return the port and the secret that the gateway writes once it listens."""
    give_up = time.monotonic() + _START_S
    while not told.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            raise SessionError(
                "The JVM with Spark's parser did not start.",
                "See which Java there is: streamlink doctor",
            )
        time.sleep(_POLL_S)
    raw = told.read_bytes()  # it was moved there whole
    (port,) = struct.unpack("!i", raw[:_PORT_BYTES])
    return port, raw[2 * _PORT_BYTES :].decode()


def _connect(port: int, secret: str) -> Any:
    from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

    # Settings of Spark's parser belong to a thread: this client keeps one Java thread for each
    # of Python's.
    return ClientServer(
        java_parameters=JavaParameters(port=port, auth_token=secret),
        python_parameters=PythonParameters(port=0, eager_load=False),
    )
