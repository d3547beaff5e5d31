"""What the guard refuses and lets through on a real Spark, and that it runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.guard import check_sql

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.spark


HONEST = [
    "SELECT town, sum(price) AS total FROM sales GROUP BY town ORDER BY total DESC LIMIT 5;",
    "SELECT s.town, t.land FROM shop.sales s LEFT JOIN spark_catalog.shop.towns t USING (town)",
    "WITH -- the base\n big AS (SELECT * FROM sales WHERE price > 10) SELECT count(*) FROM big",
    "SELECT town FROM sales WHERE price > (SELECT avg(price) FROM sales) -- a comment at the end",
    "SELECT sum(price) OVER w FROM sales WINDOW w AS (PARTITION BY town ORDER BY day)",
    "SELECT town, count(*) FROM sales GROUP BY ROLLUP (town, day) HAVING count(*) > 1",
    "SELECT tag FROM sales LATERAL VIEW explode(tags) t AS tag",
    "SELECT transform(tags, tag -> upper(tag)), tags[0], map('a', 1)['a'] FROM sales",
    "SELECT * EXCEPT (tags) FROM recent",
    "SELECT town FROM open_view",
    "FROM sales |> WHERE price > 3 |> AGGREGATE max(price) GROUP BY town",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n",
    "SELECT explode(sequence(DATE'2024-01-01', DATE'2024-12-31', INTERVAL 1 DAY))",
    "SELECT 'DROP TABLE sales; -- ' AS `delete`, '你好\uff0c世界 ñ 👩‍🚀' AS `naïve 列`",
    "SELECT `a b`, `select` FROM `odd name.of ``it```",
    "SELECT x FROM `north, south`",
    "SELECT `金额` FROM `销售`",
    "SELECT /*+ BROADCAST(t), COALESCE(2) */ * FROM sales s JOIN towns t ON s.town = t.town",
    "SELECT from_json('{}', 'a INT', map('mode', 'PERMISSIVE')).a",
    "(SELECT id FROM sales) EXCEPT (SELECT id FROM recent)",
    "VALUES (1, 'a'), (2, 'b')",
]

ATTACKS = [
    # commands and scripts
    ("DROP TABLE sales", "not-a-query"),
    ("  /* hello */ insert into sales table sales", "not-a-query"),
    ("WITH c AS (SELECT 1) INSERT INTO sales SELECT * FROM c", "syntax"),
    ("SET spark.sql.shuffle.partitions=7", "not-a-query"),
    ("SELECT 1; DROP TABLE sales", "one-statement"),
    ("EXPLAIN INSERT INTO sales TABLE sales", "not-a-query"),
    ("CREATE FLOW f AS INSERT INTO sales BY NAME SELECT * FROM sales", "not-a-query"),
    # code
    ("SELECT TRANSFORM(id) USING 'cat' AS (x STRING) FROM sales", "transform"),
    ("SELECT count(*) FROM sales WHERE `reflect`('java.lang.Math', 'abs', 1) IS NULL", "function"),
    ("SELECT filter(tags, t -> java_method('java.lang.System', 'nanoTime') > 0) FROM sales",
     "function"),
    ("SELECT * FROM sales LATERAL VIEW try_reflect('a', 'b') t AS x", "function"),
    ("SELECT sum(price) OVER w FROM sales WINDOW w AS (ORDER BY reflect('a', 'b'))", "function"),
    ("SELECT shout(town) FROM sales", "function"),
    ("SELECT shop.plus_one(1)", "function"),
    ("SELECT peek()", "function"),
    # out of scope
    ("SELECT * FROM vault.pay", "table"),
    ("SELECT (SELECT max(wage) FROM vault.pay) FROM sales", "table"),
    ("WITH p AS (TABLE vault.pay) SELECT * FROM p", "table"),
    ("SELECT id FROM sales WHERE EXISTS (FROM `VAULT`.`Pay`)", "table"),
    ("SELECT * FROM leaky_view", "table"),
    ("SELECT * FROM global_temp.everywhere", "table"),
    ("SELECT * FROM othercat.db.t", "table"),
    ("SELECT * FROM text.`{files}/note.txt`", "path"),
    ("WITH n AS (SELECT * FROM csv.`{files}`) SELECT * FROM n", "path"),
    ("SELECT _metadata.file_path FROM sales", "metadata"),
    ("SELECT input_file_name() FROM sales", "function"),
    ("SELECT session_user", "unknown-construct"),
    # hidden names and settings
    ("SELECT IDENTIFIER('to' || 'wn') FROM sales", "identifier"),
    ("SELECT * FROM IDENTIFIER('va' || 'ult.pay')", "identifier"),
    ("SELECT '${{env:HOME}}'", "substitution"),
    ("SELECT * FROM sales WHERE id = :id", "parameter"),
    ("SELECT * FROM sales WITH ('mergeSchema'='true')", "relation-options"),
    ("SELECT * FROM sales WITH /* x */ ('a'='b')", "relation-options"),
    ("SELECT * FROM STREAM sales", "stream"),
    ("SELECT * FROM sales VERSION AS OF 1", "time-travel"),
    ("SELECT /*+ REPARTITION(99999999) */ * FROM sales", "hint"),
    ("SELECT * FROM sql_keywords()", "function"),
    ("SELECT from_xml('<a/>', 'b INT', map('rowValidationXSDPath', '{files}/note.txt'))",
     "function-option"),
    # bombs
    ("SELECT repeat('x', 400000000)", "size"),
    ("SELECT repeat('x', 20000 * 20000)", "size"),
    ("SELECT * FROM VALUES (lpad('', 500000000, 'a'))", "size"),
    ("SELECT count(*) FROM range(90000) a, range(90000) b", "size"),
    ("SELECT explode(sequence(0, 700000000))", "size"),
    ("SELECT aggregate(sequence(1, 40), 'a', (s, x) -> s || s)", "size"),
    ("WITH a AS (SELECT * FROM range(900)), b AS (SELECT 1 FROM a x, a y, a z) SELECT * FROM b",
     "size"),
    ("SELECT window(timestamp'2024-01-01', '1 year', '1 second')", "size"),
    ("SELECT town FROM sales GROUP BY CUBE (town, id, day, price, 1, 2, 3, 4, 5)", "size"),
    ("SELECT regexp_replace(town, '(.*x){{30}}', '') FROM sales", "pattern"),
]  # fmt: skip


@pytest.mark.parametrize("sql", HONEST)
def test_honest_queries_pass(shop: Shop, sql: str) -> None:
    """What an analyst writes is allowed, names in any spelling included."""
    verdict = check_sql(sql, session=shop.spark, policy=shop.policy)
    assert verdict.allowed, verdict


@pytest.mark.parametrize(("sql", "rule"), ATTACKS)
def test_attacks_are_refused_by_the_rule_meant_for_them(shop: Shop, sql: str, rule: str) -> None:
    """A refusal names its rule and says why."""
    filled = sql.replace("{files}", str(shop.files)).replace("{{", "{").replace("}}", "}")
    verdict = check_sql(filled, session=shop.spark, policy=shop.policy)
    assert (verdict.allowed, verdict.rule) == (False, rule), verdict
    assert verdict.why


def test_checking_executes_nothing(shop: Shop) -> None:
    """Jobs, files, catalog, settings and the active session are the same after every statement."""
    before = shop.picture()
    for sql in [*HONEST, *(sql for sql, _ in ATTACKS)]:
        check_sql(sql.replace("{files}", str(shop.files)), session=shop.spark, policy=shop.policy)
    assert shop.picture() == before


def test_without_a_policy_the_current_database_is_open(shop: Shop) -> None:
    """By default the current database and temporary views may be read, other databases not."""
    assert check_sql("SELECT * FROM sales, recent", session=shop.spark).tables == (
        "recent",
        "shop.sales",
    )
    assert check_sql("SELECT * FROM vault.pay", session=shop.spark).rule == "table"


# ---------------------------------------------------------------- the six findings


def test_finding_1_analysis_can_execute_so_grammar_comes_first(shop: Shop) -> None:
    """EXECUTE IMMEDIATE, which runs while it is analysed, is refused unanalysed."""
    before = shop.picture()
    for sql in (
        "EXECUTE IMMEDIATE 'CREATE TABLE shop.made (a INT) USING parquet'",
        "BEGIN CREATE TABLE shop.made (a INT) USING parquet; END",
    ):
        assert shop.rule(sql) in {"not-a-query", "one-statement"}
    assert shop.picture() == before
    assert not shop.spark.catalog.tableExists("shop.made")


def test_finding_2_the_optimiser_is_never_reached(shop: Shop) -> None:
    """Code that Spark's optimiser would run over inline rows leaves no mark."""
    java: Any = shop.spark
    mark = "streamlink.guard.mark"
    sql = f"SELECT reflect('java.lang.System', 'setProperty', '{mark}', x) FROM VALUES ('1') v(x)"
    assert shop.rule(sql) == "function"
    assert java._jvm.java.lang.System.getProperty(mark) is None


