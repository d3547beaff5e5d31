"""Finding the notebook's session, never making one silently, and making one when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.recognize import (
    find_session,
    identity,
    is_connect,
    is_dataframe,
    is_session,
    is_stopped,
)
from streamlink_magic.errors import SessionError

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

MADE = """
import json, os, sys, tempfile
from streamlink_magic.adapters.spark.create import create_session
from streamlink_magic.adapters.spark.recognize import find_session, is_stopped
from streamlink_magic.errors import SessionError

def refused(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except Exception as error:
        return type(error).__name__ + ": " + str(error).splitlines()[0]
    return ""

facts = {"none": refused(find_session, {}), "loaded": "pyspark" in sys.modules}
facts["broken"] = refused(create_session, memory="512m", conf={"spark.master": "nonsense"})
facts["no heap"] = refused(create_session, memory="nonsense")
spark = find_session({}, fallback=lambda: create_session(memory="512m", cores="1"))
folder = tempfile.mkdtemp(dir=os.environ["SCRATCH"])
frame = spark.createDataFrame([(1, "x"), (2, None)], "a int, b string")
frame.write.parquet(folder + "/p")
spark.sql(f"CREATE TABLE placed USING parquet LOCATION '{folder}/p'")
frame.write.saveAsTable("saved")
joined = spark.sql("SELECT a FROM placed JOIN saved USING (a) ORDER BY a")
facts["arrow"] = joined.toArrow().to_pylist()
facts["restricted"] = spark.conf.get("spark.sql.restrictedMode.enabled")
facts["static"] = refused(spark.sql, "SET spark.sql.restrictedMode.enabled = false")
facts["reflect"] = refused(spark.sql, "SELECT reflect('java.lang.Math', 'abs', -1)")
facts["transform"] = refused(spark.sql, "SELECT TRANSFORM(a) USING 'cat' FROM placed")
facts["ui"] = spark.sparkContext.uiWebUrl
facts["same"] = create_session() is spark and find_session({}) is spark
facts["failing"] = refused(spark.sql("SELECT raise_error('boom')").collect)
facts["warehouse"] = spark.conf.get("spark.sql.warehouse.dir").removeprefix("file:")
facts["folder"] = os.listdir(".")
spark.stop()
facts["stopped"] = is_stopped(spark)
facts["after"] = refused(find_session, {"spark": spark}, fallback=lambda: 1 / 0)
spark = create_session(memory="512m", cores="1")
facts["again"] = spark.range(3).count()
print(json.dumps(facts))
"""


def test_the_only_session_is_found(spark: SparkSession) -> None:
    """One session under any public name is the one, and two names for it are not two sessions."""
    assert find_session({"spark": spark, "s": spark, "x": 1, "f": spark.range(1)}) is spark
    assert find_session({}) is spark
    assert is_session(spark)
    assert is_dataframe(spark.range(1))
    assert not is_connect(spark)
    assert not is_session(type(spark))
    assert not is_stopped(spark)


def test_a_session_is_found_from_another_thread(spark: SparkSession) -> None:
    """The notebook's variable is enough where the thread has no active session."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(find_session({"spark": spark})))
    thread.start()
    thread.join()
    assert found == [spark]


def test_of_several_sessions_one_must_be_named(spark: SparkSession) -> None:
    """Two sessions of one context are two: the error names both and how to say which."""
    other = spark.newSession()
    assert identity(other) != identity(spark)
    with pytest.raises(SessionError, match="mine, spark") as caught:
        find_session({"spark": spark, "mine": other, "_1": spark.newSession()})
    assert "--session mine" in caught.value.hint
    assert find_session({"spark": spark, "mine": other}, "mine") is other


def test_a_name_that_holds_no_session_is_refused(spark: SparkSession) -> None:
    """A variable that is missing or holds something else is an error that lists the sessions."""
    for name in ("sparc", "frame"):
        with pytest.raises(SessionError, match=name) as caught:
            find_session({"spark": spark, "frame": spark.range(1)}, name)
        assert "spark" in caught.value.hint


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return what a fresh process tells of a session that it made on request."""
    folder: Path = tmp_path_factory.mktemp("notebook")
    scratch: Path = tmp_path_factory.mktemp("scratch")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SCRATCH": str(scratch),
        "TMPDIR": str(scratch),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", MADE],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    left = sorted(path.name for path in scratch.iterdir() if path.name.startswith("streamlink-"))
    return json.loads(done.stdout) | {"stderr": done.stderr, "left": left}


def test_no_session_is_made_silently(made: dict[str, str]) -> None:
    """Without a session there is an error that says how to make one, and Spark stays unloaded."""
    assert made["none"].startswith("SessionError: No Spark session was found")
    assert "AskMagics.create_session" in made["none"]
    assert made["loaded"] is False


def test_a_session_that_cannot_start_says_why(made: dict[str, str]) -> None:
    """A start that fails names Java and Spark's complaint, and the next start works."""
    assert made["broken"].startswith("SessionError: Spark did not start with openjdk version")
    assert "Master must" in made["broken"]
    assert "heap size: -Xmxnonsense" in made["no heap"]
    assert made["arrow"] == [{"a": 1}, {"a": 2}]


def test_a_session_made_on_request_is_quiet(made: dict[str, object]) -> None:
    """It prints nothing, has no web page, and leaves neither files nor folders behind."""
    assert made["stderr"] == ""
    assert made["ui"] is None
    assert made["folder"] == []
    assert made["left"] == []
    assert "streamlink-spark-" in str(made["warehouse"])
    assert "boom" in str(made["failing"])


def test_a_session_made_on_request_is_restricted(made: dict[str, str]) -> None:
    """Reflection and scripts are refused by Spark itself, and no statement can allow them."""
    assert made["restricted"] == "true"
    assert "CANNOT_MODIFY_STATIC_CONFIG" in made["static"]
    assert "SQL_RESTRICTED_MODE" in made["reflect"]
    assert "SQL_RESTRICTED_MODE" in made["transform"]


def test_a_stopped_session_is_said_to_be_stopped(made: dict[str, object]) -> None:
    """A stopped session is neither used nor replaced behind the user's back."""
    assert made["same"] is True
    assert made["stopped"] is True
    assert str(made["after"]).startswith("SessionError: The Spark session is stopped.")
    assert made["again"] == 3
