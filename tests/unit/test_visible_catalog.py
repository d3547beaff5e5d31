"""The catalog as a policy lets it be seen, with fakes below."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.disclosure import VisibleCatalog, mentions, see_catalog, without_names
from streamlink_magic.policy import Policy
from streamlink_magic.records import ForeignKey, TableName
from streamlink_magic.testing import FakeClock, FakeWorkbench, table

PEOPLE = table("people", "id int, iban string, town string")
ORDERS = replace(
    table("orders", "id int, buyer_iban string"),
    foreign_keys=(ForeignKey(("buyer_iban",), "people", ("iban",)),),
)
NOTED = replace(PEOPLE, comment="keyed by iban", primary_key=("iban",))


def seen(policy: Policy, *tables: object, guards: bool = True) -> VisibleCatalog:
    return VisibleCatalog(FakeWorkbench(tables, guards=guards), policy)  # type: ignore[arg-type]


def test_without_rules_a_table_is_as_it_is() -> None:
    """Nothing is looked at twice where the policy closes nothing."""
    assert seen(Policy(), NOTED).describe(NOTED) is NOTED


def test_what_tells_of_a_closed_column_goes_with_it() -> None:
    """Comments, keys and foreign keys that name it are left out."""
    visible = seen(Policy(denied_columns=("people.iban", "buyer_iban")), NOTED, ORDERS)
    people, orders = visible.describe(NOTED), visible.describe(ORDERS)
    assert [column.name for column in people.columns] == ["id", "town"]
    assert (people.comment, people.primary_key, people.closed) == ("", (), ("iban",))
    assert orders.foreign_keys == ()
    assert "iban" not in repr((people, orders))


def test_names_that_are_open_elsewhere_are_no_secret() -> None:
    """A word in a text may mean the open one, yet a cell or a term with it stays out."""
    visible = seen(Policy(denied_columns=("orders.id",)), PEOPLE, ORDERS)
    tables = (visible.describe(PEOPLE), visible.describe(ORDERS))
    assert visible.closed(tables) == frozenset()
    assert visible.hushed(tables) == {"id"}


@pytest.mark.parametrize(
    ("policy", "columns"),
    [
        (Policy(denied_columns=("people.iban",)), []),
        (Policy(tables=("shop.people", "shop.v")), ["iban"]),
    ],
)
def test_where_nothing_can_be_proven_a_view_shows_nothing_under_column_rules(
    policy: Policy, columns: list[str]
) -> None:
    """Nobody can tell what its columns are; without rules for columns it is shown."""
    view = table("v", "iban string", kind="view")
    shown = seen(policy, view, guards=False).describe(view)
    assert [column.name for column in shown.columns] == columns


def test_a_table_whose_columns_are_all_closed_is_said_to_be() -> None:
    """It stays in the list with the reason, as any table that cannot be read."""
    shown = seen(Policy(columns=("people.none",)), PEOPLE).describe(PEOPLE)
    assert (shown.columns, shown.unreadable) == ((), "the policy closes all of its columns")


def test_the_cache_forgets_under_another_policy_and_only_then() -> None:
    """A second question under the same policy describes nothing anew."""
    bench, cache = FakeWorkbench((PEOPLE,)), CatalogCache(FakeClock())
    strict = Policy(denied_columns=("iban",))
    for policy in (Policy(), Policy(), strict, strict):
        visible = see_catalog(bench, policy, cache)
        cache.snapshot(visible, deadline_s=9, age_s=9)
    assert bench.described == ["people", "people"]
    assert cache.last.tables[0].closed == ("iban",)


def test_listing_leaves_closed_tables_out() -> None:
    """Another database, a denied name, a table that no list holds."""
    other = replace(PEOPLE, name=TableName("people", database="hr"))
    names = [one.name.dotted for one in seen(Policy(), PEOPLE, other).list_tables()]
    assert names == ["shop.people"]
    assert not seen(Policy(denied_tables=("people",)), PEOPLE).list_tables()


def test_words_are_found_whole_and_whatever_their_case() -> None:
    """Part of a word is another word."""
    assert mentions("SELECT Iban FROM t", {"iban"})
    assert not mentions("SELECT ibanez FROM t", {"iban"})
    assert not mentions("anything", set())
    assert without_names("`iban`, `town`", {"iban"}) == "`(closed)`, `town`"
    assert mentions("a c++ b", {"c++"})
