"""A second reader of the statement: told where it sees other tables, refused where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_guard_statements import HONEST

from streamlink_magic.guard import check_sql
from streamlink_magic.policy import Policy
from streamlink_magic.steps.guard import agreement

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.spark

STRICT = Policy(on_disagreement="refuse")


@pytest.mark.parametrize("sql", HONEST)
def test_the_two_readers_agree_on_honest_statements(shop: Shop, sql: str) -> None:
    """No warning where there is nothing to warn of."""
    assert check_sql(sql, session=shop.spark, policy=shop.policy).warnings == ()


def test_what_sqlglot_sees_otherwise_is_told_or_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy decides which; a ceiling's word counts as the policy's own."""
    sql = "SELECT town FROM sales"
    other = agreement.read_sql("SELECT land FROM towns")
    monkeypatch.setattr(agreement, "read_sql", lambda _: other)
    warned = check_sql(sql, session=shop.spark, policy=shop.policy)
    assert warned.allowed
    assert "shop.sales" in warned.warnings[0]
    for policy in (shop.policy.tightened_by(STRICT), Policy(ceilings=(STRICT,))):
        refused = check_sql(sql, session=shop.spark, policy=policy)
        assert (refused.allowed, refused.rule) == (False, "disagreement")
        assert refused.warnings == ()


def test_what_sqlglot_cannot_read_is_refused_only_where_asked_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to be read is no disagreement by itself."""
    monkeypatch.setattr(agreement, "read_sql", lambda _: None)
    told = check_sql("SELECT town FROM sales", session=shop.spark, policy=shop.policy)
    assert (told.allowed, told.warnings) == (True, ())
    strict = shop.policy.tightened_by(STRICT)
    assert check_sql("SELECT 1", session=shop.spark, policy=strict).rule == "disagreement"


def test_an_agreed_statement_passes_the_strict_policy(shop: Shop) -> None:
    """Whole names, temporary views, named queries that hide a table: all of it is agreed on."""
    strict = shop.policy.tightened_by(STRICT)
    for sql in (
        "SELECT s.town FROM shop.sales s JOIN towns USING (town)",
        "WITH sales AS (SELECT * FROM sales) SELECT count(*) FROM sales",
        "SELECT * FROM recent WHERE town IN (SELECT town FROM spark_catalog.shop.towns)",
        "SELECT tag FROM sales LATERAL VIEW explode(tags) t AS tag",
        "SELECT id FROM range(3)",
    ):
        assert check_sql(sql, session=shop.spark, policy=strict).rule == "ok", sql
