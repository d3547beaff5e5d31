"""Following names through a catalog, where no analysed plan can be had."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.policy import Policy
from streamlink_magic.records import CatalogEntry, PlanNode
from streamlink_magic.steps.guard.names import check_names
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.tree import STATEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOGICAL = "org.apache.spark.sql.catalyst.plans.logical"
RELATION = "org.apache.spark.sql.catalyst.analysis.UnresolvedRelation"


def reading(*names: str, call: str = "") -> PlanNode:
    """Return the tree of a query that joins tables, and maybe calls a function."""
    relations = tuple(
        PlanNode(RELATION, {"multipartIdentifier": f"[{name.replace('.', ', ')}]"})
        for name in names
    )
    calls = (PlanNode("x.UnresolvedFunction", {"nameParts": f"[{call}]"}),) if call else ()
    fields = {"catalog": "spark_catalog", "database": "shop"}
    return PlanNode(STATEMENT, fields, (PlanNode(f"{LOGICAL}.Join", {}, (*relations, *calls)),))


def table(name: str, database: str = "shop") -> CatalogEntry:
    return CatalogEntry(name, database, "spark_catalog", columns=("a",))


def view(name: str, text: str) -> CatalogEntry:
    return CatalogEntry(
        name, "shop", "spark_catalog", ("a",), is_view=True, view_text=text,
        view_owner=("spark_catalog", "shop"),
    )  # fmt: skip


@dataclass
class FakeNames:
    """A ``NameAnalyzer`` over entries by dotted name; a view's text names the table it reads."""

    entries: Mapping[str, CatalogEntry]
    functions: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def parse(self, sql: str) -> PlanNode:
        """Return the tree of a query that reads what the text names."""
        return reading(sql)

    def parse_view(self, view: CatalogEntry) -> PlanNode:
        """Return the tree of a view's text."""
        return reading(view.view_text)

    def look_up(self, parts: Sequence[str]) -> CatalogEntry | None:
        """Return the entry."""
        self.asked.append(".".join(parts))
        return self.entries.get(".".join(parts))

    def user_functions(self) -> frozenset[str]:
        """Return the functions."""
        return self.functions

    def bind(self, sql: str) -> tuple[object, bool]:
        """Return the text."""
        return sql, False


def rule(tree: PlanNode, analyzer: FakeNames, policy: Policy) -> str:
    with pytest.raises(Refusal) as refused:
        check_names(tree, analyzer, policy)
    return refused.value.rule


def test_a_view_is_followed_in_its_own_database() -> None:
    """A name inside a view means the view's database, not the session's."""
    names = FakeNames(
        {"outer": view("outer", "inner"), "spark_catalog.shop.inner": table("inner", "vault")}
    )
    policy = Policy(tables=("shop.outer", "shop.inner"))
    assert rule(reading("outer"), names, policy) == "table"
    assert names.asked == ["outer", "spark_catalog.shop.inner"]


def test_what_a_policy_opens_is_told_by_its_full_name() -> None:
    """Tables that the statement names itself are the verdict's tables; those of views are not."""
    names = FakeNames({"outer": view("outer", "inner"), "spark_catalog.shop.inner": table("inner")})
    policy = Policy(tables=("shop.outer", "shop.inner"))
    assert check_names(reading("outer"), names, policy) == ("shop.outer",)


def test_a_view_that_hides_its_text_is_refused() -> None:
    """A view of another catalog may read anything."""
    hidden = CatalogEntry("v", "shop", "spark_catalog", ("a",), is_view=True)
    assert rule(reading("v"), FakeNames({"v": hidden}), Policy()) == "view"


def test_views_that_go_in_circles_end() -> None:
    """Each view is looked into once."""
    names = FakeNames(
        {
            "one": view("one", "two"),
            "spark_catalog.shop.two": view("two", "one"),
            "spark_catalog.shop.one": view("one", "two"),
        }
    )
    assert check_names(reading("one"), names, Policy()) == ("shop.one",)
    assert len(names.asked) == 3


def test_a_function_of_the_users_own_is_refused_under_any_name() -> None:
    """A user may have registered a function by the name of one of Spark's."""
    names = FakeNames({"t": table("t")}, functions=frozenset({"upper"}))
    assert rule(reading("t", call="upper"), names, Policy()) == "udf"
    assert check_names(reading("t", call="upper"), names, Policy(udfs=("upper",)))
    assert check_names(reading("t", call="lower"), names, Policy())


@pytest.mark.parametrize(
    "policy",
    [
        Policy(denied_columns=("a",)),
        Policy(masked_columns=("shop.t.a",)),
        Policy().tightened_by(Policy(columns=("t.b",))),
    ],
)
def test_a_table_with_a_closed_column_is_closed(policy: Policy) -> None:
    """Whether the query uses the column cannot be seen."""
    assert rule(reading("t"), FakeNames({"t": table("t")}), policy) == "column"
