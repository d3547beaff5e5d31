"""The guard: proves that one statement only reads what it may, and says why when it does not.

Text rules, Spark's own parse, grammar rules, Spark's own analysis, analysis rules, budget: in
that order, since analysing or optimising some statements runs them. A ``GuardedQuery`` is made
here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.errors import OverBudgetError, UnsafeSqlError
from streamlink_magic.protocols import NameAnalyzer
from streamlink_magic.records import GuardedQuery, Verdict
from streamlink_magic.records.guarded import _SEAL
from streamlink_magic.steps.guard.agreement import check_agreement
from streamlink_magic.steps.guard.answers import answer_question
from streamlink_magic.steps.guard.budget import check_budget
from streamlink_magic.steps.guard.clauses import find_clause
from streamlink_magic.steps.guard.grammar import check_grammar
from streamlink_magic.steps.guard.names import check_names
from streamlink_magic.steps.guard.query import check_query, parse_query
from streamlink_magic.steps.guard.questions import CATALOG_STARTS, read_question
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.strict import check_strict
from streamlink_magic.steps.guard.telling import tell_plan
from streamlink_magic.steps.guard.text import check_text, first_word

if TYPE_CHECKING:
    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import SqlAnalyzer

__all__ = ["guard_approved", "guard_sql", "guard_unproven"]


def guard_sql(sql: str, analyzer: SqlAnalyzer | NameAnalyzer, policy: Policy) -> GuardedQuery:
    """Return the statement with its checked plan, or say why it must not run.

    Parameters
    ----------
    sql
        One statement.
    analyzer
        Spark's parser and analyser; or its parser and the catalog, where no analysed plan can
        be had (Spark Connect).
    policy
        What may be read.

    Raises
    ------
    UnsafeSqlError
        When a rule is broken; the verdict names rule, clause and reason.
    OverBudgetError
        When it only reads, but would cost more than the policy allows.
    InvalidSqlError
        When Spark cannot parse or resolve the statement.
    """
    try:
        text = check_text(sql, policy.max_sql_chars)
        if isinstance(analyzer, NameAnalyzer):
            return _guard_by_names(text, analyzer, policy)
        if first_word(text) in CATALOG_STARTS:
            return _answered(text, analyzer, policy)
        checked = check_query(text, analyzer, policy)
        check_agreement(text, checked.tables, policy)
        check_budget(checked, analyzer, policy)
    except (Refusal, RecursionError) as refused:
        raise _unsafe(sql, refused) from None
    verdict = Verdict(
        allowed=True,
        rule="ok",
        why="It only reads.",
        tables=checked.tables,
        plan=tell_plan(checked.tree, analyzer.sizes(checked.tree, checked.plan)),
    )
    return GuardedQuery(sql=text, verdict=verdict, plan=checked.plan, seal=_SEAL)


def _answered(text: str, analyzer: SqlAnalyzer, policy: Policy) -> GuardedQuery:
    """Answer a question about the catalog; the rows stand where the plan would."""
    answer = answer_question(read_question(text), analyzer, policy)
    verdict = Verdict(
        allowed=True,
        rule="catalog-answer",
        why="It is answered from the catalog and not run.",
        tables=answer.tables,
    )
    return GuardedQuery(sql=text, verdict=verdict, plan=answer, seal=_SEAL)


def _guard_by_names(text: str, analyzer: NameAnalyzer, policy: Policy) -> GuardedQuery:
    tree = parse_query(text, analyzer)
    check_grammar(tree, policy)
    tables = check_names(tree, analyzer, policy)
    check_agreement(text, tables, policy)
    plan, streams = analyzer.bind(text)
    if streams:
        raise Refusal("stream", "Reading a stream is not allowed.", "STREAM")
    verdict = Verdict(
        allowed=True,
        rule="ok-by-name",
        why="It only reads, by Spark's own parser and what the catalog says of each name.",
        tables=tables,
    )
    return GuardedQuery(sql=text, verdict=verdict, plan=plan, seal=_SEAL)


def guard_unproven(sql: str, policy: Policy, why: str = "") -> Verdict:
    """Return what the strict rules say where Spark's parser is out of reach.

    The verdict never allows: without Spark's own parser nothing is proven. Its rule is
    ``unproven`` when the strict rules found nothing, else the rule that is broken.

    Parameters
    ----------
    why
        Why no parser is at hand, in one sentence.
    """
    try:
        check_strict(check_text(sql, policy.max_sql_chars), policy)
    except (Refusal, RecursionError) as refused:
        return _unsafe(sql, refused).verdict
    return Verdict(
        allowed=False,
        rule="unproven",
        why=why or "There is no parser to prove it with; read the SQL and run it on your word.",
    )


def guard_approved(sql: str, plan: object, policy: Policy) -> GuardedQuery:
    """Return a query that the user read and approved, after the strict rules passed it.

    Raises
    ------
    UnsafeSqlError
        When a strict rule is broken, whatever the user approved.
    """
    try:
        text = check_text(sql, policy.max_sql_chars)
        tables = check_strict(text, policy)
    except (Refusal, RecursionError) as refused:
        raise _unsafe(sql, refused) from None
    verdict = Verdict(
        allowed=True, rule="approved-by-user", why="The user read it and said so.", tables=tables
    )
    return GuardedQuery(sql=text, verdict=verdict, plan=plan, seal=_SEAL)


def _unsafe(sql: str, refused: Refusal | RecursionError) -> UnsafeSqlError:
    if not isinstance(refused, Refusal):
        return UnsafeSqlError(Verdict(False, "nesting", "", "The statement is nested too deep."))
    clause = find_clause(sql, refused.needle, is_table=refused.rule in {"table", "path"})
    if refused.rule == "column":
        clause = clause or refused.needle  # a * in the text stands for it
    kind = OverBudgetError if refused.rule == "budget" else UnsafeSqlError
    return kind(Verdict(False, refused.rule, clause, refused.why), refused.hint)
