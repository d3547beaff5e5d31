"""Rules over the names of a parsed statement, where no analysed tree can be had.

An analysed tree says what each name became. Without it every name is looked up in the catalog of
the very session that will run the statement; the queries of views are parsed and checked like the
statement itself, as deep as they go. What could mean two things is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.records import Verdict, quote_name
from streamlink_magic.steps.guard.columns import hides, masks, rules_columns
from streamlink_magic.steps.guard.grammar import check_grammar
from streamlink_magic.steps.guard.paths import check_entry_path
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import Identity, Scope, scope_of
from streamlink_magic.steps.guard.text import check_text
from streamlink_magic.steps.guard.tree import names, short, walk
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import NameAnalyzer
    from streamlink_magic.records import CatalogEntry, PlanNode

MAX_VIEWS_DEEP = 20
_MAX_VIEW_CHARS = 200_000
_GLOBAL = "global_temp"
_CALLS = words("UnresolvedFunction UnresolvedTableValuedFunction UnresolvedGenerator")
# Names that Spark takes for calls without brackets where no column has them.
_BARE_CALLS = words("current_user user session_user current_path")


@dataclass(slots=True)
class _Statement:
    """What is known of the statement while its names are followed.

    Attributes
    ----------
    read
        The dotted names of the tables that it reads itself.
    called
        All functions, in small letters, that it and its views call.
    seen
        The views that were looked into.
    """

    analyzer: NameAnalyzer
    policy: Policy
    scope: Scope
    read: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    seen: set[tuple[str, str, str]] = field(default_factory=set)


def check_names(tree: PlanNode, analyzer: NameAnalyzer, policy: Policy) -> tuple[str, ...]:
    """Check what a parsed statement reads and calls; return the dotted names of its tables.

    Parameters
    ----------
    tree
        A statement that passed the grammar rules.

    Raises
    ------
    Refusal
        At the first rule that is broken.
    InvalidSqlError
        When a table is not there, or a view's text cannot be parsed.
    """
    statement = _Statement(analyzer, policy, scope_of(policy, tree.fields))
    _follow(tree, statement, above=())
    _check_calls(statement)
    return tuple(sorted(statement.read))


def _follow(tree: PlanNode, statement: _Statement, above: tuple[CatalogEntry, ...]) -> None:
    """Look up every table that a tree names; ``above`` are the views that it is the text of."""
    if len(above) > MAX_VIEWS_DEEP:
        raise Refusal("nesting", f"Views are nested more than {MAX_VIEWS_DEEP} deep.")
    queries = set(named_queries(tree))
    statement.called.update(called(tree))
    columns: set[str] = set()
    for parts in relations(tree):
        named = len(parts) == 1 and parts[0].lower() in queries
        found = False
        for candidate in _candidates(parts, above):
            entry = statement.analyzer.look_up(candidate)
            if entry is not None:
                found = True
                columns.update(column.lower() for column in entry.columns)
                _check_entry(entry, candidate, statement, above, named=named)
        if not (found or named):
            raise _missing(parts)
    _check_bare_calls(tree, columns, statement.policy)


def _candidates(
    parts: tuple[str, ...], above: tuple[CatalogEntry, ...]
) -> Iterator[tuple[str, ...]]:
    """Yield the full names that a name may stand for."""
    if not above or parts[0].lower() == _GLOBAL:
        yield parts
        return
    view = above[-1]
    if view.temporary and len(parts) == 1:
        yield parts  # another temporary view, or a table of the current database
    missing = len(view.view_owner) - len(parts) + 1
    yield (*view.view_owner[:missing], *parts) if missing > 0 else parts


def _check_entry(
    entry: CatalogEntry,
    written: tuple[str, ...],
    statement: _Statement,
    above: tuple[CatalogEntry, ...],
    *,
    named: bool,
) -> None:
    identity = _identity(entry, written)
    _check_open(identity, statement.scope, in_view=bool(above), named=named)
    _check_columns(identity, entry.columns, statement.policy)
    check_entry_path(entry, statement.policy)
    if not above:
        statement.read.add(identity.dotted)
    key = (identity.catalog, identity.database, identity.name)
    if not entry.is_view or key in statement.seen:
        return
    statement.seen.add(key)
    if entry.view_text:
        _follow(_view_tree(entry, statement), statement, (*above, entry))
    elif not entry.temporary:
        raise Refusal(
            "view", f"What the view {identity.dotted} reads cannot be seen.", identity.name
        )
    # Else the user made it of a DataFrame, in the notebook, and the policy opens it.


def _identity(entry: CatalogEntry, written: tuple[str, ...]) -> Identity:
    if entry.temporary:
        return Identity(entry.name, _GLOBAL if written[0].lower() == _GLOBAL else "")
    return Identity(entry.name, entry.database, entry.catalog)


def _check_open(table: Identity, scope: Scope, *, in_view: bool, named: bool) -> None:
    if scope.allows_in_view(table) if in_view else scope.allows(table):
        return
    if named:
        raise Refusal(
            "table",
            f"The named query {table.name} has the name of a table that may not be read.",
            table.name,
            "Give it another name.",
        )
    hidden = " that a view reads" if in_view else ""
    raise Refusal(
        "table",
        f"The table {table.dotted}{hidden} is not among those that may be read.",
        table.name,
        "Ask about the tables that %streamlink tables lists.",
    )


def _check_columns(table: Identity, columns: Sequence[str], policy: Policy) -> None:
    """Refuse a table that has a closed column: which columns a query uses cannot be followed."""
    if not rules_columns(policy):
        return
    closed = next((one for one in columns if _is_closed(policy, table, one)), None)
    if closed is not None or not columns:
        raise Refusal(
            "column",
            f"{table.dotted} has a column that is closed ({closed or 'its columns are not known'}),"
            " and without an analysed plan nobody sees whether the query uses it.",
            table.name,
            "Ask without that table, or on a classic session.",
        )


def _is_closed(policy: Policy, table: Identity, column: str) -> bool:
    return hides(policy, table, column) or masks(policy, table, column)


def _view_tree(view: CatalogEntry, statement: _Statement) -> PlanNode:
    """Return the tree of a view's query, after the same rules as for a statement.

    Only its tables are left to the lookups that follow: which of them a view may read is another
    question than which of them a statement may name.
    """
    check_text(view.view_text, _MAX_VIEW_CHARS)
    tree = statement.analyzer.parse_view(view)
    named = tuple(".".join(map(quote_name, parts)) for parts in relations(tree))
    check_grammar(tree, replace(statement.policy, tables=named, denied_tables=(), ceilings=()))
    return tree


def relations(tree: PlanNode) -> Iterator[tuple[str, ...]]:
    """Yield the parts of every name that a statement reads from, named queries included."""
    exact = tree.fields.get("exact_names")
    known = exact if isinstance(exact, dict) else {}
    for node in walk(tree):
        if short(node) == "UnresolvedRelation":
            written = str(node.fields.get("multipartIdentifier"))
            yield known.get(written) or names(node, "multipartIdentifier")


def named_queries(tree: PlanNode) -> Iterator[str]:
    """Yield the names, in small letters, of the queries that a statement's WITH names."""
    for node in walk(tree):
        if short(node) == "UnresolvedWith":
            for child in node.children:
                identifier = child.fields.get("identifier")
                if isinstance(identifier, dict):
                    yield str(identifier.get("name", "")).lower()


