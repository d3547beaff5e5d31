"""The order of a column's values, for whoever sorts what is shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from streamlink_magic.steps.render.values import format_value

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_missing(value: object) -> bool:
    """Return whether a value is null or NaN, which have no place in an order."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def rank_values(values: Sequence[object]) -> list[int]:
    """Return each value's place in the order of all, from 0; equal ones share theirs.

    Missing values come after all others. Values without an order of their own (structs, maps) are
    ordered by the text in which they are shown.

    Examples
    --------
    >>> rank_values(["b", None, "a", "b"])
    [1, 3, 0, 1]
    """
    known = [index for index, value in enumerate(values) if not is_missing(value)]
    try:
        return _ranked(values, known)
    except TypeError:
        return _ranked([format_value(value) for value in values], known)


def _ranked(values: Sequence[Any], known: list[int]) -> list[int]:
    ranks = [len(values) - 1] * len(values)
    before: Any = None
    rank = -1
    for index in sorted(known, key=values.__getitem__):
        if rank < 0 or values[index] != before:
            rank, before = rank + 1, values[index]
        ranks[index] = rank
    return ranks
