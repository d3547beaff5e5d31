"""What a notebook failed with last: the statement, and Spark's message about it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.adapters.spark.failures import complaint_of
from streamlink_magic.errors import AskUsageError, StreamlinkError
from streamlink_magic.steps.failed import find_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlink_magic.adapters.spark.failures import Complaint


@dataclass(frozen=True, slots=True)
class Failure:
    """A statement that failed in a cell of the notebook.

    Attributes
    ----------
    said
        Spark's message.
    condition
        Spark's name for it.
    wish
        What the user says of it.
    """

    sql: str
    said: str
    condition: str = ""
    wish: str = ""


def last_failure(
    source: str,
    error: BaseException | None,
    cells: Sequence[str],
    variables: Mapping[str, object],
) -> Failure:
    """Return what a notebook failed with last.

    Parameters
    ----------
    source, error
        The cell that failed and its error; None where it failed before anybody looked.
    cells
        The notebook's recent cells, oldest first.
    variables
        Its variables.

    Raises
    ------
    AskUsageError
        When nothing failed, or what failed is no Spark SQL.
    """
    error = error or getattr(sys, "last_value", None)
    own = (error.sql, error.message) if isinstance(error, StreamlinkError) else ("", "")
    return find_failure(complaint_of(error), [source, *reversed(cells)], variables, own=own)


def find_failure(
    complaint: Complaint | None,
    sources: Sequence[str],
    variables: Mapping[str, object],
    *,
    own: tuple[str, str] = ("", ""),
) -> Failure:
    """Return what failed last.

    Parameters
    ----------
    complaint
        What Spark raised; None where it raised nothing.
    sources
        The cell that failed, then those before it, newest first.
    variables
        The notebook's variables.
    own
        Statement and message of an error of ``%ask`` itself; empty for any other.

    Raises
    ------
    AskUsageError
        When nothing failed, or what failed is no Spark SQL.
    """
    if all(own):
        return Failure(*own, complaint.condition if complaint else "")
    if complaint is None:
        raise AskUsageError(
            "There is no error of Spark SQL to fix: --fix takes up the one that a cell has just "
            "failed with."
        )
    sql = find_sql(sources, complaint.fragment, variables)
    if not sql:
        raise AskUsageError(
            "The last error is Spark's, but no SQL was found in the cell that failed. Say it "
            "instead: %explain SELECT …, or ask: %ask …"
        )
    return Failure(sql, complaint.message, complaint.condition)
