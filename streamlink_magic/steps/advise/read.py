"""A statement as it is looked at: its tree, and what is known of the tables in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ErrorLevel

if TYPE_CHECKING:
    from streamlink_magic.records import TableSchema

_CHARS = 60


@dataclass(frozen=True, slots=True)
class Read:
    """One statement and the tables known.

    Attributes
    ----------
    tree
        sqlglot's tree of it.
    tables
        Their schemas; what is not among them is not known.
    """

    tree: exp.Expr
    tables: tuple[TableSchema, ...] = ()

    @property
    def query(self) -> exp.Query | None:
        """The query, or the one whose rows a statement writes; None where there is none."""
        if isinstance(self.tree, exp.Query):
            return self.tree
        inner = self.tree.args.get("expression")
        return inner if isinstance(inner, exp.Query) else None

    def type_of(self, column: exp.Expr) -> str:
        """Return a column's Spark type; empty where it is not known for sure."""
        if not isinstance(column, exp.Column):
            return ""
        held = {
            one.type
            for table in self._tables_behind(column)
            for one in table.columns
            if one.name.casefold() == column.name.casefold()
        }
        return held.pop() if len(held) == 1 else ""

    def _tables_behind(self, column: exp.Column) -> tuple[TableSchema, ...]:
        """Return the tables that a column may belong to, by its alias where it has one."""
        if not column.table:
            return self.tables
        alias = column.table.casefold()
        named = {
            one.name.casefold()
            for one in self.tree.find_all(exp.Table)
            if one.alias_or_name.casefold() == alias
        }
        return tuple(one for one in self.tables if one.name.name.casefold() in named)


def written(node: exp.Expr) -> str:
    """Return a part of a statement as SQL, cut where it is long."""
    sql = " ".join(node.sql(dialect="spark", unsupported_level=ErrorLevel.IGNORE).split())
    return sql if len(sql) <= _CHARS else f"{sql[:_CHARS]}…"


def joins_of(select: exp.Expr) -> list[exp.Join]:
    """Return the joins of one query, its nested ones left out."""
    return [join for join in select.args.get("joins") or () if isinstance(join, exp.Join)]


def is_one_row(query: exp.Expr) -> bool:
    """Return whether a query gives one row whatever it reads: totals without groups."""
    return (
        isinstance(query, exp.Select)
        and not query.args.get("group")
        and any(item.find(exp.AggFunc) and not item.find(exp.Window) for item in query.expressions)
    )
