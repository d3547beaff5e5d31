"""Spark's own suggestions, where they leave one reading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.nearness import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.steps.repair.statement import Known, Statement

_PART = re.compile(r"`((?:[^`]|``)+)`")


def take_suggestion(statement: Statement, known: Known) -> Iterator[str]:
    """Read an unresolved name as the only one of Spark's proposals with the same letters.

    Where a source is not known here, such as a table function, Spark knows more.
    """
    if known.error is None or not known.failed_with("UNRESOLVED_COLUMN"):
        return
    views = statement.views(known.tables)
    if all(source.columns is not None for view in views for source in view.sources):
        return  # every column is known here, and was looked for in vain
    name = _parts(known.error.parameters.get("objectName", ""))
    proposals = [_parts(one) for one in known.error.parameters.get("proposal", "").split(", ")]
    alike = [one for one in proposals if name and one and folded(one[-1]) == folded(name[-1])]
    if len(alike) != 1 or alike[0] == name:
        return
    for column in list(statement.tree.find_all(exp.Column)):
        if [part.name.casefold() for part in column.parts] == [one.casefold() for one in name]:
            written = column.sql(dialect="spark")
            table = alike[0][-2] if len(alike[0]) > 1 else None
            column.replace(exp.column(alike[0][-1], table=table, quoted=True))
            yield f"{written} was read as {'.'.join(alike[0][-2:])}, as Spark suggests."


def _parts(name: str) -> list[str]:
    return [part.replace("``", "`") for part in _PART.findall(name)]
