"""Make the entry of an answer, or of a question that got none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot.errors import SqlglotError

from streamlink_magic.errors import ExecutionError, GuardError, NoSqlError, UnanswerableError
from streamlink_magic.replay.digest import rows_digest
from streamlink_magic.replay.entry import Entry, Failure, Model, Outcome
from streamlink_magic.replay.request import schema_of
from streamlink_magic.steps.generate import TEMPERATURE

if TYPE_CHECKING:
    from streamlink_magic.errors import StreamlinkError
    from streamlink_magic.records import AnswerView, QueryResult
    from streamlink_magic.replay.request import Request
    from streamlink_magic.settings import Settings

# What a question comes to for reasons of its own; a dead server or a stopped cell is none.
RECORDED_FAILURES = (GuardError, UnanswerableError, NoSqlError, ExecutionError)


def entry_of(
    view: AnswerView, request: Request, model: Model, settings: Settings, *, checks: int
) -> Entry:
    """Return the entry of an answer as it stands now.

    Parameters
    ----------
    checks
        How many of the view's checks were there before the SQL ran; Spark tells the others anew.
    """
    entry = _entry(request, view.sql, model, settings)
    return replace(
        entry,
        schema=schema_of(view.read),
        repairs=view.repairs,
        checks=tuple((one.level, one.text) for one in view.checks[:checks]),
        result=outcome_of(view.sql, view.result),
    )


def failed_entry(
    error: StreamlinkError, request: Request, model: Model, settings: Settings
) -> Entry:
    """Return the entry of a question that got no answer."""
    failure = Failure(type(error).__name__, error.message, error.hint)
    return replace(_entry(request, error.sql, model, settings), failure=failure)


def _entry(request: Request, sql: str, model: Model, settings: Settings) -> Entry:
    return Entry(
        key=request.key,
        question=request.question,
        sql=sql,
        model=model,
        tables=request.tables,
        after=request.after,
        parameters=_parameters(settings),
        prompt=request.prompt,
        catalog=request.catalog,
    )


def _parameters(settings: Settings) -> dict[str, str]:
    names = ("answer_tokens", "grammar", "prompt_tokens", "retries", "rows", "samples")
    told = {name: str(getattr(settings, name)) for name in names}
    return told | {"sample_temperature": str(TEMPERATURE), "seed": "0", "temperature": "0"}


def outcome_of(sql: str, result: QueryResult | None) -> Outcome | None:
    """Return what a result comes to; None where nothing was run."""
    if result is None:
        return None
    return Outcome(
        columns=tuple((column.name, column.type) for column in result.columns),
        count=len(result.rows),
        more=result.more,
        ordered=_is_ordered(sql),
        digest=rows_digest(result.rows),
    )


def _is_ordered(sql: str) -> bool:
    try:
        return sqlglot.parse_one(sql, read="spark").args.get("order") is not None
    except SqlglotError:
        return False
