"""Nothing that the guard allows is read in two ways, however the text is made."""

# ruff: noqa: S311  a seed, not a secret

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_guard_statements import ATTACKS, HONEST

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.errors import GuardError, InvalidSqlError
from streamlink_magic.fuzzing import fuzz
from streamlink_magic.fuzzing.command import parse_in_shop
from streamlink_magic.fuzzing.readings import Reading, difference, spark_reading, sqlglot_reading
from streamlink_magic.fuzzing.run import KNOWN
from streamlink_magic.fuzzing.statements import Statements
from streamlink_magic.guard import check_sql
from streamlink_magic.guard_speed import measure_guard
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.guard.text import pieces

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

pytestmark = pytest.mark.spark

SPACES = [" ", "\n", "\t", "  ", " /* note */ ", " -- note\n", "\r\n", " /* /* deep */ */ "]
DRESSES = [
    "{}", "({})", "(({}))", "SELECT * FROM ({}) AS x", "WITH x AS ({}) SELECT * FROM x",
    "SELECT 1 WHERE EXISTS ({})", "({}) UNION ALL ({})", "/* SELECT 1 */ {} -- SELECT 1",
]  # fmt: skip
PLAIN_ATTACKS = [sql for sql, _ in ATTACKS if "{" not in sql]
MANY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def changed(draw: st.DrawFn, statements: list[str]) -> str:
    """Return one of the statements in other spaces, comments, letters and brackets."""
    sql = draw(st.sampled_from(statements))
    texts = []
    for kind, text in pieces(sql):
        if kind == "code":
            cased = draw(st.sampled_from([str, str.upper, str.lower, str.swapcase]))(text)
            texts.append(cased.replace(" ", draw(st.sampled_from(SPACES))))
        else:
            texts.append(text)
    return draw(st.sampled_from(DRESSES)).replace("{}", "".join(texts))


@MANY
@given(sql=changed(PLAIN_ATTACKS))
def test_no_dress_makes_an_attack_allowed(shop: Shop, sql: str) -> None:
    """Comments, case, white space and nesting never turn a refusal into leave to run."""
    assert not check_sql(sql, session=shop.spark, policy=shop.policy).allowed


@MANY
@given(
    text=st.text(alphabet=st.sampled_from("SELECT*FROM vault.pay,()'\"`;-/\\\n\t1${}"), max_size=60)
)
def test_no_text_reads_what_is_closed(shop: Shop, text: str) -> None:
    """Whatever text stands around it, the closed table is not read."""
    for sql in (f"SELECT town FROM sales {text}", f"{text} SELECT * FROM vault.pay"):
        verdict = check_sql(sql, session=shop.spark, policy=shop.policy)
        assert not verdict.allowed or verdict.tables == ("shop.sales",)


def test_made_statements_are_read_alike(shop: Shop) -> None:
    """Of statements from a seed, none that the guard allows is read differently by sqlglot."""
    report = fuzz(
        1_000,
        7,
        parse_in_shop,
        check=lambda sql: check_sql(sql, session=shop.spark, policy=shop.policy),
    )
    assert not report.allowed
    assert set(report.examples) <= set(KNOWN)
    assert min(report.outcomes[name] for name in ("agree", "text", "parser", "grammar")) > 10


def test_a_difference_is_noticed(shop: Shop) -> None:
    """The comparison finds what it is there for: a table that only one reader sees."""
    hidden = "SELECT town FROM sales --\\\n/*\nUNION ALL SELECT town FROM towns -- */"
    of_spark = spark_reading(ClassicAnalyzer(shop.spark).parse(hidden))
    of_sqlglot = sqlglot_reading(hidden)
    assert of_sqlglot is not None
    assert of_spark.tables == {"sales", "towns"}
    assert difference(of_spark, of_sqlglot) == "tables"
    assert difference(Reading(True), Reading(False)) == "kind"
    strange = Reading(True, functions=frozenset({"?reflect"}))
    assert difference(Reading(True), strange) == "functions"


