from __future__ import annotations

import math
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.steps.render import format_value
from streamlink_magic.steps.render.values import format_column, visible


class Row(tuple):  # noqa: SLOT001 - as Spark's own
    """A row as Spark returns it."""

    __fields__ = ("x", "y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (336776, "336776"),
        (Decimal("10.50"), "10.50"),
        (Decimal("1E-20"), "0.00000000000000000001"),
        (Decimal("1E+900"), "1E+900"),
        (0.1 + 0.2, "0.3"),
        (3.0, "3.0"),
        (-0.0, "-0.0"),
        (1234567.891, "1234567.89"),
        (1e300, "1e+300"),
        (1.5e-9, "1.5e-09"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (date(2013, 1, 2), "2013-01-02"),
        (datetime(2013, 1, 2, 5, tzinfo=UTC), "2013-01-02 05:00:00+00:00"),
        (
            datetime(2013, 1, 2, 5, tzinfo=timezone(timedelta(hours=-5))),
            "2013-01-02 05:00:00-05:00",
        ),
        (b"\x01\xff", "0x01ff"),
        (bytes(1000), f"0x{'00' * 32}… (1,000 bytes)"),
        ("a\tb\x1b[31m\u202e", "a\\tb\\x1b[31m\\u202e"),
        ("x" * 1_000_000, f"{'x' * 200}… (+999,800 characters)"),
        ({"a": 1, "b": [True, None]}, '{"a": 1, "b": [true, null]}'),
        ([("k", 1), ("l", 2)], '{"k": 1, "l": 2}'),
        ([Row((1, 2))], '[{"x": 1, "y": 2}]'),
        ([date(2013, 1, 2), 0.5], "[2013-01-02, 0.5]"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_values(value: object, expected: str) -> None:
    """Each kind of value has one form."""
    assert format_value(value) == expected


def test_large_nested_values_are_cut() -> None:
    """A huge list is cut without being spelled out, and deep nesting ends somewhere."""
    text = format_value([{"name": "x" * 50}] * 1_000_000)
    assert len(text) == 201
    assert text.endswith("…")
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    assert "…" in format_value(deep)


def test_floats_of_a_column_share_their_decimals() -> None:
    """Numbers below each other can be compared digit by digit."""
    assert format_column([25.1234567, 9.5, None, -100.0]) == ["25.123", "9.500", "null", "-100.000"]
    assert format_column([1.0, 2.0]) == ["1.0", "2.0"]
    assert format_column([1e-9, 2.0]) == ["1e-09", "2.0"]
    assert format_column([math.nan, 0.25]) == ["NaN", "0.25"]
    assert format_column(["a", 1.25]) == ["a", "1.25"]


@given(st.text())
def test_visible_text_is_inert(text: str) -> None:
    """No control character, line break, lone surrogate or direction override is left."""
    shown = visible(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\ufeff")
    shown.encode()


@given(st.floats())
def test_floats_stay_close(value: float) -> None:
    """A float's text is the float to five digits."""
    shown = float(format_value(value))
    assert math.isnan(value) if math.isnan(shown) else math.isclose(shown, value, rel_tol=1e-5)