def test_finding_3_a_select_with_options_is_no_mere_query(shop: Shop) -> None:
    """Options of a relation, through which a SELECT can write, are found wherever they stand."""
    for sql in (
        "SELECT * FROM sales WITH ('sessionInitStatement'='DELETE FROM x')",
        "WITH a AS (SELECT * FROM sales WITH('k'='v')) SELECT * FROM a",
        "SELECT id FROM sales WHERE id IN (SELECT id FROM sales WITH -- c\n('k'='v'))",
    ):
        assert shop.rule(sql) == "relation-options"


def test_finding_4_a_statement_that_fails_has_done_nothing(shop: Shop) -> None:
    """A statement that Spark runs before it fails is stopped before it is run."""
    before = shop.picture()
    assert shop.rule("CREATE FLOW f AS INSERT INTO towns BY NAME TABLE towns") == "not-a-query"
    assert shop.picture() == before


def test_finding_5_a_comment_that_goes_on_hides_nothing(shop: Shop) -> None:
    """The text that sqlglot takes for a comment and Spark for a query is refused."""
    hidden = "SELECT town FROM sales --\\\n/*\nUNION ALL SELECT who FROM vault.pay -- */"
    assert shop.rule(hidden) == "line-continuation"


def test_finding_6_the_clone_is_hardened_and_the_session_is_not_touched(shop: Shop) -> None:
    """The clone switches off what analysis could reach; the user's settings stay."""
    before = shop.picture()
    analyzer = ClassicAnalyzer(shop.spark)
    analyzer.parse("SELECT 1")
    conf: Any = analyzer._clone.conf()
    assert conf.get("spark.sql.runSQLOnFiles") == "false"
    assert conf.get("spark.sql.variable.substitute") == "false"
    assert "ConstantFolding" in conf.get("spark.sql.optimizer.excludedRules")
    assert shop.spark.conf.get("spark.sql.runSQLOnFiles") == "true"
    assert shop.picture() == before
