"""What a line of the audit says: digests of texts, names of things, numbers."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from streamlink_magic.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.records import AnswerView, GuardedQuery
    from streamlink_magic.settings import AuditRules

_TEXTS = ("question", "sql")


def written_for(rules: AuditRules, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as one sink may hold it: question and SQL in clear, or as digests.

    >>> from streamlink_magic.settings import AuditRules
    >>> written_for(AuditRules("/a", key="k"), {"sql": "SELECT 1"})["sql"][:20]
    'hmac-sha256:cfe58c8a'
    """
    if rules.clear:
        return dict(record)
    return {
        name: digest(value, rules.key) if name in _TEXTS and value else value
        for name, value in record.items()
    }


def digest(text: str, key: str) -> str:
    """Return a text's digest: the same text gives the same one, under the same key."""
    if key:
        return "hmac-sha256:" + hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def shown_address(address: str) -> str:
    """Return where an address leads, without login and query.

    >>> shown_address("http://me:secret@box:8000/v1?key=1")
    'http://box:8000/v1'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def stamp(event: str, number: str, user: str) -> dict[str, Any]:
    """Return what every line begins with."""
    return {
        "time": datetime.now(tz=UTC).isoformat(timespec="milliseconds"),
        "event": event,
        "id": number,
        "user": user,
        "uid": os.getuid() if hasattr(os, "getuid") else None,
    }


def run_words(query: GuardedQuery) -> dict[str, Any]:
    """Return what is said of a query."""
    verdict = query.verdict
    return {"sql": query.sql, "tables": list(verdict.tables), "rule": verdict.rule}


def answer_words(view: AnswerView) -> dict[str, Any]:
    """Return what is said of an answer."""
    verdict, result = view.verdict, view.result
    return {
        "model": view.model,
        "sql": view.sql,
        "tables": list(verdict.tables),
        "allowed": verdict.allowed,
        "rule": verdict.rule,
        "rows": None if result is None else len(result.rows),
        "phases": {one.phase: round(one.seconds, 3) for one in view.times},
    }


def failure_words(error: BaseException) -> dict[str, Any]:
    """Return what is said of a failure: its kind, and never its words, which may quote a value."""
    words: dict[str, Any] = {"error": type(error).__name__}
    if sql := getattr(error, "sql", ""):
        words["sql"] = sql
    if isinstance(error, GuardError):
        words |= {
            "allowed": False,
            "rule": error.verdict.rule,
            "tables": list(error.verdict.tables),
        }
    return words
