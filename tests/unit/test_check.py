from __future__ import annotations

import pytest

from streamlink_magic.records import Column, QueryResult
from streamlink_magic.steps.check import check_answer


def result(*rows: tuple[object, ...], names: str = "a", more: bool = False) -> QueryResult:
    """Return rows under columns of these names."""
    columns = tuple(Column(name, "string") for name in names.split())
    return QueryResult(columns, rows, more=more)


def texts(sql: str, answer: QueryResult) -> str:
    """Return all that is noted about an answer."""
    return " ".join(check.text for check in check_answer(sql, answer))


def test_nothing_to_note() -> None:
    """An ordinary answer gets one check, and it is ok."""
    found = check_answer("SELECT a FROM t", result(("x",), ("y",)))
    assert [check.level for check in found] == ["ok"]


def test_no_rows_names_the_filters() -> None:
    """An empty answer names each condition that may have emptied it."""
    nested = "SELECT c FROM u WHERE d = 'q'"
    sql = f"SELECT a FROM t WHERE month = 13 AND b IS NOT NULL AND c IN ({nested})"
    text = texts(sql, result())
    assert "month = 13; b IS NOT NULL;" in text
    assert "d = 'q'" in text


def test_no_rows_without_a_filter() -> None:
    """An empty answer of a query without conditions is only called empty."""
    assert texts("SELECT a FROM t", result()) == "No row came back."


def test_no_rows_of_unreadable_sql() -> None:
    """SQL that cannot be parsed costs the details, not the check."""
    assert texts("SELEC a FRM", result()) == "No row came back."


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (((1, None), (2, None)), "Without a value in every row shown: b."),
        (((1, None),), "The only row has no value for b."),
        (
            ((None, None),),
            "The only row has no value for a, b: an aggregate over no rows gives null.",
        ),
    ],
)
def test_null_columns(rows: tuple[tuple[object, ...], ...], expected: str) -> None:
    """Columns without any value are named."""
    assert texts("SELECT a, b FROM t", result(*rows, names="a b")) == expected


def test_partly_null_column() -> None:
    """A column with one value among nulls is nothing to note."""
    found = check_answer("SELECT a FROM t", result((None,), (1,)))
    assert [check.level for check in found] == ["ok"]


def test_more_rows_in_order() -> None:
    """A cut answer says so, and an ORDER BY makes its first rows meaningful."""
    text = texts("SELECT a FROM t ORDER BY a", result((1,), (2,), more=True))
    assert text == "The result has more rows than the 2 shown."


def test_more_rows_without_order() -> None:
    """A cut answer without ORDER BY says that the rows shown are arbitrary."""
    text = texts("SELECT a FROM t", result((1,), more=True))
    assert "arbitrary, since the query has no ORDER BY" in text


@pytest.mark.parametrize(
    ("sql", "arbitrary"),
    [
        ("SELECT a FROM t LIMIT 5", True),
        ("SELECT a FROM t ORDER BY a LIMIT 5", False),
        ("SELECT a FROM t SORT BY a LIMIT 5", False),
        ("SELECT count(*) FROM t LIMIT 1", False),
        ("SELECT a, count(*) FROM t GROUP BY a LIMIT 1", True),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u LIMIT 1)", False),
        ("SELECT a FROM (SELECT a FROM t LIMIT 5) ORDER BY a", True),
        ("SELECT a FROM t UNION ALL SELECT b FROM u LIMIT 3", True),
        ("(SELECT a FROM t ORDER BY a) LIMIT 3", False),
    ],
)
def test_limit_without_order(sql: str, *, arbitrary: bool) -> None:
    """LIMIT without ORDER BY keeps arbitrary rows, unless any row would do."""
    assert ("LIMIT without ORDER BY" in texts(sql, result((1,)))) is arbitrary


def test_repeated_names() -> None:
    """Names that differ only in case count as repeated, since Spark reads them alike."""
    assert texts("SELECT a, A, b FROM t", result((1, 2, 3), names="a A b")) == (
        "More than one column has the same name: a."
    )


def test_no_columns() -> None:
    """An answer without columns is called that."""
    assert texts("SELECT 1", QueryResult((), ())) == "The answer has no columns."
