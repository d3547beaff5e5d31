"""How a wrong result differs from the right one, the coarsest difference first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.evaluation.matching import expect, matches

if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRA_COLUMNS = "extra_columns"
MISSING_COLUMNS = "missing_columns"
EXTRA_ROWS = "extra_rows"
MISSING_ROWS = "missing_rows"
ORDER = "order"
VALUES = "values"


def shape_of(right: Sequence[Sequence[object]], wrong: Sequence[Sequence[object]]) -> str:
    """Return how a wrong result differs.

    Parameters
    ----------
    right
        The rows of the gold query.
    wrong
        Rows that do not match them. A result without rows has no columns to compare.

    Examples
    --------
    >>> shape_of([(1,), (2,)], [(2,), (1,)])
    'order'
    >>> shape_of([(1,), (2,)], [(1, "a"), (2, "b"), (3, "c")])
    'extra_columns'
    """
    wider = len(wrong[0]) - len(right[0]) if right and wrong else 0
    longer = len(wrong) - len(right)
    if wider:
        return EXTRA_COLUMNS if wider > 0 else MISSING_COLUMNS
    if longer:
        return EXTRA_ROWS if longer > 0 else MISSING_ROWS
    return ORDER if matches(expect(right, ordered=False), wrong) else VALUES
