"""Results are compared as bags of rows, within a tolerance, in order only where it matters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.evaluation.matching import expect, expect_sorted, fits, matches

if TYPE_CHECKING:
    import random

CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.dates(),
)


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[object, ...]]:
    """Draw a small result with rows of one width."""
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=12))


@given(tables(), st.randoms(use_true_random=False))
def test_shuffled_rows_and_columns_stay_equal(
    rows: list[tuple[object, ...]], rng: random.Random
) -> None:
    """Neither the order of rows nor that of columns matters in an unordered result."""
    shuffled = rng.sample(rows, len(rows))
    columns = rng.sample(range(len(rows[0])), len(rows[0]))
    assert matches(
        expect(rows, ordered=False), [tuple(row[c] for c in columns) for row in shuffled]
    )


@given(tables(), st.data())
def test_a_changed_cell_makes_unequal(rows: list[tuple[object, ...]], data: st.DataObject) -> None:
    """A value that stands nowhere in the result cannot be part of an equal one."""
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    changed = [list(row) for row in rows]
    changed[place][column] = "a value of its own"
    assert not matches(expect(rows, ordered=False), changed)


@given(st.lists(st.integers(), min_size=2, max_size=8, unique=True), st.data())
def test_columns_are_moved_whole(values: list[int], data: st.DataObject) -> None:
    """Cells that swap within one column break the rows, though every column is the same bag."""
    shift = data.draw(st.integers(1, len(values) - 1))
    names = [f"row {number}" for number in range(len(values))]
    gold = list(zip(values, names, strict=True))
    swapped = list(zip(values[shift:] + values[:shift], names, strict=True))
    assert not matches(expect(gold, ordered=False), swapped)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, "1"),
        (True, 1),
        ("true", True),
        (Decimal("2.50"), 2.5),
        ("1e3", 1000),
        (float("nan"), None),
        (-0.0, 0),
        (1 / 3, 0.3333333),
        (1e12, 1e12 + 1),
        (float("inf"), float("inf")),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.date(2024, 2, 29), dt.datetime(2024, 2, 29)),  # noqa: DTZ001 - Spark's are naive
        (dt.datetime(2024, 2, 29, 7, 5), "2024-02-29 07:05:00"),  # noqa: DTZ001
        ("2024-02-29T00:00:00", "2024-02-29"),
        (b"\x01", bytearray(b"\x01")),
        ([1, None], (1.0, None)),
        ({"a": 1, "b": 2}, {"b": "2", "a": "1"}),
        (2**60, str(2**60)),
    ],
)
def test_equal_values_of_different_types(one: object, other: object) -> None:
    """What reads the same is the same, whatever type it came in."""
    assert matches(expect([(one,)], ordered=False), [(other,)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.00001),
        (0, None),
        ("", None),
        ("007", 7),
        ("Ada", "ada"),
        ("2024-02-30 00:00:00", "2024-02-30"),
        ("9" * 400, 1),
        ("1e999", float("inf")),
        (2**60, 2**60 + 2**42),
    ],
)
def test_different_values(one: object, other: object) -> None:
    """The tolerance is for rounding alone."""
    assert not matches(expect([(one,)], ordered=False), [(other,)])


def test_duplicates_count() -> None:
    """A row that comes twice is not the same as once."""
    assert not matches(expect([(1,), (1,), (2,)], ordered=False), [(1,), (2,), (2,)])
    assert not matches(expect([(1,), (2,)], ordered=False), [(1,), (2,), (2,)])
    assert not matches(expect([(1,)], ordered=False), [(1, 1)])


def test_empty_results_are_equal() -> None:
    """No rows are no rows, however many columns they would have had."""
    assert matches(expect([], ordered=True), [])
    assert not matches(expect([], ordered=False), [(None,)])


def test_order_counts_only_where_the_gold_orders() -> None:
    """The same rows backwards are right for a bag and wrong for a list."""
    rows = [(1, "a"), (2, "b")]
    assert matches(expect(rows, ordered=False), rows[::-1])
    assert matches(expect(rows, ordered=True), [("a", 1), ("b", 2)])
    assert not matches(expect(rows, ordered=True), rows[::-1])


def test_rows_that_tie_may_swap() -> None:
    """Within equal sort keys any order is right, across them none but the gold's."""
    expected = expect_sorted([("Ada", 9), ("Bo", 9), ("Cy", 4)], width=1)
    assert matches(expected, [("Bo",), ("Ada",), ("Cy",)])
    assert not matches(expected, [("Ada",), ("Cy",), ("Bo",)])


def test_a_cut_tie_takes_any_of_its_rows() -> None:
    """LIMIT 2 over three rows that tie for the second place keeps one of the three."""
    full = [("Ada", 9), ("Bo", 4), ("Cy", 4), ("Di", 4), ("Ed", 1)]
    expected = expect_sorted(full, width=1, limit=2)
    assert all(matches(expected, [("Ada",), (name,)]) for name in ("Bo", "Cy", "Di"))
    assert not matches(expected, [("Ada",), ("Ed",)])
    assert not matches(expected, [("Bo",), ("Ada",)])
    assert not matches(expected, [("Ada",)])
    assert matches(expect_sorted(full, width=1, limit=99), [(name,) for name, _ in full])


def test_rounding_does_not_depend_on_sorting() -> None:
    """Rows whose first number differs in the last digits still find their partners."""
    gold = [(0.1, "b", 2.0), (0.1 + 1e-12, "a", 1.0)]
    assert matches(expect(gold, ordered=False), [(0.1, "a", 1.0 + 1e-9), (0.1 - 1e-12, "b", 2.0)])


def test_many_rounded_rows_are_compared_quickly() -> None:
    """Twenty thousand floats off by rounding take no quadratic time."""
    rows = [(index / 7, index % 3, "x") for index in range(20_000)]
    rounded = [(value * (1 + 1e-12), group, name) for value, group, name in reversed(rows)]
    assert matches(expect(rows, ordered=False), rounded)


def test_wide_results_of_equal_columns_end() -> None:
    """Twelve columns that look alike are given up on, not tried in all their orders."""
    gold = [tuple(range(12)), tuple(range(12))[::-1]] * 2
    other = [tuple(range(12)), (*range(1, 12), 0)] * 2
    assert not matches(expect(gold, ordered=False), other)


def test_fits_needs_a_row_for_each() -> None:
    """Two equal rows need two partners."""
    assert fits([], [(1,)])
    assert not fits([(1,), (1,)], [(1,), (2,)])
    assert not fits([(1.0,), (1.0,)], [(1.0000001,), (2.0,)])
