"""Which text a column is compared with, and whether the data let it be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.catalog.nearness import nearest_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import TableSchema
    from streamlink_magic.steps.repair.statement import Known


def compared_texts(column: exp.Column) -> Iterator[exp.Literal]:
    """Yield the texts that a column is compared with for equality."""
    parent = column.parent
    if isinstance(parent, exp.EQ | exp.NEQ | exp.NullSafeEQ):
        other = parent.right if parent.left is column else parent.left
        others = [other]
    elif isinstance(parent, exp.In) and parent.this is column:
        others = parent.expressions
    else:
        return
    for other in others:
        if isinstance(other, exp.Literal) and other.is_string:
            yield other


def may_hold(known: Known, table: TableSchema | None, name: str, column: exp.Column) -> bool:
    """Return whether a table's column can have the texts that a condition compares it with.

    Only a sample of the whole table speaks against it.
    """
    values = known.profile.of(table.name, name) if table else None
    if values is None or not values.complete or not values.values:
        return True
    return all(
        text.name in values.values or nearest_value(text.name, values) is not None
        for text in compared_texts(column)
    )
