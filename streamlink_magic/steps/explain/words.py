"""Conditions and computations of a Spark SQL tree in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.explain.computations import say_value
from streamlink_magic.steps.explain.predicates import can_be_denied, say_predicate
from streamlink_magic.steps.explain.sources import read_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LISTED = 8
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Words:
    """Puts expressions of one query into words.

    Parameters
    ----------
    tables
        What each alias, in lower case, stands for.
    depth
        How many queries this one is nested in.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0

    def condition(self, node: exp.Expr) -> str:
        """Return a condition that rows must meet."""
        match node:
            case exp.Paren():
                return self.condition(node.this)
            case exp.And():
                return self._joined(node, " and ")
            case exp.Or():
                return self._joined(node, " or ")
            case exp.Not():
                return self._denied(node.this.unnest())
            case _:
                return say_predicate(self, node)

    def value(self, node: exp.Expr) -> str:
        """Return a column, a constant or a computation."""
        return say_value(self, node)

    def listed(self, nodes: Iterable[exp.Expr]) -> str:
        """Return several values with commas, not too many of them."""
        items = [self.value(node) for _, node in zip(range(_LISTED + 1), nodes, strict=False)]
        return ", ".join(items[:_LISTED]) + (" and others" if len(items) > _LISTED else "")

    def ordering(self, nodes: Iterable[exp.Expr]) -> str:
        """Return what rows are ordered by, and in which direction."""
        return ", then ".join(self._ordered(node) for node in nodes)

    def query(self, node: exp.Expr, *, named: bool = True) -> str:
        """Return a nested query as one phrase; ``named`` says whether its columns matter."""
        query = node.unnest()
        if not isinstance(query, exp.Select) or self.depth >= _DEPTH:
            return "the result of a nested query"
        names = read_names(query)
        inner = Words({**self.tables, **names}, self.depth + 1)
        parts = [inner.listed(query.expressions)] if named else []
        if names:
            parts.append(f"from {', '.join(dict.fromkeys(names.values()))}")
        return " ".join([*parts, *inner.clauses(query)])

    def clauses(self, query: exp.Select) -> Iterator[str]:
        """Yield the clauses of a nested query that decide which rows it gives."""
        args = query.args
        if where := args.get("where"):
            yield f"where {self.condition(where.this)}"
        if group := args.get("group"):
            yield f"for each {self.listed(group.expressions)}" if group.expressions else "grouped"
        if having := args.get("having"):
            yield f"keeping groups where {self.condition(having.this)}"
        if order := args.get("order"):
            yield f"ordered by {self.ordering(order.expressions)}"
        if limit := args.get("limit"):
            yield f"up to row {self.value(limit.expression)}"

    def _joined(self, node: exp.Expr, word: str) -> str:
        items = list(node.flatten())
        texts = [self._bracketed(item) for item in items[:_LISTED]]
        return word.join(texts) + (f"{word}more" if len(items) > _LISTED else "")

    def _bracketed(self, item: exp.Expr) -> str:
        # Only an "or" inside an "and" (or the reverse) needs brackets to be read rightly.
        text = self.condition(item)
        return f"({text})" if isinstance(item.unnest(), exp.Connector) else text

    def _denied(self, node: exp.Expr) -> str:
        if can_be_denied(node):
            return say_predicate(self, node, no="not ")
        return f"not ({self.condition(node)})"

    def _ordered(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Ordered):
            return self.value(node)
        direction = "largest first" if node.args.get("desc") else "smallest first"
        return f"{self.value(node.this)} ({direction})"
