"""Mending what Spark finds only in the data: values that cannot be computed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import ErrorLevel, exp

from streamlink_magic.steps.repair.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def mend_runtime(sql: str, condition: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the statement with null in the place of values that fail, and the repairs in words.

    Spark's own message names the function that does so. None where nothing is known to help.

    Parameters
    ----------
    condition
        Spark's name for the failure, such as ``DIVIDE_BY_ZERO``.

    Examples
    --------
    >>> mend_runtime("SELECT a / b FROM t", "DIVIDE_BY_ZERO")[1]
    ('a / b gives null where b is zero (try_divide).',)
    """
    statement = Statement.parse(sql)
    mend = next((one for start, one in _MENDS.items() if condition.startswith(start)), None)
    if statement is None or mend is None:
        return None
    told = mend(statement.tree)
    mended = statement.sql() if told else None
    return (mended, tuple(dict.fromkeys(told))) if mended else None


def _divide(tree: exp.Expr) -> list[str]:
    told = []
    for node in list(tree.find_all(exp.Div)):
        if isinstance(node.expression, exp.Literal):
            continue
        told.append(f"{_sql(node)} gives null where {_sql(node.expression)} is zero (try_divide).")
        node.replace(exp.Anonymous(this="try_divide", expressions=[node.this, node.expression]))
    return told


def _cast(tree: exp.Expr) -> list[str]:
    told = []
    for node in list(tree.find_all(exp.Cast)):
        if not node.args.get("safe") and not isinstance(node.this, exp.Literal):
            kind = node.to.sql(dialect="spark")
            told.append(f"{_sql(node.this)} gives null where it is no {kind} (try_cast).")
            node.replace(exp.TryCast(this=node.this, to=node.to, safe=True))
    return told


def _sql(node: exp.Expr) -> str:
    return node.sql(dialect="spark", unsupported_level=ErrorLevel.IGNORE)


_MENDS: Mapping[str, Callable[[exp.Expr], list[str]]] = {
    "DIVIDE_BY_ZERO": _divide,
    "CAST_INVALID_INPUT": _cast,
    "CAST_OVERFLOW": _cast,
}