def test_a_hint_names_no_table(shop: Shop) -> None:
    """What a hint is about may be an alias; to neither reader it is something that is read."""
    sql = "SELECT /*+ BROADCAST(t) */ t.town FROM towns t"
    other = sqlglot_reading(sql)
    assert other is not None
    assert other.tables == {"towns"}
    assert not difference(spark_reading(ClassicAnalyzer(shop.spark).parse(sql)), other)


@pytest.mark.parametrize("table", ["towns", "pay"])
def test_a_select_without_columns_is_a_known_difference(shop: Shop, table: str) -> None:
    """Spark reads no table there, so nothing that is closed; sqlglot sees one too many."""
    sql = f"SELECT FROM {table}"
    of_spark = spark_reading(ClassicAnalyzer(shop.spark).parse(sql))
    other = sqlglot_reading(sql)
    assert other is not None
    assert (of_spark.tables, other.tables) == (frozenset(), {table})
    assert difference(of_spark, other) == "bare-select"
    assert check_sql(sql, session=shop.spark, policy=shop.policy).rule == "unknown-column"
    beside = f"SELECT (SELECT FROM {table}) FROM (SELECT 1 AS `from`)"
    verdict = check_sql(beside, session=shop.spark, policy=shop.policy)
    assert (verdict.allowed, verdict.tables) == (True, ())


def test_only_a_table_too_many_is_a_known_difference() -> None:
    """A table that sqlglot does not see is never excused."""
    one, two = frozenset({"a"}), frozenset({"a", "b"})
    assert difference(Reading(True, two), Reading(True, one, has_bare_select=True)) == "tables"
    assert difference(Reading(True, one), Reading(True, two, has_bare_select=True)) == "bare-select"
    assert difference(Reading(True, one), Reading(True, two)) == "tables"


def test_the_readers_agree_on_honest_queries(shop: Shop) -> None:
    """What an analyst writes is read alike, or sqlglot cannot read it."""
    analyzer = ClassicAnalyzer(shop.spark)
    differing = []
    for sql in HONEST:
        text = sql.rstrip(";")
        other = sqlglot_reading(text)
        if other is not None and difference(spark_reading(analyzer.parse(text)), other):
            differing.append(sql)
    assert len(differing) <= 2, differing


def test_a_seed_makes_the_same_statements() -> None:
    """A finding can be looked at again."""
    first, second = (Statements(random.Random(5)) for _ in range(2))
    assert [first.next() for _ in range(50)] == [second.next() for _ in range(50)]


def test_checking_hostile_text_executes_nothing(shop: Shop) -> None:
    """Attacks in every dress and made statements leave jobs, files, catalog and settings alone."""
    before = shop.picture()
    analyzer = ClassicAnalyzer(shop.spark)
    made = Statements(random.Random(11))
    texts = [DRESSES[3].replace("{}", sql) for sql in PLAIN_ATTACKS]
    for sql in [*texts, *(made.next() for _ in range(50))]:
        try:
            guard_sql(sql, analyzer, shop.policy)
        except (GuardError, InvalidSqlError):
            continue
    assert shop.picture() == before


def test_the_speed_of_the_guard_is_told_by_kind(shop: Shop, tmp_path: Path) -> None:
    """One table for the first round, one for the others; the counts are those of the file."""
    file = tmp_path / "statements.jsonl"
    file.write_text(
        '{"sql": "SELECT town FROM sales", "class": "short"}\n'
        '{"sql": "DROP TABLE sales", "class": "write"}\n'
    )
    told = measure_guard(file, session=shop.spark, policy=shop.policy).splitlines()
    rows = {line.split()[0]: line.split()[1:3] for line in told[1:4]}
    assert told[0].startswith("cold")
    assert rows == {"short": ["1", "1"], "write": ["1", "0"], "all": ["2", "1"]}
