from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.records import Column, QueryResult
from streamlink_magic.steps.explain import explain_result


def steps(sql: str) -> tuple[str, ...]:
    """Return how a statement that was not run is explained."""
    return explain_result("", sql, None, ("seen",)).steps


def headline(sql: str, *rows: tuple[object, ...], names: str = "a", more: bool = False) -> str:
    """Return the headline of rows with columns of these names."""
    columns = tuple(Column(name, "string") for name in names.split())
    return explain_result("", sql, QueryResult(columns, rows, more=more), ()).headline


SHAPES = [
    pytest.param(
        "SELECT count(*) FROM flights",
        "Reads flights.\nComputes the number of rows.",
    ),
    pytest.param(
        "SELECT a.name, AVG(f.arr_delay) AS late FROM flights f JOIN airlines a ON "
        "f.carrier = a.carrier WHERE f.month BETWEEN 6 AND 8 AND f.arr_delay IS NOT NULL "
        "GROUP BY a.name HAVING count(*) > 100 ORDER BY late DESC LIMIT 10",
        "Reads flights.\n"
        "Joins airlines where flights.carrier equals airlines.carrier.\n"
        "Keeps the rows where flights.month is between 6 and 8 and flights.arr_delay is "
        "not null.\n"
        "Makes one group for each airlines.name.\n"
        "Keeps the groups where the number of rows is more than 100.\n"
        "Computes airlines.name, the average of flights.arr_delay as late.\n"
        "Orders by late (largest first).\n"
        "Takes the first 10 rows.",
    ),
    pytest.param(
        "SELECT DISTINCT x.id FROM t x LEFT JOIN t y ON x.id = y.parent AND (y.k = 'a' OR"
        " y.k LIKE '%b%')",
        "Reads t as x.\n"
        "Joins t as y where x.id equals y.parent and (y.k is 'a' or y.k contains 'b'), "
        "keeping rows without a match.\n"
        "Shows x.id.\n"
        "Leaves out repeated rows.",
    ),
    pytest.param(
        "WITH s AS (SELECT * FROM flights WHERE month = 6) SELECT carrier, sum(distance) "
        "FROM s GROUP BY 1 ORDER BY 2",
        "To build s: reads flights; keeps the rows where month is 6.\n"
        "Reads s.\n"
        "Makes one group for each carrier.\n"
        "Computes carrier, the total of distance.\n"
        "Orders by the total of distance (smallest first).",
    ),
    pytest.param(
        "SELECT a FROM x UNION ALL SELECT b FROM y ORDER BY 1 LIMIT 1 OFFSET 2",
        "First query: reads x; shows a.\n"
        "Second query: reads y; shows b.\n"
        "Puts the rows of both together, repeats included.\n"
        "Orders by a (smallest first).\n"
        "Skips the first 2 rows.\n"
        "Takes the first row.",
    ),
    pytest.param(
        "SELECT * FROM (SELECT c, rank() OVER (PARTITION BY o ORDER BY d DESC) r FROM "
        "flights) t WHERE r <= 3",
        "To build t: reads flights; computes c, the rank within each o in order of d "
        "(largest first) as r.\n"
        "Reads t.\n"
        "Keeps the rows where r is at most 3.\n"
        "Shows all columns.",
    ),
    pytest.param(
        "SELECT name FROM airlines a WHERE NOT EXISTS (SELECT 1 FROM flights f WHERE "
        "f.carrier = a.carrier)",
        "Reads airlines.\n"
        "Keeps the rows where there is no row from flights where flights.carrier equals "
        "airlines.carrier.\n"
        "Shows name.",
    ),
    pytest.param(
        "SELECT x FROM t WHERE x NOT IN (SELECT y FROM u)",
        "Reads t.\nKeeps the rows where x is not one of (y from u).\nShows x.",
    ),
    pytest.param(
        "SELECT name FROM t WHERE c = (SELECT c FROM u ORDER BY n DESC LIMIT 1)",
        "Reads t.\n"
        "Keeps the rows where c is (c from u ordered by n (largest first) up to row 1).\n"
        "Shows name.",
    ),
    pytest.param(
        "SELECT o, d, count(DISTINCT p) FROM t GROUP BY ROLLUP (o, d)",
        "Reads t.\n"
        "Makes one group for each o, d, with subtotals.\n"
        "Computes o, d, the number of different p.",
    ),
    pytest.param(
        "SELECT o, max(p) FROM t GROUP BY ALL",
        "Reads t.\n"
        "Makes one group for each combination of the columns that are not computed.\n"
        "Computes o, the largest p.",
    ),
    pytest.param(
        "SELECT * FROM a LEFT ANTI JOIN b USING (id) CROSS JOIN c",
        "Reads a.\n"
        "Joins b where both have the same id, keeping rows that have no match there.\n"
        "Joins c, every row with every row.\n"
        "Shows all columns.",
    ),
    pytest.param(
        "SELECT tag FROM t LATERAL VIEW explode(tags) e AS tag",
        "Reads t.\nMakes rows by EXPLODE(tags) as tag.\nShows tag.",
    ),
    pytest.param(
        "SELECT round(avg(x), 2) FROM t WHERE d >= DATE '2013-01-01' AND y RLIKE '^a' AND"
        " NOT (z = 1)",
        "Reads t.\n"
        "Keeps the rows where d is at least '2013-01-01' and y matches the pattern '^a' "
        "and not (z is 1).\n"
        "Computes the average of x (rounded to 2 places).",
    ),
    pytest.param(
        "SELECT `we ird`, s.`b<i>`.c FROM `x y` s WHERE n NOT LIKE 'A%'",
        "Reads x y.\nKeeps the rows where n does not start with 'A'.\nShows we ird, b<i>.c.",
    ),
    pytest.param(
        "SELECT x FROM t INTERSECT SELECT y FROM u",
        "First query: reads t; shows x.\n"
        "Second query: reads u; shows y.\n"
        "Keeps the rows that both have, without repeating any.",
    ),
    pytest.param(
        "SELECT sum(x) OVER (ORDER BY z ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t "
        "WHERE NOT (k NOT LIKE '%q') AND n ILIKE 'a%' AND b LIKE ANY ('a', 'b') LIMIT ALL",
        "Reads t.\n"
        "Keeps the rows where k ends with 'q' and n starts with 'a' in any case and b is "
        "like ANY ('a', 'b').\n"
        "Computes SUM(x) OVER (ORDER BY z ROWS BETWEEN 2 PRECEDING AND CURRENT ROW).",
    ),
    pytest.param(
        "SELECT a FROM t TABLESAMPLE (10 PERCENT) GROUP BY a WITH ROLLUP",
        "Reads a sample of t.\nMakes one group for each a, with subtotals.\nShows a.",
    ),
    pytest.param(
        "SELECT 1",
        "Shows 1.",
    ),
    pytest.param(
        "SELEC nothing",
        "Reads seen.",
    ),
]


