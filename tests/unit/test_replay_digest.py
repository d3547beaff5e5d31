"""A digest that equal results share, and different ones do not."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamlink_magic.replay.digest import rows_digest

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.dates(),
)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=6)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count(rows: list[tuple[object, ...]], random: object) -> None:
    """Spark may return equal rows in any order."""
    other = list(rows)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert rows_digest(rows) == rows_digest(other)


@given(ROWS, CELLS)
def test_a_further_row_counts(rows: list[tuple[object, ...]], cell: object) -> None:
    """A bag, not a set: one row more is another result, even where it is a copy."""
    assert rows_digest(rows) != rows_digest([*rows, (cell, cell)])


@given(
    st.one_of(
        st.floats(min_value=1e-9, max_value=1e15),
        st.decimals(min_value=-99999, max_value=99999, places=2).map(float),
        st.integers(-(10**9), 10**9).map(lambda n: n / 8),
    )
)
def test_the_last_digits_of_a_float_do_not_count(number: float) -> None:
    """A sum of floats depends on the order in which it is added up."""
    scaled = abs(number) / 10.0 ** math.floor(math.log10(abs(number))) if number else 1.0
    # Some borders there must be; short decimals lie far from all of them.
    assume(abs((scaled * 1e8 + 0.381966) % 1 - 0.5) < 0.499)
    near = math.nextafter(number, math.inf)
    assert rows_digest([(number,)]) == rows_digest([(near,)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.3, 0.1 + 0.2),
        (1.0, 0.9999999999999999),
        (10.0, 9.999999999999998),
        (12.5, 12.499999999999998),
        (0.0, -0.0),
        (0.0, 1e-17),
        (12345678.905, 12345678.904999999),
        (Decimal("1.50"), Decimal("1.5")),
        (
            datetime(2013, 1, 1, 12, tzinfo=UTC),
            datetime(2013, 1, 1, 7, tzinfo=timezone(timedelta(hours=-5))),
        ),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ],
)
def test_what_means_the_same_is_the_same(one: object, other: object) -> None:
    """Rounding, zones and the order of a map's keys change nothing."""
    assert rows_digest([(one,)]) == rows_digest([(other,)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (0, None),
        (1.0, 1.0000001),
        (1e-7, 2e-7),
        (float("nan"), float("inf")),
        (date(2013, 1, 1), datetime(2013, 1, 1)),  # noqa: DTZ001  without a zone on purpose
        ([1, 2], [2, 1]),
        ("a", b"a"),
    ],
)
def test_what_differs_is_told_apart(one: object, other: object) -> None:
    """Kinds that print alike, and numbers that differ in the ninth digit, are different."""
    assert rows_digest([(one,)]) != rows_digest([(other,)])
