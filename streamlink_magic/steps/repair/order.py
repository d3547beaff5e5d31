"""Which way a result is ordered, where the question says only by what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.steps.repair.statement import Known, Statement

_ORDERED = re.compile(
    r"\b(?:order(?:ed)?|sort(?:ed)?|arranged?|listed) (?:\w+ ){0,3}by\b", re.IGNORECASE
)
_DOWNWARD = re.compile(
    r"\b(?:desc\w*|decreas\w*|revers\w*|most|highest|high|largest|biggest|greatest|longest|latest"
    r"|newest|recent\w*|oldest|old|top|best|worst|last|down\w*|popular\w*)\b",
    re.IGNORECASE,
)


def fit_order(statement: Statement, known: Known) -> Iterator[str]:
    """Order upward where the question says *sorted by* and not which way.

    That is what the words mean in SQL. A statement that also cuts the result is left alone: there
    the order decides which rows are seen.
    """
    order = statement.tree.args.get("order")
    if order is None or statement.tree.args.get("limit") is not None:
        return
    asked = known.question
    if not asked.isascii() or not _ORDERED.search(asked) or _DOWNWARD.search(asked):
        return
    keys = list(order.expressions)
    if len(keys) == 1 and isinstance(keys[0], exp.Ordered) and keys[0].args.get("desc"):
        keys[0].set("desc", False)
        keys[0].set("nulls_first", True)
        yield "Ordered upward: the question says by what, and not downward."
