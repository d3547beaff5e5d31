"""Guard a draft; mend what Spark cannot use, and guard it again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import (
    InvalidSqlError,
    StreamlinkError,
)
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.repair import Known, mend_ahead, repair_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.protocols import Workbench
    from streamlink_magic.records import (
        GuardedQuery,
        SqlDraft,
    )
    from streamlink_magic.settings import Settings


_MENDS = 4


def guard_or_mend(
    draft: SqlDraft, known: Known, workbench: Workbench, settings: Settings
) -> tuple[SqlDraft, GuardedQuery]:
    """Guard a draft; where Spark cannot use it, mend it and guard it again, at most four times.

    Without ``Settings.repair`` it is only guarded.

    Raises
    ------
    UnsafeSqlError
        When a rule is broken.
    InvalidSqlError
        When nothing more can be mended; it carries the statement that failed last.
    """
    limit = _MENDS if settings.repair else 0
    for mends in range(limit + 1):
        draft = (mend_ahead(draft, known) if limit else None) or draft
        try:
            with keeping_sql(draft.sql):
                return draft, guard_sql(draft.sql, workbench, settings.policy)
        except InvalidSqlError as error:
            more = mends < limit
            mended = repair_sql(draft, replace(known, error=error)) if more else None
            if mended is None:
                raise
            draft = mended
    raise AssertionError("unreachable: the last failure is raised")


@contextmanager
def keeping_sql(sql: str) -> Iterator[None]:
    """Let an error that passes carry the statement, so that it is shown and not lost."""
    try:
        yield
    except StreamlinkError as error:
        error.sql = error.sql or sql
        raise
