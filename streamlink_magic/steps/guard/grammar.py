"""Rules over the parsed tree, before Spark may analyse it.

Analysing some statements runs them, so whatever passes here must be known to be a mere query:
every class, function, table function, hint and table name is looked up in a list of what may be,
and what is in no list is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard import expressions, functions, plans
from streamlink_magic.steps.guard.bounds import check_bounds
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import Scope, scope_of
from streamlink_magic.steps.guard.tree import STATEMENT, UNREAD, depth, names, short, walk
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from streamlink_magic.policy import Policy
    from streamlink_magic.records import PlanNode

MAX_DEPTH = 400
_CLASSES = plans.PARSED | expressions.PARSED | {STATEMENT}
_BUILTIN_OWNERS = frozenset({(), ("builtin",), ("system", "builtin")})
_FORMATS = words(
    "avro binaryfile csv delta hudi iceberg image jdbc json libsvm orc parquet text xml"
)
_KNOWN = {
    "ScriptTransformation": ("transform", "TRANSFORM runs a program on the cluster."),
    "RelationTimeTravel": ("time-travel", "Reading another version of a table is not allowed."),
    "NamedStreamingRelation": ("stream", "Reading a stream is not allowed."),
    "NamedParameter": ("parameter", "A parameter marker has no value here."),
    "PosParameter": ("parameter", "A parameter marker has no value here."),
    "PlanWithUnresolvedIdentifier": ("identifier", "IDENTIFIER() hides the name from the reader."),
    "ExpressionWithUnresolvedIdentifier": (
        "identifier",
        "IDENTIFIER() hides the name from the reader.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one statement is measured by."""

    scope: Scope
    named_queries: frozenset[str]
    functions: frozenset[str]
    table_functions: frozenset[str]
    denied: frozenset[str]
    hints: frozenset[str]
    exact: Mapping[str, tuple[str, ...]]


def check_grammar(statement: PlanNode, policy: Policy) -> None:
    """Check a parsed statement.

    Parameters
    ----------
    statement
        The root that the analyser made: its fields say where names are looked up and hold the
        options of relations, its children are Spark's tree and what the tree's JSON leaves out.

    Raises
    ------
    Refusal
        At the first rule that is broken.
    """
    if depth(statement) > MAX_DEPTH:
        raise Refusal("nesting", f"The statement is nested more than {MAX_DEPTH} deep.")
    nodes = list(walk(statement))
    rules = _rules(statement, nodes, policy)
    for node in nodes:
        _check_class(node, rules)
        check = _CHECKS.get(short(node))
        if check is not None:
            check(node, rules)
    _check_fetched(statement)
    check_bounds(statement)


def _rules(statement: PlanNode, nodes: Iterable[PlanNode], policy: Policy) -> _Rules:
    denied = functions.denied_by(policy)
    extra = {name.lower() for name in (*policy.functions, *policy.udfs)} - functions.NEVER
    return _Rules(
        scope=scope_of(policy, statement.fields),
        named_queries=frozenset(
            name for node in nodes if short(node) == "UnresolvedWith" for name in _ctes(node)
        ),
        functions=(functions.FUNCTIONS | extra) - denied,
        table_functions=(functions.TABLE_FUNCTIONS | extra) - denied,
        denied=denied,
        hints=functions.hints_of(policy),
        exact=_exact_names(statement),
    )


def _exact_names(statement: PlanNode) -> Mapping[str, tuple[str, ...]]:
    """Return the parts of names that hold a comma, which the tree's JSON runs together."""
    exact = statement.fields.get("exact_names")
    return exact if isinstance(exact, dict) else {}


def _ctes(node: PlanNode) -> Iterable[str]:
    for child in node.children:
        identifier = child.fields.get("identifier")
        if isinstance(identifier, Mapping):
            yield str(identifier.get("name", "")).lower()


def _check_class(node: PlanNode, rules: _Rules) -> None:
    if node.kind not in _CLASSES:
        rule, why = _KNOWN.get(
            short(node), ("unknown-construct", f"{short(node)} is not known to be harmless.")
        )
        raise Refusal(rule, why, short(node))
    if functions.is_denied(short(node), rules.denied):
        raise _closed(short(node))
    unread = node.fields.get(UNREAD, ())
    if isinstance(unread, tuple):
        for label in unread:
            if not plans.is_harmless_unread(label):
                raise Refusal("unreadable", f"{label} could not be looked into.")


