"""Checks that are asked for again, and checks in several threads: never another verdict."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic import guard
from streamlink_magic.guard import check_sql, guard_file, statement_checker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Shop

    from streamlink_magic.records import Verdict

pytestmark = pytest.mark.spark

SQL = "SELECT town FROM sales"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each statement is truly checked, however long the test takes."""
    counted: Counter[str] = Counter()
    verdict = guard._verdict

    def counting(analyzer: object, sql: str, policy: object) -> Verdict:
        counted[sql] += 1
        return verdict(analyzer, sql, policy)

    monkeypatch.setattr(guard, "_LASTING_S", 600.0)
    monkeypatch.setattr(guard, "_verdict", counting)
    return counted


def _is_recalled(ask: Callable[[], Verdict], checks: Counter[str]) -> bool:
    """Return whether asking again is answered from memory; an event of Spark's own may come by."""
    ask()
    for _ in range(10):
        before = checks.total()
        ask()
        if checks.total() == before:
            return True
    return False


def test_a_statement_is_not_checked_again_while_nothing_changes(
    shop: Shop, checks: Counter[str]
) -> None:
    """The second answer comes from memory; another policy or another text is another question."""
    check = statement_checker(shop.spark, "shop", recalling=True)
    assert _is_recalled(lambda: check(SQL, shop.policy), checks)
    before = checks.total()
    closed = replace(shop.policy, denied_tables=("sales",))
    assert check(SQL, closed).rule == "table"
    assert check(f"{SQL} ", shop.policy).allowed
    assert checks.total() == before + 2


CHANGES = {
    "temporary view": ("CREATE TEMP VIEW came AS SELECT 1 AS one", "DROP VIEW came"),
    "global view": (
        "CREATE GLOBAL TEMP VIEW came AS SELECT 1 AS one",
        "DROP VIEW global_temp.came",
    ),
    "view": ("CREATE VIEW shop.came AS SELECT 1 AS one", "DROP VIEW shop.came"),
    "table": ("CREATE TABLE shop.came (a INT) USING parquet", "DROP TABLE shop.came"),
    "setting": ("SET spark.sql.ansi.enabled = false", "RESET spark.sql.ansi.enabled"),
    "database": ("USE vault", "USE shop"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_never_answered_from_memory(
    shop: Shop, checks: Counter[str], change: str
) -> None:
    """What is another, and what is back again, is checked anew."""
    shop.spark.sql("USE shop")
    check = statement_checker(shop.spark, recalling=True)
    for statement in CHANGES[change]:
        assert _is_recalled(lambda: check(SQL, shop.policy), checks)
        before = checks.total()
        shop.spark.sql(statement)
        check(SQL, shop.policy)
        assert checks.total() == before + 1


def test_a_function_or_setting_changed_by_a_call_is_noticed(
    shop: Shop, checks: Counter[str]
) -> None:
    """Changes that are no statements count too, even a function of a name that was there."""
    check = statement_checker(shop.spark, "shop", recalling=True)
    changes: tuple[Callable[[], object], ...] = (
        lambda: shop.spark.udf.register("came", lambda text: text),
        lambda: shop.spark.udf.register("came", lambda text: f"{text}?"),
        lambda: shop.spark.conf.set("spark.sql.caseSensitive", "true"),
        lambda: shop.spark.conf.unset("spark.sql.caseSensitive"),
        lambda: shop.spark.range(1).createOrReplaceTempView("came"),
        lambda: shop.spark.catalog.dropTempView("came"),
        lambda: shop.spark.range(1).createOrReplaceGlobalTempView("came"),
        lambda: shop.spark.catalog.dropGlobalTempView("came"),
        lambda: shop.spark.catalog.setCurrentDatabase("vault"),
        lambda: shop.spark.catalog.setCurrentDatabase("shop"),
    )
    try:
        for change in changes:
            assert _is_recalled(lambda: check(SQL, shop.policy), checks)
            before = checks.total()
            change()
            check(SQL, shop.policy)
            assert checks.total() == before + 1
    finally:
        shop.spark.sql("DROP TEMPORARY FUNCTION came")


@pytest.mark.parametrize(("kind", "name"), [("VIEW", "shop.turning"), ("TEMP VIEW", "turning")])
def test_a_view_that_turns_to_a_closed_table_is_refused_at_once(
    shop: Shop, kind: str, name: str
) -> None:
    """No moment passes in which the verdict on the old view stands for the new one."""
    create = f"CREATE OR REPLACE {kind} {name} AS"
    policy = replace(shop.policy, tables=(*(shop.policy.tables or ()), name))
    try:
        for _ in range(3):
            shop.spark.sql(f"{create} SELECT town AS word FROM shop.sales")
            assert check_sql(f"SELECT word FROM {name}", session=shop.spark, policy=policy).allowed
            shop.spark.sql(f"{create} SELECT who AS word FROM vault.pay")
            refused = check_sql(f"SELECT word FROM {name}", session=shop.spark, policy=policy)
            assert refused.rule == "table"
    finally:
        shop.spark.sql(f"DROP VIEW {name}")


# ---------------------------------------------------------------- several threads


def _write(path: Path, statements: list[str]) -> None:
    lines = [{"id": number, "sql": sql, "db": "shop"} for number, sql in enumerate(statements)]
    path.write_text("\n".join(map(json.dumps, lines)))


def test_threads_keep_order_and_verdicts_apart(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four threads at once say of each statement what one says of it alone."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    choice = ("SELECT town FROM sales LIMIT {}", "SELECT {}, who FROM vault.pay", "SELECT {} +")
    statements = [choice[number % 3].format(number) for number in range(40)]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    _write(source, statements)
    before, told = shop.picture(), []
    guard_file(
        source,
        out,
        session=shop.spark,
        policy=shop.policy,
        progress=lambda _, detail="": told.append(detail),
    )
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [each["id"] for each in verdicts] == [str(number) for number in range(40)]
    alone = statement_checker(shop.spark, "shop")
    assert [each["rule"] for each in verdicts] == [
        alone(sql, shop.policy).rule for sql in statements
    ]
    assert told[-1] == "40 of 40"
    assert shop.picture() == before


def test_threads_read_a_text_by_the_settings_of_the_session(shop: Shop, tmp_path: Path) -> None:
    """Where double quotes mean a name, they do so in every thread."""
    policy = replace(shop.policy, denied_columns=("town",))
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    _write(source, ['SELECT "town" FROM sales', 'SELECT "town", 2 FROM sales'])
    rules = []
    for quoted in ("false", "true"):
        shop.spark.conf.set("spark.sql.ansi.doubleQuotedIdentifiers", quoted)
        try:
            guard_file(source, out, session=shop.spark, policy=policy)
        finally:
            shop.spark.conf.unset("spark.sql.ansi.doubleQuotedIdentifiers")
        rules.append([json.loads(line)["rule"] for line in out.read_text().splitlines()])
    assert rules == [["ok", "ok"], ["column", "column"]]


def test_an_interrupt_stops_the_file_and_leaves_nothing(shop: Shop, tmp_path: Path) -> None:
    """What was checked by then is not written: a file of verdicts is whole or not there."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    _write(source, [f"SELECT town FROM sales LIMIT {number}" for number in range(200)])
    told = []

    def interrupted(_: str, detail: str = "") -> None:
        told.append(detail)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guard_file(source, out, session=shop.spark, policy=shop.policy, progress=interrupted)
    assert told == ["1 of 200"]
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"]
    assert check_sql("SELECT 1", session=shop.spark, policy=shop.policy).allowed
