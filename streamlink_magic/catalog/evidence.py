"""What a sample says of a column as one end of a join."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.records import TableSample


@dataclass(frozen=True, slots=True)
class Evidence:
    """The distinct values of a column's sample.

    Attributes
    ----------
    unique
        Whether no value came twice: the column may be a key.
    complete
        Whether the sample holds all rows of the table.
    """

    values: frozenset[str]
    unique: bool
    complete: bool


def evidence_of(sample: TableSample) -> Mapping[str, Evidence]:
    """Return the evidence by column name."""
    columns = zip(*sample.rows, strict=True) if sample.rows else ((),) * len(sample.columns)
    return {
        column.name: _evidence(values, complete=sample.complete)
        for column, values in zip(sample.columns, columns, strict=True)
    }


def _evidence(values: tuple[object, ...], *, complete: bool) -> Evidence:
    known = [_comparable(value) for value in values if value is not None and value != ""]
    distinct = frozenset(known)
    return Evidence(distinct, unique=len(distinct) == len(values), complete=complete)


def _comparable(value: object) -> str:
    """Return a text that is equal for equal values of whatever type: ``3``, ``3.0``, ``'3'``."""
    if isinstance(value, (float, Decimal)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()