def _check_relation(node: PlanNode, rules: _Rules) -> None:
    if node.fields.get("isStreaming"):
        raise Refusal("stream", "Reading a stream is not allowed.", "STREAM")
    written = str(node.fields.get("multipartIdentifier"))
    parts = rules.exact.get(written) or names(node, "multipartIdentifier")
    if len(parts) == 1 and parts[0].lower() in rules.named_queries:
        return
    if len(parts) > 1 and parts[0].lower() in _FORMATS and not rules.scope.may_name(parts):
        raise Refusal("path", "Files are not read by their path.", parts[-1])
    if not rules.scope.may_name(parts):
        raise Refusal(
            "table",
            f"The table {'.'.join(parts)} is not among those that may be read.",
            parts[-1],
            "Ask about the tables that %streamlink tables lists.",
        )


def _check_function(node: PlanNode, rules: _Rules) -> None:
    parts = tuple(part.lower() for part in names(node, "nameParts"))
    _check_function_name(parts, rules.functions, rules)
    if parts[-1] in functions.OPTION_READERS:
        _check_reader(parts[-1], node)


def _check_table_function(node: PlanNode, rules: _Rules) -> None:
    parts = tuple(part.lower() for part in names(node, "name"))
    _check_function_name(parts, rules.table_functions, rules)
    if node.fields.get("isStreaming"):
        raise Refusal("stream", "Reading a stream is not allowed.", "STREAM")


def _check_generator(node: PlanNode, rules: _Rules) -> None:
    name = node.fields.get("name")
    if not isinstance(name, Mapping):
        raise Refusal("unreadable", "The generator's name could not be read.")
    owner = tuple(str(name[key]).lower() for key in ("catalog", "database") if name.get(key))
    parts = (*owner, str(name.get("funcName", "")).lower())
    _check_function_name(parts, rules.table_functions, rules)


def _check_function_name(parts: tuple[str, ...], allowed: frozenset[str], rules: _Rules) -> None:
    name = ".".join(parts)
    plain = bool(parts) and parts[-1] in allowed and parts[:-1] in _BUILTIN_OWNERS
    if plain or (name in rules.functions and parts[-1] not in functions.NEVER):
        return
    raise Refusal(
        "function",
        f"The function {name} is not among those known to only compute.",
        parts[-1] if parts else "",
        "Use Spark's own functions; a policy can list user-defined ones.",
    )


def _closed(name: str) -> Refusal:
    return Refusal("function", f"The policy closes the function {name}.", name, "Write it without.")


def _check_reader(name: str, node: PlanNode) -> None:
    """Check the options of a reader or writer of text: some name files."""
    first = 1 if name.startswith(("schema_of_", "to_")) else 2
    named = any(short(child) == "NamedArgumentExpression" for child in node.children)
    options = node.children if named else node.children[first:]
    for option in options:
        if names(option, "nameParts") != ("map",):
            raise Refusal("function-option", f"The options of {name} must be written out.", name)
        for key in option.children[::2]:
            text = str(key.fields.get("value", "")).lower()
            if short(key) != "Literal" or text not in functions.OPTION_KEYS:
                raise Refusal("function-option", f"An option of {name} is not allowed.", name)


def _check_attribute(node: PlanNode, _rules: _Rules) -> None:
    if any(part.lower() == "_metadata" for part in names(node, "nameParts")):
        raise Refusal("metadata", "File metadata of a table is not shown.", "_metadata")


def _check_hint(node: PlanNode, rules: _Rules) -> None:
    name = str(node.fields.get("name", "")).upper()
    if name not in rules.hints:
        raise Refusal("hint", f"The hint {name} is not allowed.", name)
    for child in node.children[:-1]:
        value = str(child.fields.get("value", ""))
        if short(child) == "Literal" and not value.isdigit():
            continue
        if value.isdigit() and int(value) > functions.MAX_HINT_PARTITIONS:
            limit = functions.MAX_HINT_PARTITIONS
            raise Refusal("hint", f"A hint may ask for {limit} partitions at most.", name)


def _check_fetched(statement: PlanNode) -> None:
    """Check what the tree's JSON leaves out and the analyser fetched apart."""
    if statement.fields.get("options"):
        raise Refusal("relation-options", "A table is read without options of one's own.", "WITH")
    for window in statement.children[1:]:
        if any(inner.kind == plans.RELATION for inner in walk(window)):
            raise Refusal("window", "A named window may not hold a query.", "WINDOW")


_CHECKS: dict[str, Callable[[PlanNode, _Rules], None]] = {
    "UnresolvedRelation": _check_relation,
    "UnresolvedFunction": _check_function,
    "UnresolvedTableValuedFunction": _check_table_function,
    "UnresolvedGenerator": _check_generator,
    "UnresolvedAttribute": _check_attribute,
    "UnresolvedHint": _check_hint,
}