def called(tree: PlanNode) -> Iterator[str]:
    """Yield the names, in small letters and without their owner, of the functions it calls."""
    for node in walk(tree):
        if short(node) in _CALLS:
            name = node.fields.get("name")
            if isinstance(name, dict):
                yield str(name.get("funcName", "")).lower()
            parts = names(node, "nameParts") or names(node, "name")
            yield from (part.lower() for part in parts[-1:])


def _check_bare_calls(tree: PlanNode, columns: set[str], policy: Policy) -> None:
    opened = {name.lower() for name in policy.functions}
    for node in walk(tree):
        parts = names(node, "nameParts") if short(node) == "UnresolvedAttribute" else ()
        name = parts[0].lower() if len(parts) == 1 else ""
        if name in _BARE_CALLS - columns - opened:
            raise Refusal("function", f"{name} tells who or where one is.", name)


def _check_calls(statement: _Statement) -> None:
    own = statement.analyzer.user_functions() if statement.called else frozenset()
    listed = {udf.lower() for udf in statement.policy.udfs}
    for name in sorted((statement.called & own) - listed):
        raise Refusal(
            "udf",
            f"A user-defined function goes by the name {name}; which one is meant is not sure.",
            name,
            "List it if it may be called: Policy(udfs=(...)).",
        )


def _missing(parts: tuple[str, ...]) -> InvalidSqlError:
    name = ".".join(parts)
    verdict = Verdict(False, "unknown-table", name, f"The table or view {name} cannot be found.")
    return InvalidSqlError(
        verdict,
        condition="TABLE_OR_VIEW_NOT_FOUND",
        parameters={"relationName": ".".join(f"`{part}`" for part in parts)},
    )
