"""Strict rules over sqlglot's reading, for sessions whose own parser is out of reach.

sqlglot and Spark do not read every text alike, so passing here proves nothing: it only sorts out
what nobody should be asked to approve.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from streamlink_magic.steps.guard import functions
from streamlink_magic.steps.guard.columns import rules_columns
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import scope_of
from streamlink_magic.steps.guard.text import QUERY_STARTS, code_only, first_word
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from streamlink_magic.policy import Policy

_NODES = words(
    """
    Add Alias Aliases All And Any Array Between Binary BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
    Boolean Bracket CTE Case Cast Coalesce Column ColumnDef Count Cube DPipe DataType DataTypeParam
    Distinct Div Dot EQ Escape Except Exists Extract Filter From Func GT GTE Glob Group
    GroupingSets Having Hint HintExpression ILike Identifier If IgnoreNulls In Intersect Interval
    IntDiv Is Join JoinHint Lambda Lateral Like Limit Literal LT LTE Mod Mul NEQ Neg Not Null
    NullSafeEQ NullSafeNEQ Offset Or Order Ordered Paren Pivot Placeholder PropertyEQ Qualify
    RespectNulls Rollup Select Slice Star Struct Sub Subquery Table TableAlias TableSample Tuple
    Union Unnest Values Var Where Window WindowSpec With WithinGroup Kwarg
    """
)
_KEYWORDS = words(
    """
    all and any as array between by case cast count cube distinct else except exists filter from
    grouping having if in inner intersect interval is join lateral left like limit map not on or
    order outer over partition pivot qualify right rollup rows select semi sets some struct table
    then union unpivot using values when where with within group
    """
)
_CALL = re.compile(r"([\w.`]+)\s*\(")


def check_strict(sql: str, policy: Policy) -> tuple[str, ...]:
    """Check a statement and return the dotted names that it reads.

    Raises
    ------
    Refusal
        When it is not one plain query of listed constructs, functions and tables.
    """
    if rules_columns(policy):
        raise Refusal("column", "Without Spark's parser no column can be kept closed.")
    tree = _parse(sql)
    for node in tree.walk():
        name = type(node).__name__
        if name == "Placeholder" or not (name in _NODES or isinstance(node, exp.Func)):
            raise Refusal("unknown-construct", f"{name} is not known to be harmless.", node.sql())
    _check_calls(sql, policy)
    return _check_tables(tree, policy)


def _parse(sql: str) -> exp.Query:
    start = first_word(sql)
    if start not in QUERY_STARTS:
        raise Refusal("not-a-query", "Only a query may run: it changes nothing.", start)
    try:
        trees = sqlglot.parse(sql, dialect="spark")
    except Exception:  # noqa: BLE001  it fails in many ways on what it cannot read
        raise Refusal("syntax", "sqlglot cannot read it.") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise Refusal("not-a-query", "Only one query may run: it reads and changes nothing.")
    return trees[0]


def _check_calls(sql: str, policy: Policy) -> None:
    extra = {name.lower() for name in (*policy.functions, *policy.udfs)} - functions.NEVER
    known = functions.FUNCTIONS | functions.TABLE_FUNCTIONS | _KEYWORDS | extra
    known |= {hint.lower() for hint in functions.hints_of(policy)}
    known -= functions.denied_by(policy)
    if re.search(r"`\s*\(", sql):
        raise Refusal("function", "A function's name may not be quoted.", "`(")
    for name in _CALL.findall(code_only(sql)):
        if name.lower() not in known:
            raise Refusal("function", f"The function {name} is not on the list.", name)


def _check_tables(tree: exp.Query, policy: Policy) -> tuple[str, ...]:
    named = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    read: set[str] = set()
    for table in tree.find_all(exp.Table):
        parts = tuple(part for part in (table.catalog, table.db, table.name) if part)
        if not parts or (len(parts) == 1 and parts[0].lower() in named):
            continue
        if not _may_name(parts, policy):
            raise Refusal("table", f"The table {'.'.join(parts)} may not be read.", parts[-1])
        if re.search(r"[/\\:*]", parts[-1]):
            raise Refusal("path", "Files are not read by their path.", parts[-1])
        read.add(".".join(parts))
    return tuple(sorted(read))


def _may_name(parts: tuple[str, ...], policy: Policy) -> bool:
    """Return whether a name may be read; without a list of tables only denied ones may not."""
    scope = scope_of(replace(policy, ceilings=()), {})
    own = not scope.denies(parts) if policy.tables is None else scope.may_name(parts)
    return own and all(_may_name(parts, ceiling) for ceiling in policy.ceilings)
