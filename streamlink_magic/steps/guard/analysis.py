"""Rules over the analysed tree: what Spark made of the names, and what hides behind views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard import expressions, functions, plans
from streamlink_magic.steps.guard.columns import check_columns
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import SESSION_CATALOG, Identity, Scope, scope_of
from streamlink_magic.steps.guard.tree import STATEMENT, UNREAD, short

if TYPE_CHECKING:
    from streamlink_magic.policy import Policy
    from streamlink_magic.records import PlanNode


_BY_USER = plans.BUILT_BY_USER | expressions.UDFS


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a node stands.

    Attributes
    ----------
    in_view
        Below a view: it was written by whoever made the view.
    by_user
        Below a view over a DataFrame: the user built it in the notebook, not the model.
    """

    in_view: bool = False
    by_user: bool = False


def check_analysis(statement: PlanNode, policy: Policy) -> tuple[str, ...]:
    """Check an analysed statement and return the dotted names of what it reads.

    Raises
    ------
    Refusal
        At the first rule that is broken.
    """
    scope = scope_of(policy, statement.fields)
    rules = _rules(policy)
    read: set[str] = set()
    tables: list[tuple[PlanNode, Identity]] = []
    stack = [(child, _Place()) for child in statement.children]
    seen = 0
    while stack:
        node, place = stack.pop()
        seen += 1
        if seen > policy.max_plan_nodes:
            raise Refusal("size", f"Its plan has more than {policy.max_plan_nodes} steps.")
        _check_class(node, place, rules)
        table = _identity(node)
        if table is not None:
            _check_table(table, node, place, scope)
            tables.append((node, table))
            if not place.in_view:
                read.add(table.dotted)
        if short(node) == "CommandResult":
            continue  # rows that the user's own command left behind; the command ran long ago
        below = _below(node, place)
        stack.extend((child, below) for child in node.children)
        tables.extend((node, other) for other in _possible(node, statement))
    _check_v2(statement, scope, read)
    check_columns(statement, tables, policy)
    return tuple(sorted(read))


@dataclass(frozen=True, slots=True)
class _Rules:
    """What every node is measured by."""

    classes: frozenset[str]
    denied: frozenset[str]
    udfs: frozenset[str]


def _rules(policy: Policy) -> _Rules:
    extra = {name.lower() for name in policy.functions} - functions.NEVER
    added = [expressions.EXTRA[name] for name in extra if name in expressions.EXTRA]
    udfs = expressions.UDFS if policy.udfs else frozenset()
    return _Rules(
        plans.ANALYZED | expressions.ANALYZED | udfs.union(*added) | {STATEMENT},
        functions.denied_by(policy),
        frozenset(udf.lower() for udf in policy.udfs),
    )


def _check_class(node: PlanNode, place: _Place, rules: _Rules) -> None:
    if functions.is_denied(short(node), rules.denied) and not place.in_view:
        raise Refusal("function", f"The policy closes the function {short(node)}.", short(node))
    if place.by_user and node.kind in _BY_USER:
        return
    if node.kind in expressions.UDFS:
        _check_udf(node, rules)
    elif node.kind not in rules.classes:
        raise Refusal(
            "unknown-construct", f"{short(node)} is not known to be harmless.", short(node)
        )
    if node.fields.get("isStreaming"):
        raise Refusal("stream", "Reading a stream is not allowed.", "STREAM")
    unread = node.fields.get(UNREAD, ())
    for label in unread if isinstance(unread, tuple) else ():
        known = plans.is_harmless_unread(label) or node.kind in expressions.UDFS
        if not known:
            raise Refusal("unreadable", f"{label} could not be looked into.")


def _check_udf(node: PlanNode, rules: _Rules) -> None:
    name = str(node.fields.get("name", node.fields.get("udfName", ""))).lower()
    listed = rules.udfs
    # A SQL function keeps its name out of the tree; the grammar rules saw the name in the text.
    if listed and (name in listed or (not name and short(node) == "SQLScalarFunction")):
        return
    raise Refusal(
        "udf",
        f"The user-defined function {name or short(node)} is not listed in the policy.",
        name,
        "Use Spark's own functions, or list it: Policy(udfs=(...)).",
    )


def _identity(node: PlanNode) -> Identity | None:
    field = {
        plans.VIEW: "desc",
        plans.FILE_TABLE: "catalogTable",
        plans.HIVE_TABLE: "tableMeta",
    }.get(node.kind)
    if field is None:
        return None
    table = node.fields.get(field)
    identifier = table.get("identifier") if isinstance(table, Mapping) else None
    if not isinstance(identifier, Mapping):
        return Identity("")  # read by its path, not by a name
    name, database = str(identifier.get("table", "")), str(identifier.get("database", ""))
    temporary = node.fields.get("isTempView") is True
    catalog = "" if temporary else str(identifier.get("catalog", SESSION_CATALOG))
    return Identity(name, database, catalog)


def _check_table(table: Identity, node: PlanNode, place: _Place, scope: Scope) -> None:
    if not table.name:
        if not place.by_user:
            raise Refusal("path", "Files are not read by their path.", short(node))
        return
    if scope.allows_in_view(table) if place.in_view else scope.allows(table):
        return
    hidden = " that a view reads" if place.in_view else ""
    raise Refusal(
        "table",
        f"The table {table.dotted}{hidden} is not among those that may be read.",
        table.name,
        "Ask about the tables that %streamlink tables lists.",
    )


def _below(node: PlanNode, place: _Place) -> _Place:
    if node.kind != plans.VIEW:
        return place
    description = node.fields.get("desc")
    text = description.get("viewText") if isinstance(description, Mapping) else ""
    by_user = place.by_user or (node.fields.get("isTempView") is True and not text)
    return replace(place, in_view=True, by_user=by_user)


def _check_v2(statement: PlanNode, scope: Scope, read: set[str]) -> None:
    """Check tables of other catalogs; the analyser fetched their names apart."""
    for table in _v2_identities(statement):
        _check_table(table, statement, _Place(), scope)
        read.add(table.dotted)


def _v2_identities(statement: PlanNode) -> list[Identity]:
    tables = statement.fields.get("v2_tables", ())
    return [
        Identity(parts[-1], ".".join(parts[1:-1]), parts[0])
        for parts in (tables if isinstance(tables, tuple) else ())
    ]


def _possible(node: PlanNode, statement: PlanNode) -> list[Identity]:
    """Return the names that a table of another catalog may have: which is its own is not known."""
    return _v2_identities(statement) if node.kind == plans.V2_TABLE else []