@pytest.mark.parametrize(("sql", "expected"), SHAPES)
def test_shapes(sql: str, expected: str) -> None:
    """Every clause becomes a sentence, in the order in which it takes effect."""
    assert "\n".join(steps(sql)) == expected


def test_repairs_are_told() -> None:
    """What was corrected in the model's SQL is part of the story."""
    told = explain_result("", "SELECT 1", None, (), ("flight became flights",)).steps
    assert told[-1] == "Corrected after the model wrote it: flight became flights"


@pytest.mark.parametrize(
    ("sql", "value", "expected"),
    [
        ("SELECT count(*) FROM t", 336776, "The answer is 336,776."),
        ("SELECT count(*) AS total_flights FROM t", 336776, "Total flights: 336,776."),
        ("SELECT max(d) FROM t", date(2013, 12, 31), "The answer is 2013-12-31."),
        ("SELECT sum(p) FROM t", Decimal("1234567.50"), "The answer is 1,234,567.50."),
        ("SELECT avg(p) FROM t", 7.3956001, "The answer is 7.3956."),
        ("SELECT avg(p) FROM t", math.nan, "The answer is NaN."),
        ("SELECT sum(p) FROM t", None, "The answer is null."),
        ("SELECT bool_and(p) FROM t", True, "The answer is true."),
        ("SELECT first(p) FROM t", {"a": [1, None]}, 'The answer is {"a": [1, null]}.'),
        ("not SQL", "x" * 100, f"The answer is {'x' * 60}…"),
        ("SELECT name FROM t", "Frontier Airlines Inc.", "The answer is Frontier Airlines Inc."),
    ],
)
def test_single_value(sql: str, value: object, expected: str) -> None:
    """One value is the headline, under the name that the query gave it."""
    assert headline(sql, (value,)) == expected


