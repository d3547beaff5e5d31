"""``%%explain``: the user's own Spark SQL in words, its costs and its traps; nothing is run."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.drafting import guard_or_mend
from streamlink_magic.errors import GuardError, InvalidSqlError
from streamlink_magic.protocols import NameAnalyzer
from streamlink_magic.records import Completion, SqlDraft
from streamlink_magic.steps.advise import find_costs, find_traps, read_statement, say_statement
from streamlink_magic.steps.explain import explain_result
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.guard.cost import Cost, cost_of
from streamlink_magic.steps.guard.query import check_query
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.text import QUERY_STARTS, check_text, first_word
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import Workbench
    from streamlink_magic.records import TableSchema
    from streamlink_magic.settings import Settings
    from streamlink_magic.steps.advise import Read
    from streamlink_magic.steps.repair import Known

_UNREADABLE = "This statement cannot be taken apart; only Spark's own word is told."
_COLUMNS = 12
_MUCH_WORK = 1e8
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True, slots=True)
class _Found:
    """What Spark's parser and analyser say of a query.

    Attributes
    ----------
    tables
        The dotted names of what it reads, views looked into.
    costs
        What it would cost, a sentence each.
    problem
        Why it does not work, a sentence each: the cause, then the fix.
    refused
        Why ``%ask`` would not run it.
    """

    tables: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    problem: tuple[str, ...] = ()
    refused: str = ""


def explain_statement(
    sql: str, known: Known, workbench: Workbench | None, settings: Settings, *, missing: str = ""
) -> Listing:
    """Return what a statement does, reads and costs, and what could go wrong with it.

    Parameters
    ----------
    known
        The tables that may be read, and what is known of their data.
    workbench
        The session that analyses it; None where there is none.
    settings
        Their policy is what ``%ask`` may read.
    missing
        Why there is no session.
    """
    read = read_statement(sql, known.tables)
    found = _Found() if workbench is None else _look(sql, known, workbench, settings)
    problem = found.problem or ((f"Names are not checked: {missing}",) if missing else ())
    written = read is not None and not isinstance(read.tree, exp.Query)
    groups = (
        ("what it does", _does(sql, read)),
        ("what it reads", _reads(read, found.tables, known.tables)),
        ("does not work" if found.problem else "not checked", problem),
        ("what is costly", (*found.costs, *(find_costs(read) if read else ()))),
        ("what could go wrong", find_traps(read) if read else ()),
        ("%ask", (found.refused,) if found.refused else ()),
    )
    note = "It was not run." + " A statement that changes things is not analysed." * written
    return Listing("Your SQL, explained", ("", ""), tuple(_rows(groups)), (note,))


def _rows(groups: Iterable[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, str]]:
    for name, sentences in groups:
        for place, sentence in enumerate(sentences):
            yield ("" if place else name), sentence


def _does(sql: str, read: Read | None) -> tuple[str, ...]:
    if read is None:
        return (_UNREADABLE,)
    changes = say_statement(read.tree)
    query = read.query
    text = sql if query is read.tree or query is None else query.sql(dialect="spark")
    steps = explain_result("", text, None, ()).steps if query is not None else ()
    return (*changes, *(f"The rows: {step}" if changes else step for step in steps))


def _reads(
    read: Read | None, tables: tuple[str, ...], known: Sequence[TableSchema]
) -> tuple[str, ...]:
    """Return each table with the columns that the statement names of it."""
    if read is None or read.query is None:
        return tables if read is None else ()
    named = {cte.alias.casefold() for cte in read.tree.find_all(exp.CTE)}
    written = [
        one.name
        for one in read.query.find_all(exp.Table)
        if one.db or one.name.casefold() not in named
    ]
    return tuple(_columns_of(name, read, known) for name in dict.fromkeys(written))


def _columns_of(name: str, read: Read, known: Sequence[TableSchema]) -> str:
    table = next((one for one in known if one.name.name.casefold() == name.casefold()), None)
    if table is None or not table.described:
        return name
    used = {one.name.casefold() for one in read.tree.find_all(exp.Column)}
    stars = any(
        isinstance(item, exp.Star) for one in read.tree.find_all(exp.Select) for item in one.selects
    )
    names = [one.name for one in table.columns if stars or one.name.casefold() in used]
    listed = ", ".join(names[:_COLUMNS]) + ", …" * (len(names) > _COLUMNS)
    return f"{table.name.dotted}: {listed or 'no column by name'}"


def _look(sql: str, known: Known, workbench: Workbench, settings: Settings) -> _Found:
    """Ask Spark's parser and analyser, in the guard's order: what could run is not analysed."""
    policy = settings.policy
    try:
        text = check_text(sql, policy.max_sql_chars)
        if first_word(text) not in QUERY_STARTS:
            return _Found()
        if isinstance(workbench, NameAnalyzer) or not workbench.guards:
            return _look_by_names(text, workbench, policy)
        checked = check_query(text, workbench, policy)
        cost = cost_of(checked.tree.children[0], workbench.sizes(checked.tree, checked.plan))
    except Refusal as refused:
        return _Found(refused=f"%ask would not run it, by rule {refused.rule}: {refused.why}")
    except InvalidSqlError as error:
        return _Found(problem=tuple(_problem(sql, error, known, workbench, settings)))
    pruned = _pruned(checked.plan, cost, workbench, policy)
    return _Found(checked.tables, (*_priced(cost), *pruned))


def _look_by_names(text: str, workbench: Workbench, policy: Policy) -> _Found:
    """Look at a statement on Spark Connect, where no plan can be had."""
    if not workbench.guards:
        return _Found(refused=f"Names are not checked: {workbench.unproven_why}")
    try:
        return _Found(guard_sql(text, workbench, policy).verdict.tables)
    except InvalidSqlError as error:
        return _Found(problem=(error.message, *((error.hint,) if error.hint else ())))
    except GuardError as refused:
        return _Found(refused=f"%ask would not run it: {refused.message}")


def _problem(
    sql: str, error: InvalidSqlError, known: Known, workbench: Workbench, settings: Settings
) -> Iterator[str]:
    """Yield what Spark complains of, the nearest names, and SQL that would work."""
    yield error.verdict.why or error.message
    if error.hint:
        yield error.hint
    wanted = error.verdict.clause.replace("`", "").rpartition(".")[2]
    if near := _nearest(wanted, error, known.tables):
        yield f"The nearest there is: {', '.join(near)}."
    draft = SqlDraft(sql, Completion("", ""))
    try:
        mended, _ = guard_or_mend(draft, known, workbench, settings)
    except GuardError:
        return
    yield f"This would work: {' '.join(mended.sql.split())}"
    yield from mended.repairs


def _nearest(wanted: str, error: InvalidSqlError, tables: Sequence[TableSchema]) -> list[str]:
    if error.verdict.rule == "unknown-table":
        names = [table.name.name for table in tables]
    elif error.verdict.rule == "unknown-column":
        names = [column.name for table in tables for column in table.columns]
    else:
        return []
    folded = {name.casefold(): name for name in names}
    return [folded[one] for one in difflib.get_close_matches(wanted.casefold(), folded, n=3)]


def _priced(cost: Cost) -> Iterator[str]:
    """Yield what a plan costs by the estimate that the guard's budget goes by."""
    if cost.scanned_bytes:
        yield f"Reads about {_bytes(cost.scanned_bytes)} of tables, by Spark's own estimate."
    if cost.work > _MUCH_WORK:
        yield (
            f"Goes through about {cost.work:.0e} rows or pairs of rows, "
            f"{max(cost.amplification, 1):,.0f} for each row that it reads."
        )


def _pruned(plan: object, cost: Cost, workbench: Workbench, policy: Policy) -> Iterator[str]:
    """Yield how many partitions are left to read, where a table has some."""
    if cost.partitions < 2:  # noqa: PLR2004  one partition cannot be left out
        return
    try:
        tree, optimized = workbench.optimize(plan, timeout_s=policy.max_check_s)
    except TimeoutError:
        return
    left = cost_of(tree.children[0], workbench.sizes(tree, optimized)).partitions
    if left >= cost.partitions:
        yield f"Reads all {cost.partitions:,.0f} partitions: no condition on a partition's column."
    else:
        yield f"Reads {left:,.0f} of {cost.partitions:,.0f} partitions."


def _bytes(count: float) -> str:
    """Return a number of bytes as people say it.

    >>> _bytes(2_400_000_000)
    '2.4 GB'
    """
    for size, unit in _SIZES:
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:,.0f} bytes"


__all__ = ["explain_statement"]
