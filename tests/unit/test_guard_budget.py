"""What a plan is taken to cost, and what happens where that is too much."""

from __future__ import annotations

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import OverBudgetError
from streamlink_magic.pipeline import Ports, approve_query, ask
from streamlink_magic.policy import Policy
from streamlink_magic.records import NotebookSnapshot, PlanNode, Question, TableSize
from streamlink_magic.settings import Settings
from streamlink_magic.steps.guard.budget import check_budget
from streamlink_magic.steps.guard.cost import cost_of
from streamlink_magic.steps.guard.query import CheckedQuery
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.tree import STATEMENT
from streamlink_magic.testing import FakeModel, FakeWorkbench, table

LOGICAL = "org.apache.spark.sql.catalyst.plans.logical"
EXPRESSIONS = "org.apache.spark.sql.catalyst.expressions"
FILE_TABLE = "org.apache.spark.sql.execution.datasources.LogicalRelation"


def column(number: int) -> PlanNode:
    return PlanNode(f"{EXPRESSIONS}.AttributeReference", {"exprId": {"id": number}})


def relation(number: int) -> PlanNode:
    output = (column(number),)
    return PlanNode(FILE_TABLE, {}, output, {"output": output})


def equal(one: int, other: int) -> PlanNode:
    return PlanNode(f"{EXPRESSIONS}.EqualTo", {}, (column(one), column(other)))


def both(kind: str, one: PlanNode, other: PlanNode) -> PlanNode:
    return PlanNode(f"{EXPRESSIONS}.{kind}", {}, (one, other))


def join(left: PlanNode, right: PlanNode, condition: PlanNode | None = None) -> PlanNode:
    held = (condition,) if condition is not None else ()
    parts = {"condition": held} if held else {}
    return PlanNode(f"{LOGICAL}.Join", {"joinType": "Inner$"}, (*held, left, right), parts)


def where(condition: PlanNode, plan: PlanNode) -> PlanNode:
    parts = {"condition": (condition,)}
    return PlanNode(f"{LOGICAL}.Filter", {}, (condition, plan), parts)


def rows_each(rows: float, *numbers: int) -> dict[int, TableSize]:
    return {number: TableSize(rows * 8) for number in numbers}


def test_a_join_on_a_key_returns_as_many_rows_as_its_larger_side() -> None:
    """An equality between the sides is what tells a join from a product."""
    sizes = {1: TableSize(8e6), 2: TableSize(8e3)}
    assert cost_of(join(relation(1), relation(2), equal(1, 2)), sizes).rows == 1e6
    assert cost_of(join(relation(1), relation(2)), sizes).rows == 1e9


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (equal(1, 2), 1e3),
        (both("And", equal(1, 2), equal(1, 1)), 1e3),
        (both("Or", equal(1, 2), equal(1, 1)), 1e6),
        (both("Or", both("And", equal(1, 2), equal(1, 1)), equal(1, 2)), 1e3),
        (PlanNode(f"{EXPRESSIONS}.Not", {}, (equal(1, 2),)), 1e6),
        (both("LessThan", column(1), column(2)), 1e6),
    ],
)
def test_only_an_equality_that_always_holds_makes_a_key(condition: PlanNode, rows: float) -> None:
    """Conditions above a join count; one side of an OR does not, unless it is on both sides."""
    plan = where(condition, join(relation(1), relation(2)))
    assert cost_of(plan, rows_each(1e3, 1, 2)).rows == rows


def test_equalities_reach_over_several_tables() -> None:
    """What equals the same column is joined on it, in whichever order the tables stand."""
    tables = join(join(relation(1), relation(3)), relation(2))
    plan = where(both("And", equal(1, 2), equal(2, 3)), tables)
    assert cost_of(plan, rows_each(1e3, 1, 2, 3)).rows == 1e3


def checked(plan: PlanNode) -> CheckedQuery:
    return CheckedQuery(PlanNode(STATEMENT, {}, (plan,)), "the plan", ())


class Sized(FakeWorkbench):
    """Tables of a thousand rows each, and an optimiser that returns what it is given."""

    optimized: PlanNode | None = None

    def sizes(self, tree: PlanNode, plan: object) -> dict[int, TableSize]:
        """Return sizes in bytes; pruning leaves one partition."""
        partitions = 1 if plan == "optimised" else 500
        assert tree.kind == STATEMENT
        return {number: TableSize(8e6, 20, partitions) for number in (1, 2)}

    def optimize(self, plan: object, *, timeout_s: float) -> tuple[PlanNode, object]:
        """Return the plan that the test gives, or take too long."""
        assert plan == "the plan"
        if self.optimized is None:
            raise TimeoutError(f"{timeout_s} s")
        return PlanNode(STATEMENT, {}, (self.optimized,)), "optimised"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_amplification": 100.0}, "rows"),
        ({"max_scan_bytes": 1e7}, "bytes"),
        ({"max_scan_files": 30}, "files"),
        ({"max_scan_partitions": 900}, "partitions"),
    ],
)
def test_each_limit_stops_by_itself(limits: dict[str, float], said: str) -> None:
    """The refusal says what there would be too much of, and how to allow more."""
    plan = join(relation(1), relation(2))
    loose = Policy(max_amplification=1e9)
    check_budget(checked(plan), Sized(()), loose)
    policy = loose.tightened_by(Policy(**limits))  # type: ignore[arg-type]
    with pytest.raises(Refusal, match=said) as caught:
        check_budget(checked(plan), Sized(()), policy)
    assert caught.value.rule == "budget"
    assert "Policy(" in caught.value.hint


def test_what_the_optimiser_makes_cheaper_is_allowed() -> None:
    """A plan that is over a limit as it stands is looked at once more after optimising."""
    policy = Policy(max_scan_partitions=10)
    bench = Sized(())
    with pytest.raises(Refusal, match="in time"):
        check_budget(checked(relation(1)), bench, policy)
    bench.optimized = relation(1)
    check_budget(checked(relation(1)), bench, policy)


class Costly(FakeWorkbench):
    """Every query reads a trillion files."""

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Return a tree that reads a table."""
        alias = {"identifier": {"table": "sales"}}
        return PlanNode(
            STATEMENT,
            {},
            (
                PlanNode(
                    FILE_TABLE, {"catalogTable": alias}, (column(1),), {"output": (column(1),)}
                ),
            ),
        ), sql

    def sizes(self, tree: PlanNode, plan: object) -> dict[int, TableSize]:  # noqa: ARG002
        """Return a size beyond any budget."""
        return {1: TableSize(1e15, 10**12)}


def test_a_costly_question_is_shown_and_runs_on_the_users_word() -> None:
    """The SQL is there with the reason; approving it lifts the budget and no other rule."""
    bench = Costly((table("sales", "town string"),))
    ports = Ports(NotebookSnapshot(), bench, FakeModel(["SELECT 1"]), CatalogCache())
    view, query = ask(Question("How many?"), ports, Settings(), lambda *_: None)
    assert query is None
    assert bench.ran == []
    assert view.verdict.rule == "budget"
    assert "answer.run()" in view.status
    assert approve_query(view.sql, ports, Settings()).verdict.allowed
    ceiling = Settings(policy=Policy().tightened_by(Policy(max_scan_files=5)))
    with pytest.raises(OverBudgetError):
        approve_query(view.sql, ports, ceiling)
