"""The values that columns hold: found in a question, and nearest to a literal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlink_magic.records import (
        ColumnValues,
        DataProfile,
        TableName,
        TableSample,
        ValueHint,
    )


def index_values(samples: Iterable[TableSample]) -> tuple[ColumnValues, ...]:
    """Return what the samples show of each column."""
    raise NotImplementedError


def find_values(
    question: str, profile: DataProfile, tables: Iterable[TableName] | None = None
) -> tuple[ValueHint, ...]:
    """Return the values that a question mentions, longest first, at most a few each."""
    raise NotImplementedError


def nearest_value(literal: str, column: ColumnValues) -> str | None:
    """Return the column's value nearest to a literal, None when nothing is near."""
    raise NotImplementedError
