"""What Spark and sqlglot each make of one statement: its kind, its tables, its functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from streamlink_magic.steps.guard import agreement
from streamlink_magic.steps.guard.names import called, named_queries, relations

if TYPE_CHECKING:
    from streamlink_magic.records import PlanNode

_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Command)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's view of a statement.

    Attributes
    ----------
    is_query
        Whether it is one query that only reads.
    tables
        Dotted names in small letters, named queries left out.
    functions
        What it calls, in small letters, as the reader names it.
    has_bare_select
        Whether a SELECT in it names no column at all, which only sqlglot reads anywhere.
    """

    is_query: bool
    tables: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    has_bare_select: bool = False


def spark_reading(tree: PlanNode) -> Reading:
    """Return what Spark's tree of a query says."""
    named = set(named_queries(tree))
    tables = {".".join(parts).lower() for parts in relations(tree)}
    return Reading(True, frozenset(tables - named), frozenset(called(tree)))


def sqlglot_reading(sql: str) -> Reading | None:
    """Return what sqlglot's tree says; None where sqlglot cannot read the text."""
    try:
        trees = sqlglot.parse(sql, dialect="spark")
    except Exception:  # noqa: BLE001  it fails in many ways on what it cannot read
        return None
    if len(trees) != 1 or not isinstance(trees[0], (exp.Query, exp.Values)):
        return Reading(False)
    tree = trees[0]
    writes = any(tree.find_all(*_WRITES))
    tables = agreement.named_tables(tree) - agreement.named_queries(tree)
    bare = any(not select.expressions for select in tree.find_all(exp.Select))
    return Reading(not writes, tables, frozenset(_functions(tree)), bare)


def difference(spark: Reading, other: Reading) -> str:
    """Return what two readings differ in: ``kind``, ``tables``, ``functions``, or nothing.

    ``bare-select`` is a known difference: in ``SELECT FROM t`` Spark takes FROM for a column and
    ``t`` for its alias, sqlglot takes FROM for the clause. It sees a table too many, so nothing
    is hidden from it.

    >>> difference(Reading(True, frozenset({"a"})), Reading(True, frozenset({"a", "b"})))
    'tables'
    """
    if spark.is_query != other.is_query:
        return "kind"
    if spark.tables != other.tables:
        known = other.has_bare_select and spark.tables < other.tables
        return "bare-select" if known else "tables"
    unseen = {name for name in spark.functions if not (_spellings(name) & other.functions)}
    strange = {name for name in other.functions if name.startswith("?")}
    if unseen or {name[1:] for name in strange} - spark.functions:
        return "functions"
    return ""


def _functions(tree: exp.Expr) -> set[str]:
    """Return the classes of the calls; a call that sqlglot does not know keeps its name."""
    found: set[str] = set()
    for node in tree.find_all(exp.Func):
        known = not isinstance(node, exp.Anonymous)
        found.add(type(node).__name__ if known else f"?{node.name.lower()}")
    return found


@cache
def _spellings(name: str) -> frozenset[str]:
    """Return what sqlglot may call a function of Spark's."""
    spellings = {f"?{name}"}
    for arguments in ("", "a", "a, b"):
        try:
            tree = sqlglot.parse_one(f"SELECT {name}({arguments})", dialect="spark")
        except Exception:  # noqa: BLE001, S112  not with so many arguments
            continue
        spellings |= _functions(tree)
    return frozenset(spellings)
