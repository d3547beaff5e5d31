"""The tree that is checked holds every node of Spark's own, so nothing can hide."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer

if TYPE_CHECKING:
    from conftest import Shop

    from streamlink_magic.records import PlanNode

pytestmark = pytest.mark.spark


STATEMENTS = [
    "SELECT town, CASE WHEN price > 1 THEN (SELECT max(land) FROM towns) END FROM sales",
    "WITH a AS (SELECT * FROM sales), b(t) AS (SELECT town FROM a) SELECT * FROM b, a",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n",
    "SELECT sum(id) OVER w FROM sales WINDOW w AS (PARTITION BY upper(town) ORDER BY day + 1)",
    "SELECT upper(town), count(DISTINCT id) FROM sales GROUP BY CUBE (upper(town), price * 2)",
    "SELECT k, v FROM sales UNPIVOT (v FOR k IN (price))",
    "SELECT * FROM (SELECT town, price FROM sales) PIVOT (sum(price) FOR town IN ('a', 'b' AS c))",
    "SELECT transform(tags, t -> concat(t, upper(t))), inline(array(struct(1, 'a'))) FROM sales",
    "SELECT x FROM sales LATERAL VIEW posexplode(tags) t AS i, x WHERE town IN (TABLE names)",
    "SELECT town FROM recent QUALIFY row_number() OVER (PARTITION BY town ORDER BY day) = 1",
    "FROM open_view |> EXTEND price * 2 AS twice |> AGGREGATE max(twice) GROUP BY town",
    "VALUES (1, upper('a')), (2, 'b')",
]
_FAMILIES = (".plans.logical.", ".expressions.", ".catalyst.analysis.", ".datasources.")


@pytest.mark.parametrize("sql", STATEMENTS)
def test_nothing_of_a_tree_stays_unseen(shop: Shop, sql: str) -> None:
    """Every class that a walk over the JVM's own objects meets is in the tree that is checked."""
    text = sql.replace("TABLE names", "SELECT town FROM towns")
    analyzer = ClassicAnalyzer(shop.spark)
    statement = analyzer.parse(text)
    of_spark = _jvm_nodes(shop, analyzer._parsed[1])
    assert of_spark
    assert of_spark <= _kinds(statement)
    tree, plan = analyzer.analyze(text)
    of_spark = _jvm_nodes(shop, plan)
    assert of_spark
    assert of_spark <= _kinds(tree)


def _kinds(node: PlanNode) -> set[str]:
    return {node.kind}.union(*(_kinds(child) for child in node.children))


def _jvm_nodes(shop: Shop, root: object) -> set[str]:
    """Return the classes of all tree nodes reachable from a JVM object, product by product."""
    java: Any = shop.spark
    gateway, jvm = java._sc._gateway, java._jvm
    types = jvm.org.apache.spark.sql.catalyst.trees.TreeNode, jvm.scala.Product
    found: set[str] = set()
    stack: list[Any] = [root]
    while stack:
        thing = stack.pop()
        if not hasattr(thing, "getClass"):
            continue
        name = thing.getClass().getName()
        is_node, is_product = (_is_a(gateway, thing, kind) for kind in types)
        if is_node:
            found.add(name)
        if _is_a(gateway, thing, jvm.scala.collection.Iterable):
            stack.extend(_each(thing.iterator()))
        elif is_node or (
            is_product and name.startswith(("scala.", "org.apache.spark.sql.catalyst"))
        ):
            stack.extend(_each(thing.productIterator()))
    return {name for name in found if any(family in name for family in _FAMILIES)}


def _is_a(gateway: Any, thing: object, kind: object) -> bool:
    from py4j.java_gateway import is_instance_of

    return bool(is_instance_of(gateway, thing, kind))


def _each(iterator: Any) -> list[Any]:
    items = []
    while iterator.hasNext():
        items.append(iterator.next())
    return items
