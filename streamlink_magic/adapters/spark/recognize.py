"""Knowing Spark's objects by sight, without importing Spark.

Classic and Connect sessions share no base class, so the class name and the module root decide.
The technique is that of ``narwhals/dependencies.py``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def is_session(candidate: object) -> bool:
    """Return whether this is a Spark session, classic or Connect."""
    return _is(candidate, "SparkSession")


def is_dataframe(candidate: object) -> bool:
    """Return whether this is a Spark DataFrame, classic or Connect."""
    return _is(candidate, "DataFrame")


def is_connect(candidate: object) -> bool:
    """Return whether a session or DataFrame belongs to Spark Connect."""
    return type(candidate).__module__.startswith("pyspark.sql.connect")


def _is(candidate: object, name: str) -> bool:
    kind = type(candidate)
    return kind.__name__ == name and kind.__module__.startswith("pyspark.sql")


def is_stopped(session: object) -> bool:
    """Return whether ``stop()`` was called on the session or its JVM is gone."""
    if is_connect(session):
        return bool(getattr(session, "is_stopped", False))
    context = getattr(session, "_sc", None)
    java = getattr(context, "_jsc", None)
    if java is None:
        return True
    try:
        return bool(java.sc().isStopped())
    except Exception:  # noqa: BLE001  a JVM that does not answer is a stopped session
        return True


RESTRICTED_MODE = "spark.sql.restrictedMode.enabled"
SWITCH_ON = (
    f'Switch it on where the session is made: .config("{RESTRICTED_MODE}", "true"), or in '
    "spark-defaults.conf; it cannot be switched on later."
)


def restricted_mode(session: Any) -> bool | None:  # noqa: ANN401
    """Return whether Spark itself refuses reflect and TRANSFORM; None where it has no such mode.

    The guard refuses both in any case. The mode, of Spark 4.3 and later, is a second lock that
    also holds for what other code runs in the session.
    """
    try:
        found = session.conf.get(RESTRICTED_MODE)
    except Exception:  # noqa: BLE001  an older Spark, or a session that does not answer
        return None
    return str(found).lower() == "true"


def identity(session: object) -> str:
    """Return a text that is equal for two handles on the same session."""
    if is_connect(session):
        return str(getattr(session, "session_id", id(session)))
    java = getattr(session, "_jsparkSession", None)
    try:
        return str(java.sessionUUID()) if java is not None else str(id(session))
    except Exception:  # noqa: BLE001  a stopped session has no UUID to give
        return str(id(session))


def find_session(
    namespace: Mapping[str, object],
    wanted: str = "",
    *,
    fallback: Callable[[], object] | None = None,
) -> object:
    """Return the notebook's Spark session, making none unless a fallback is given.

    Parameters
    ----------
    namespace
        The notebook's variables.
    wanted
        The variable that the user named; empty means that there should be only one session.
    fallback
        Makes a session when there is none.

    Raises
    ------
    SessionError
        When there is none, when there are several and none was named, when the named variable
        holds none, or when the only one is stopped.
    """
    named = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and is_session(value)
    }
    session = _wanted(named, wanted) if wanted else _only(named, fallback)
    if is_stopped(session):
        raise SessionError(
            "The Spark session is stopped.",
            "Run the cell that makes it again (SparkSession.builder...getOrCreate()).",
        )
    return session


def _wanted(named: Mapping[str, object], wanted: str) -> object:
    if wanted in named:
        return named[wanted]
    there = f"Sessions here: {', '.join(sorted(named))}." if named else "There is none here."
    raise SessionError(f"The variable {wanted!r} holds no Spark session.", there)


def _only(named: Mapping[str, object], fallback: Callable[[], object] | None) -> object:
    live = {name: value for name, value in named.items() if not is_stopped(value)}
    distinct = {identity(value): name for name, value in sorted(live.items(), reverse=True)}
    if len(distinct) > 1:
        names = ", ".join(sorted(distinct.values()))
        first = min(distinct.values())
        raise SessionError(
            f"This notebook has several Spark sessions: {names}.",
            f"Say which: --session {first}, or %config AskMagics.session = {first!r}",
        )
    if live:
        return next(iter(live.values()))
    found = next(iter(named.values()), None) or _active()
    if found is None and fallback is not None:
        return fallback()
    if found is None:
        raise SessionError(
            "No Spark session was found in this notebook.",
            "Make one: spark = SparkSession.builder.getOrCreate(), "
            "or let %%ask do it: %config AskMagics.create_session = True",
        )
    return found


def _active() -> object | None:
    """Return the process's active session when pyspark is loaded and has one."""
    for module in ("pyspark.sql", "pyspark.sql.connect.session"):
        kind = getattr(sys.modules.get(module), "SparkSession", None)
        try:
            session = kind.getActiveSession() if kind is not None else None
        except Exception:  # noqa: BLE001  Connect's raises when there is no server: no session
            session = None
        if session is not None:
            found: object = session
            return found
    return None
