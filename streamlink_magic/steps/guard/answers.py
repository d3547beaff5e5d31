"""Answers to questions about the catalog: only what the policy opens, and nothing that is secret.

Properties, locations, owners and the text of views are never part of an answer. The query of an
EXPLAIN or DESCRIBE QUERY is guarded like any other, and is described from its analysed tree.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.records import CatalogRows, Column, quote_name
from streamlink_magic.steps.guard import functions
from streamlink_magic.steps.guard.columns import hides
from streamlink_magic.steps.guard.outline import outline
from streamlink_magic.steps.guard.query import check_query
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import (
    SESSION_CATALOG,
    Identity,
    Scope,
    scope_of,
    split_name,
)
from streamlink_magic.steps.guard.text import check_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import SqlAnalyzer
    from streamlink_magic.steps.guard.questions import CatalogQuestion

_TABLES = (
    Column("namespace", "string"),
    Column("tableName", "string"),
    Column("isTemporary", "boolean"),
)
_VIEWS = (
    Column("namespace", "string"),
    Column("viewName", "string"),
    Column("isTemporary", "boolean"),
)
_DESCRIBED = (
    Column("col_name", "string"),
    Column("data_type", "string"),
    Column("comment", "string"),
)
_DATABASE = (Column("info_name", "string"), Column("info_value", "string"))


def answer_question(
    question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy
) -> CatalogRows:
    """Answer from the catalog.

    Raises
    ------
    Refusal
        When the question is about something that the policy does not open.
    InvalidSqlError
        When there is no such thing, or a query in the question does not resolve.
    """
    return _ANSWERS[question.kind](question, analyzer, policy)


def _tables(question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy) -> CatalogRows:
    scope = scope_of(policy, analyzer.lookup.current())
    database = _open_database(question.name, scope)
    names = analyzer.lookup.tables(database, views_only=question.kind == "views")
    listed = [
        (database, name, False)
        for name in _like(names, question.pattern)
        if scope.allows(Identity(name, database, SESSION_CATALOG))
    ]
    temporary = [
        ("", name, True)
        for name in _like(analyzer.lookup.temp_views(), question.pattern)
        if scope.allows(Identity(name))
    ]
    columns = _VIEWS if question.kind == "views" else _TABLES
    return CatalogRows(columns, (*listed, *temporary))


def _databases(question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy) -> CatalogRows:
    scope = scope_of(policy, analyzer.lookup.current())
    names = [
        (name,)
        for name in _like(analyzer.lookup.databases(), question.pattern)
        if scope.opens_database(SESSION_CATALOG, name)
    ]
    return CatalogRows((Column("namespace", "string"),), tuple(names))


def _columns(question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy) -> CatalogRows:
    described = _described(question, analyzer, policy)
    names = tuple(row[:1] for row in described.rows)
    return CatalogRows((Column("col_name", "string"),), names, described.tables)


def _described(question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy) -> CatalogRows:
    name = ".".join(quote_name(part) for part in question.name)
    checked = check_query(f"TABLE {name}", analyzer, _whole_tables(policy))
    table = _identity(checked.tables)
    rows = tuple(
        (column.name, column.type, column.comment)
        for column in analyzer.lookup.schema(checked.plan)
        if not hides(policy, table, column.name)
    )
    return CatalogRows(_DESCRIBED, rows, checked.tables)


def _described_query(
    question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy
) -> CatalogRows:
    checked = check_query(_query(question, policy), analyzer, policy)
    rows = tuple(
        (column.name, column.type, column.comment)
        for column in analyzer.lookup.schema(checked.plan)
    )
    return CatalogRows(_DESCRIBED, rows, checked.tables)


def _explained(question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy) -> CatalogRows:
    checked = check_query(_query(question, policy), analyzer, policy)
    lines = tuple((line,) for line in outline(checked.tree))
    return CatalogRows((Column("plan", "string"),), lines, checked.tables)


def _functions(question: CatalogQuestion, _: SqlAnalyzer, policy: Policy) -> CatalogRows:
    names = sorted(_open_functions(policy))
    rows = tuple((name,) for name in _like(names, question.pattern))
    return CatalogRows((Column("function", "string"),), rows)


def _described_function(
    question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy
) -> CatalogRows:
    name = question.name[-1].lower()
    if len(question.name) > 1 or name not in _open_functions(policy):
        raise Refusal(
            "function",
            f"The function {name} is not among those known to only compute.",
            name,
            "SHOW SYSTEM FUNCTIONS LIKE '…' lists what there is.",
        )
    rows = tuple((line,) for line in analyzer.lookup.function_usage(name))
    return CatalogRows((Column("function_desc", "string"),), rows)


def _described_database(
    question: CatalogQuestion, analyzer: SqlAnalyzer, policy: Policy
) -> CatalogRows:
    scope = scope_of(policy, analyzer.lookup.current())
    database = _open_database(question.name, scope)
    comment = analyzer.lookup.database_comment(database)
    return CatalogRows(_DATABASE, (("Namespace Name", database), ("Comment", comment)))


def _open_functions(policy: Policy) -> frozenset[str]:
    return (functions.FUNCTIONS | functions.TABLE_FUNCTIONS) - functions.denied_by(policy)


def _open_database(name: tuple[str, ...], scope: Scope) -> str:
    """Return a database of Spark's own catalog that the policy opens."""
    *catalog, database = name or (scope.database,)
    owner = ".".join(catalog) or scope.catalog
    if owner.lower() != SESSION_CATALOG or not scope.opens_database(owner, database):
        raise Refusal(
            "table",
            f"The database {'.'.join(name) or database} is not among those that may be read.",
            database,
            "Ask about the tables that %streamlink tables lists.",
        )
    return database


def _query(question: CatalogQuestion, policy: Policy) -> str:
    return check_text(question.query, policy.max_sql_chars)


def _whole_tables(policy: Policy) -> Policy:
    """Return the policy without its rules for columns, which are applied to the answer."""
    ceilings = tuple(_whole_tables(ceiling) for ceiling in policy.ceilings)
    return replace(policy, columns=None, denied_columns=(), masked_columns=(), ceilings=ceilings)


def _identity(tables: tuple[str, ...]) -> Identity:
    *owner, name = split_name(tables[0]) if tables else ("",)
    return Identity(name, ".".join(owner), SESSION_CATALOG if owner else "")


def _like(names: Iterable[str], pattern: str) -> list[str]:
    """Return the names that fit a pattern, in order.

    >>> _like(["orders", "customers"], "o*|x")
    ['orders']
    """
    choices = [
        ".*".join(re.escape(piece) for piece in choice.strip().split("*"))
        for choice in pattern.split("|")
    ]
    fits = re.compile("|".join(choices), re.IGNORECASE | re.DOTALL)
    return sorted(name for name in names if fits.fullmatch(name))


_ANSWERS: dict[str, Callable[[CatalogQuestion, SqlAnalyzer, Policy], CatalogRows]] = {
    "tables": _tables,
    "views": _tables,
    "databases": _databases,
    "columns": _columns,
    "functions": _functions,
    "describe table": _described,
    "describe database": _described_database,
    "describe function": _described_function,
    "describe query": _described_query,
    "explain": _explained,
}
