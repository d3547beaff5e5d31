"""A second reader's word: whether sqlglot sees the tables that Spark found in a statement.

Spark's analysis alone decides what a statement reads. Where another reader of SQL sees other
tables in the same text, something in it is written to be misread, by a person too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from streamlink_magic.steps.guard.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from streamlink_magic.policy import Policy
    from streamlink_magic.records import Verdict

_HINT = "Write it in a simpler form, with every table's name once in FROM or JOIN."


def read_sql(sql: str) -> exp.Expr | None:
    """Return sqlglot's tree of one statement; None where it cannot read it or sees several."""
    try:
        trees = sqlglot.parse(sql, dialect="spark")
    except Exception:  # noqa: BLE001  it fails in many ways on what it cannot read
        return None
    return trees[0] if len(trees) == 1 else None


def named_tables(tree: exp.Expr) -> frozenset[str]:
    """Return the dotted names, in small letters, of all that sqlglot takes for a table."""
    tables = tree.find_all(exp.Table)
    # A hint names a table that is read elsewhere, by its alias even.
    return frozenset(_dotted(one) for one in tables if not one.find_ancestor(exp.Hint)) - {""}


def named_queries(tree: exp.Expr) -> frozenset[str]:
    """Return the names, in small letters, of the queries that WITH names."""
    return frozenset(cte.alias.lower() for cte in tree.find_all(exp.CTE))


def refuses_disagreement(policy: Policy) -> bool:
    """Return whether a disagreement is refused, by the policy or one of its ceilings."""
    return policy.on_disagreement == "refuse" or any(map(refuses_disagreement, policy.ceilings))


def check_agreement(sql: str, tables: Collection[str], policy: Policy) -> None:
    """Check that sqlglot reads the tables that Spark found, where the policy insists on it.

    Raises
    ------
    Refusal
        When they differ, or when sqlglot cannot read the statement.
    """
    if not refuses_disagreement(policy):
        return
    if read_sql(sql) is None:
        raise Refusal(
            "disagreement", "sqlglot cannot read it, so no second reader agrees.", "", _HINT
        )
    if told := disagreement(sql, tables):
        raise Refusal("disagreement", told, "", _HINT)


def with_warnings(verdict: Verdict, sql: str) -> Verdict:
    """Return the verdict with a warning where sqlglot reads other tables than Spark."""
    if not verdict.allowed or verdict.rule not in {"ok", "ok-by-name"}:
        return verdict
    told = disagreement(sql, verdict.tables)
    return replace(verdict, warnings=(told,)) if told else verdict


def disagreement(sql: str, tables: Collection[str]) -> str:
    """Return in a sentence how the tables differ that Spark and sqlglot see; empty for not.

    Spark's names are whole, those in a statement may lack their front. Where sqlglot cannot read
    the statement nothing is said.

    Examples
    --------
    >>> disagreement("SELECT * FROM orders", ["shop.orders"])
    ''
    >>> disagreement("SELECT * FROM orders", ["shop.orders", "hr.pay"])
    'Spark reads hr.pay, which sqlglot does not see in the statement.'
    """
    tree = read_sql(sql)
    if tree is None:
        return ""
    written, named = named_tables(tree), named_queries(tree)
    found = {table.lower() for table in tables}
    unseen = [one for one in found if not any(_is(one, name) for name in written)]
    if unseen:
        return f"Spark reads {_listed(unseen)}, which sqlglot does not see in the statement."
    strange = [one for one in written - named if not any(_is(table, one) for table in found)]
    if strange:
        return f"sqlglot sees {_listed(strange)} in the statement, which Spark does not read."
    return ""


def _is(whole: str, written: str) -> bool:
    """Return whether a whole name may be meant by one without its front, or by a fuller one."""
    return f".{whole}".endswith(f".{written}") or f".{written}".endswith(f".{whole}")


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _dotted(table: exp.Table) -> str:
    parts = (table.catalog, table.db, table.name)
    return ".".join(part for part in parts if part).lower()
