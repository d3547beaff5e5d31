"""What is kept of an answer when its user says that it is right."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from streamlink_magic.errors import MemoryFileError
from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.memory.fingerprint import fingerprint

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView


def kept_from(view: AnswerView, *, author: str, date: str) -> KeptAnswer:
    """Return the entry for an answer.

    Parameters
    ----------
    author
        Who keeps it.
    date
        The day, as ``2026-11-25``.

    Raises
    ------
    MemoryFileError
        When nothing has allowed the answer's SQL to run.
    """
    if not view.verdict.allowed:
        raise MemoryFileError(
            "This answer's SQL is not proven and has not run, so that nobody knows it is right.",
            "Read it, run it on your word (answer.run()), then keep it.",
        )
    return KeptAnswer(
        question=view.question,
        sql=view.sql,
        author=author,
        date=date,
        tables=view.verdict.tables,
        schema=fingerprint(view.read),
    )


def who() -> str:
    """Return the user's name: on a hub the hub's, else the login name; empty when unknown."""
    if hub_user := os.environ.get("JUPYTERHUB_USER"):
        return hub_user
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""  # a container may run as a number that has no name


def today() -> str:
    """Return the day in UTC, so that entries of a team are in one order."""
    return datetime.now(tz=UTC).date().isoformat()