def test_rows() -> None:
    """Several rows are counted and the first is told; a cut result claims no total."""
    rows = (("UA", 58665), ("B6", 54635))
    assert headline("SELECT 1", *rows, names="carrier n") == (
        "2 rows; the first is carrier = UA, n = 58,665."
    )
    cut = headline("SELECT 1", *rows, names="carrier n", more=True)
    assert cut.startswith("More than 2 rows; ")
    assert headline("SELECT 1", rows[0], names="carrier n") == "One row: carrier = UA, n = 58,665."
    named = headline("SELECT 1", ("Envoy Inc.",), ("Mesa Inc.",), names="name")
    assert named == "2 rows; the first is name = Envoy Inc."


def test_nothing_to_tell() -> None:
    """No rows and no run are said as they are."""
    assert headline("SELECT 1") == "The answer is empty: no row came back."
    assert explain_result("", "SELECT 1", None, ()).headline == "The SQL was not run."


def test_deep_nesting() -> None:
    """A query nested beyond sense still gets an explanation."""
    nested = "SELECT a FROM " + "(SELECT a FROM " * 40 + "t" + ")" * 40
    assert any("nested" in step for step in steps(nested))
    assert steps("SELECT " + "(" * 5000 + "1" + ")" * 5000) == ("Reads seen.",)


NUMBERS = re.compile(r"\d+")
SQL_PARTS = st.sampled_from(
    (
        "log(x, 2)",
        "date_add(d, 7)",
        "x[0]",
        "substr(s, 1, 3)",
        "last_day(d)",
        "x % 5",
        "add_months(d, 1)",
        "CAST(x AS DECIMAL(10, 2))",
        "ntile(4) OVER ()",
        "percentile(x, 0.9)",
        "months_between(a, b)",
        "INTERVAL 3 DAYS",
        "date_trunc('week', d)",
        "current_date() - 30",
        "pmod(x, 9)",
        "weekday(d)",
    )
)


@given(st.lists(SQL_PARTS, min_size=1, max_size=4), st.integers(0, 99999), st.integers(0, 99))
def test_no_invented_number(parts: list[str], value: int, limit: int) -> None:
    """No number is told that stands neither in the SQL nor in the result."""
    sql = f"SELECT {', '.join(parts)} FROM t WHERE {parts[0]} > {limit} LIMIT {limit}"
    answer = QueryResult((Column("x", "int"),), ((value,),))
    told = explain_result("How many of 123456?", sql, answer, ())
    text = " ".join((told.headline, *told.steps)).replace(",", "")
    known = set(NUMBERS.findall(sql.replace(",", " "))) | {str(value)}
    assert set(NUMBERS.findall(text)) <= known


@given(st.text())
def test_any_text_as_sql(sql: str) -> None:
    """Whatever stands in place of SQL, an explanation comes back."""
    assert explain_result("", sql, None, ()).headline == "The SQL was not run."
