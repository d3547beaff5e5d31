"""The budget: what a query that only reads may cost.

The cost is estimated from the analysed plan first, which needs no call of the optimiser. Only
where that is too much is the plan optimised, on the clone and within a time limit, since pruned
partitions and conditions that Spark moves make many a plan cheaper. By then every rule on what
the plan may hold is satisfied, so optimising runs nothing that could do harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.cost import Cost, cost_of
from streamlink_magic.steps.guard.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import SqlAnalyzer
    from streamlink_magic.steps.guard.query import CheckedQuery

FREE_WORK = 1e8
"""So many rows may be made whatever the amplification: that takes seconds."""


def check_budget(checked: CheckedQuery, analyzer: SqlAnalyzer, policy: Policy) -> None:
    """Check what a query would cost.

    Raises
    ------
    Refusal
        When it is more than the policy or one of its ceilings allows.
    """
    policies = list(_with_ceilings(policy))
    sizes = analyzer.sizes(checked.tree, checked.plan)
    over = _over(cost_of(checked.tree.children[0], sizes), policies)
    if not over:
        return
    try:
        tree, plan = analyzer.optimize(checked.plan, timeout_s=policy.max_check_s)
    except TimeoutError:
        raise _refused(f"{over} Its plan could not be looked at more closely in time.") from None
    cost = cost_of(tree.children[0], analyzer.sizes(tree, plan))
    over = _over(cost, policies)
    if over:
        raise _refused(over)


def _with_ceilings(policy: Policy) -> Iterator[Policy]:
    yield policy
    for ceiling in policy.ceilings:
        yield from _with_ceilings(ceiling)


def _over(cost: Cost, policies: list[Policy]) -> str:
    """Return which limit a cost is over, in a sentence; empty where it keeps all of them."""
    return next((text for policy in policies if (text := _over_one(cost, policy))), "")


def _over_one(cost: Cost, policy: Policy) -> str:
    for found, limit, text in (
        (cost.scanned_bytes, policy.max_scan_bytes, "It would read {found} bytes of tables"),
        (cost.files, policy.max_scan_files, "It would read {found} files"),
        (cost.partitions, policy.max_scan_partitions, "It would read {found} partitions"),
    ):
        if found > limit:
            return f"{text.format(found=_short(found))}; {_short(limit)} are allowed."
    if cost.work > FREE_WORK and cost.amplification > policy.max_amplification:
        return (
            f"It would make about {_short(cost.work)} rows, {_short(cost.amplification)} for each "
            f"row read; {_short(policy.max_amplification)} are allowed."
        )
    return ""


def _short(number: float) -> str:
    """Return a number as people say it.

    >>> _short(2_400_000_000)
    '2.4 billion'
    """
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.3g} {name}"
    return f"{number:,.0f}"


def _refused(why: str) -> Refusal:
    return Refusal(
        "budget",
        why,
        "",
        "Join the tables on a key, filter on a partition or name fewer tables. To allow more: "
        "Policy(max_scan_bytes=…, max_amplification=…).",
    )
