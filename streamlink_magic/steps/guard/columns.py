"""The policy's rules for single columns, decided from what the analysed plan reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.lineage import Usage, usage
from streamlink_magic.steps.guard.outputs import expression_id, output
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import matches, split_name
from streamlink_magic.steps.guard.tree import short, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.policy import Policy
    from streamlink_magic.records import PlanNode
    from streamlink_magic.steps.guard.scope import Identity


def rules_columns(policy: Policy) -> bool:
    """Return whether a policy says anything of single columns."""
    own = policy.columns is not None or policy.denied_columns or policy.masked_columns
    return bool(own) or any(rules_columns(ceiling) for ceiling in policy.ceilings)


def hides(policy: Policy, table: Identity, column: str) -> bool:
    """Return whether a column may not be used at all; a masked one may be counted."""
    parts = (*table.parts, column)
    denied = _named(policy.denied_columns, parts)
    closed = policy.columns is not None and _is_listed_without(policy.columns, parts)
    return denied or closed or any(hides(each, table, column) for each in policy.ceilings)


def masks(policy: Policy, table: Identity, column: str) -> bool:
    """Return whether a column's values stay hidden, though it may be counted."""
    masked = _named(policy.masked_columns, (*table.parts, column))
    return masked or any(masks(each, table, column) for each in policy.ceilings)


def check_columns(
    statement: PlanNode, tables: Sequence[tuple[PlanNode, Identity]], policy: Policy
) -> None:
    """Check the columns that an analysed statement uses.

    Parameters
    ----------
    tables
        The nodes of the tree that are tables or views, with what Spark took them for.

    Raises
    ------
    Refusal
        At the first column that the policy does not open.
    """
    if not rules_columns(policy):
        return
    used = usage(statement.children[0])
    for column, table, number in _columns_of(statement, tables):
        if _is_used(used, number) and hides(policy, table, column):
            raise _refused(
                f"The column {column} of {table.dotted} may not be used.",
                column,
                "Leave it out, and name the columns you need in place of a *.",
            )
        if (used is None or number in used.read) and masks(policy, table, column):
            raise _refused(
                f"The values of {column} of {table.dotted} stay hidden.",
                column,
                f"Leave it out, or only count it: count({column}).",
            )


def _is_used(used: Usage | None, number: int) -> bool:
    return used is None or number in used.read or number in used.counted


def _refused(why: str, column: str, hint: str) -> Refusal:
    return Refusal("column", why, column, hint)


def _columns_of(
    statement: PlanNode, tables: Sequence[tuple[PlanNode, Identity]]
) -> Iterator[tuple[str, Identity, int]]:
    named = {
        number: str(node.fields.get("name", ""))
        for node in walk(statement)
        if short(node) in {"Alias", "AttributeReference"}
        and (number := expression_id(node)) is not None
    }
    for node, table in tables:
        columns = output(node)
        if columns is None:
            raise Refusal("column", f"The columns of {table.dotted} are not known.", table.name)
        for number in columns:
            yield named.get(number, ""), table, number


def _named(entries: Sequence[str], parts: tuple[str, ...]) -> bool:
    return any(matches(split_name(entry), parts) for entry in entries)


def _is_listed_without(entries: Sequence[str], parts: tuple[str, ...]) -> bool:
    """Return whether entries name the table of a column but not the column."""
    split = [split_name(entry) for entry in entries]
    about = [entry for entry in split if matches(entry[:-1], parts[:-1])]
    return bool(about) and not any(matches(entry, parts) for entry in about)
