"""Spark's own restricted mode: told where it is off, once in the answers, always in the status."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic import doctor
from streamlink_magic.adapters.spark.recognize import restricted_mode
from streamlink_magic.commands import run_command
from streamlink_magic.commands.desk import Desk
from streamlink_magic.records import AnswerView, Explanation, Verdict
from streamlink_magic.session import AskSession
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

VIEW = AnswerView("?", "SELECT 1", Verdict(allowed=True, rule="ok"), Explanation("One."))


def asks(spark: object) -> AskSession:
    return AskSession(SimpleNamespace(user_ns={"spark": spark}))


def test_the_warning_is_said_once_a_session(spark: SparkSession) -> None:
    """It names the setting and where it is switched on, and then it is silent."""
    session = asks(spark)
    assert restricted_mode(spark) is False
    (first,) = session._warned(VIEW, spark).checks
    assert first.level == "warning"
    assert '.config("spark.sql.restrictedMode.enabled", "true")' in first.text
    assert session._warned(VIEW, spark).checks == ()
    assert len(session._warned(VIEW, spark.newSession()).checks) == 1


def test_the_status_always_tells(spark: SparkSession) -> None:
    """A row of its own, as long as the mode is off and when it is on."""
    settings = Settings(base_url="http://127.0.0.1:9/v1", memory_path="")
    rows = {row[0]: row[1] for row in run_command("status", Desk(asks(spark), settings)).rows}
    assert rows["restricted mode"].startswith("off. Switch it on where the session is made")


def test_an_older_spark_is_not_blamed() -> None:
    """Where there is no such mode nothing is said."""

    def unknown(key: str) -> str:
        raise KeyError(key)

    assert restricted_mode(SimpleNamespace(conf=SimpleNamespace(get=unknown))) is None
    assert restricted_mode(SimpleNamespace(conf=SimpleNamespace(get=lambda _: "true"))) is True


def test_the_doctor_reads_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the installation, so the line is never one to fix."""
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    off = doctor._restricted_mode()
    assert off.ok
    assert "spark.sql.restrictedMode.enabled" in off.seen
    defaults = tmp_path / "spark-defaults.conf"
    defaults.write_text("spark.master local\nspark.sql.restrictedMode.enabled   true\n", "utf-8")
    assert doctor._restricted_mode().seen == "on by spark-defaults.conf"
