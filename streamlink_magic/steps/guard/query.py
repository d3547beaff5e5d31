"""Checking one query: Spark's parse, the grammar rules, Spark's analysis, the analysis rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.steps.guard.analysis import check_analysis
from streamlink_magic.steps.guard.grammar import check_grammar
from streamlink_magic.steps.guard.paths import check_paths
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.text import QUERY_STARTS, code_only, first_word

if TYPE_CHECKING:
    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import NameAnalyzer, SqlAnalyzer
    from streamlink_magic.records import PlanNode


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that keeps the rules; what it would cost has not been looked at.

    Attributes
    ----------
    tree
        The analysed tree.
    plan
        Spark's own plan object, from which the tree was read.
    tables
        The dotted names of what it reads.
    """

    tree: PlanNode
    plan: object
    tables: tuple[str, ...]


def check_query(text: str, analyzer: SqlAnalyzer, policy: Policy) -> CheckedQuery:
    """Check a query whose text keeps the text rules.

    Raises
    ------
    Refusal
        When a rule is broken.
    InvalidSqlError
        When Spark cannot parse or resolve it.
    """
    check_grammar(parse_query(text, analyzer), policy)
    tree, plan = analyzer.analyze(text)
    tables = check_analysis(tree, policy)
    check_paths(tree, lambda: analyzer.locations(plan), policy)
    return CheckedQuery(tree, plan, tables)


def parse_query(text: str, analyzer: SqlAnalyzer | NameAnalyzer) -> PlanNode:
    """Return the syntax tree of a query, or refuse what does not even begin like one."""
    try:
        return analyzer.parse(text)
    except InvalidSqlError:
        if first_word(text) in QUERY_STARTS:
            raise
        what = code_only(text).split()[:1]
        raise Refusal(
            "not-a-query",
            "Only a query may run: it reads tables and changes nothing.",
            " ".join(what),
            "Ask for rows, counts or sums instead.",
        ) from None
