"""``%%explain``: a statement of the user's own in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.errors import AskUsageError, CatalogError, SessionError
from streamlink_magic.explaining import explain_statement
from streamlink_magic.steps.repair import Known

if TYPE_CHECKING:
    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.records import TableSchema
    from streamlink_magic.steps.render import Listing


def explain_own(desk: Desk, sql: str) -> Listing:
    """Return what a statement does, reads and costs, and what could go wrong; it is not run.

    Raises
    ------
    AskUsageError
        When there is no statement.
    """
    if not sql.strip():
        raise AskUsageError("%%explain wants SQL on the lines below, or: %explain SELECT …")
    missing, workbench = "", None
    tables: tuple[TableSchema, ...] = ()
    try:
        workbench = desk.asks.workbench(desk.settings)
        tables = desk.catalog().tables
    except (SessionError, CatalogError) as error:
        missing = error.message
    known = Known(tables, desk.asks.cache.profile)
    return explain_statement(
        sql.strip().rstrip(";"), known, workbench, desk.settings, missing=missing
    )
