from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.errors import ChartError
from streamlink_magic.records import ChartSpec, Column, QueryResult
from streamlink_magic.steps.chart import KINDS, choose_chart, make_chart, vega_lite

DAYS = [dt.date(2013, 1, day) for day in range(1, 11)]
ZONE = dt.timezone(dt.timedelta(hours=5))


def rows_of(names: str, rows: list[tuple[object, ...]], *, more: bool = False) -> QueryResult:
    """Return a result with these columns."""
    return QueryResult(tuple(Column(name, "any") for name in names.split()), tuple(rows), more=more)


def kind_of(names: str, rows: list[tuple[object, ...]]) -> str:
    """Return the kind of the chart that fits; empty where none does."""
    spec = choose_chart(rows_of(names, rows))
    return spec.kind if spec else ""


@pytest.mark.parametrize(
    ("names", "rows", "kind"),
    [
        ("n", [(336776,)], "figure"),
        ("n", [(Decimal("12.5"),)], "figure"),
        ("day n", [(day, index) for index, day in enumerate(DAYS)], "line"),
        ("at n", [(dt.datetime(2013, 1, 1, hour, tzinfo=ZONE), hour) for hour in range(5)], "line"),
        ("month n", [("2013-01", 4), ("2013-02", 5), ("2013-03", 1)], "line"),
        ("hour delay", [(hour, hour * 1.5) for hour in range(5, 24)], "line"),
        ("year month n", [(2013, month, 5 * month) for month in range(1, 13)], "line"),
        ("kind n", [("cat", 2), ("dog", 1)], "bar"),
        ("late n", [(True, 2), (False, 1)], "bar"),
        ("year n", [(2012, 2), (2013, 1)], "bar"),
        ("flight_id delay", [(77, 2.5), (12, 1.5)], "bar"),
        ("origin kind n", [(o, k, 7) for o in ("JFK", "LGA") for k in ("late", "early")], "bar"),
        ("x y", [(float(i), i * 2.0) for i in range(9)], "scatter"),
        ("day n", [(DAYS[0], index) for index in range(2)] + [(d, 1) for d in DAYS], "scatter"),
    ],
)
def test_the_shape_decides(names: str, rows: list[tuple[object, ...]], kind: str) -> None:
    """One number is a figure, times make lines, names make bars, two numbers a scatter."""
    assert kind_of(names, rows) == kind


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ("n", []),
        ("n", [(None,)]),
        ("n", [(math.nan,)]),
        ("name", [("Ada",)]),
        ("n m", [(1, 2)]),
        ("name n", [("Ada", None), ("Bo", None)]),
        ("name n", [("Ada", 1), ("Ada", 2), ("Bo", 1)]),
        ("name n", [(f"name {index}", index % 7) for index in range(31)]),
        ("n", [(index,) for index in range(9)]),
        ("x y", [(0.5, 1.5)] * 9),
        ("x y z", [(i * 0.5, i * 1.5, i * 2.5) for i in range(9)]),
        ("a b c d e f name", [(1, 2, 3, 4, 5, 6, "x"), (1, 2, 3, 4, 5, 6, "y")]),
        ("tags n", [(["a"], 1), (["b"], 2)]),
        ("blob n", [(b"a", 1), (b"b", 2)]),
        ("one two n", [(f"a{index}", "x", 1) for index in range(40)]),
    ],
)
def test_nothing_is_drawn_where_nothing_fits(names: str, rows: list[tuple[object, ...]]) -> None:
    """No rows or numbers, repeated or too many names, nested values, a wide listing: no chart."""
    assert kind_of(names, rows) == ""


def test_no_columns() -> None:
    """A result without columns has no chart."""
    assert choose_chart(QueryResult((), ())) is None


def chart_of(names: str, rows: list[tuple[object, ...]], *, more: bool = False) -> ChartSpec:
    """Return the chart that fits."""
    spec = choose_chart(rows_of(names, rows, more=more))
    assert spec is not None
    return spec


def test_bars_show_the_number_that_orders_the_rows() -> None:
    """Of two numbers the one by which the rows are ordered is drawn, in their order."""
    spec = chart_of("name n delay", [("Ada", 3, 9.5), ("Bo", 8, 4.0), ("Cy", 1, 2.0)])
    assert spec.y.name == "delay"
    assert [point[:2] for point in spec.points] == [("Ada", 9.5), ("Bo", 4.0), ("Cy", 2.0)]


def test_of_a_code_and_a_name_the_name_stands_at_the_bars() -> None:
    """A code beside a name does not stand in for it."""
    spec = chart_of("carrier name n", [("UA", "United Air Lines", 2), ("AA", "American", 1)])
    assert spec.x.name == "name"


def test_many_ordered_bars_are_cut_and_said_to_be() -> None:
    """Of a long ordered list the first are drawn, and how many is told."""
    spec = chart_of("name n", [(f"name {index}", 100 - index) for index in range(40)])
    assert len(spec.points) == 20
    assert spec.note == "20 of 40 rows are drawn."


def test_what_is_not_fetched_is_told() -> None:
    """A chart of a cut result says that there is more."""
    assert "has more" in chart_of("kind n", [("cat", 2), ("dog", 1)], more=True).note


def test_lines_run_in_order_of_time() -> None:
    """However the rows come, a line runs from left to right; series keep the columns' order."""
    spec = chart_of("day b a", [(DAYS[2], 3, 1), (DAYS[0], 1, 1), (DAYS[1], 2, 1)])
    assert [point[0] for point in spec.points[:3]] == ["2013-01-01", "2013-01-02", "2013-01-03"]
    assert [point[2] for point in spec.points] == ["b"] * 3 + ["a"] * 3


def test_a_time_is_drawn_as_the_table_shows_it() -> None:
    """The clock of the value's own zone is what is drawn, in no other zone."""
    rows = [(dt.datetime(2013, 1, 1, hour, tzinfo=ZONE), hour) for hour in (7, 8, 9)]
    spec = chart_of("at n", rows)
    assert spec.points[0][0] == "2013-01-01T07:00:00"
    assert vega_lite(spec)["data"]["values"][0]["x"] == "2013-01-01T07:00:00Z"


def test_values_that_cannot_be_drawn_are_left_out_and_told() -> None:
    """Null, NaN and infinity have no place on an axis."""
    rows = [("a", 1.0), ("b", None), ("c", math.nan), ("d", math.inf), ("e", 2.0)]
    spec = chart_of("name n", rows)
    assert [point[0] for point in spec.points] == ["a", "e"]
    assert spec.note == "2 of 5 rows are drawn."


def test_numbers_far_apart_do_not_share_a_line_chart() -> None:
    """A count of thousands would flatten a delay of minutes to a line on the ground."""
    spec = chart_of("hour delay n", [(hour, 5.5 + hour, 20_000 + hour) for hour in range(6)])
    assert (spec.y.name, spec.series) == ("delay", "")


def test_words_for_those_who_do_not_see_it() -> None:
    """The alternative text tells kind, axes, count and both ends; years have no thousands."""
    spec = chart_of("kind n", [("cat", 1200), ("dog", 1)])
    assert spec.alt == "Bar chart of n by kind: 2 bars. Highest: 1,200 (cat); lowest: 1 (dog)."
    years = chart_of("year n", [(2011, 3), (2012, 5), (2013, 4)])
    assert "from 2011 to 2013" in years.alt


def test_columns_of_the_same_name() -> None:
    """Duplicate and odd names are told apart by their place."""
    spec = chart_of("n.[0] n.[0]", [("a", 1), ("b", 2)])
    drawn = vega_lite(spec)
    assert drawn["data"]["values"][0] == {"x": "a", "y": 1.0, "s": ""}
    assert drawn["encoding"]["x"]["field"] == "y"


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.decimals(),
    st.text(max_size=12),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(ZONE)),
    st.binary(max_size=4),
    st.lists(st.integers(), max_size=2),
)


def test_a_signalling_nan_is_no_point() -> None:
    """It cannot become a float; the row is left out like that of any other NaN."""
    rows = (("a", Decimal("sNaN")), ("b", Decimal(2)), ("c", Decimal(3)))
    columns = (Column("kind", "string"), Column("n", "decimal(10,2)"))
    spec = choose_chart(QueryResult(columns, rows))
    assert spec is not None
    assert [point[:2] for point in spec.points] == [("b", 2.0), ("c", 3.0)]


@given(st.integers(0, 4), st.data())
def test_any_result_has_a_chart_or_none(width: int, data: st.DataObject) -> None:
    """Whatever the values, choosing ends, and what is chosen can be said and specified."""
    columns = [data.draw(st.lists(CELLS, min_size=6, max_size=6)) for _ in range(width)]
    names = data.draw(st.lists(st.text(max_size=6), min_size=width, max_size=width))
    rows = tuple(zip(*columns, strict=True))
    spec = choose_chart(QueryResult(tuple(Column(name, "any") for name in names), rows))
    if spec is None:
        return
    assert spec.alt
    assert all(math.isfinite(point[1]) for point in spec.points)
    if spec.kind != "figure":
        assert len(vega_lite(spec)["data"]["values"]) == len(spec.points)


RESULT = rows_of("name n delay", [("Ada", 3, 9.5), ("Bo", 8, 4.0), ("Cy", 1, 2.0)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_reader_chooses_another(kind: str) -> None:
    """Every kind can be asked for, with columns of the reader's choice."""
    spec = make_chart(RESULT, kind, x="name" if kind != "scatter" else "n", y="delay")
    assert (spec.kind, spec.y.name) == (kind, "delay")


def test_a_chart_that_cannot_be_made_is_refused_with_the_way_on() -> None:
    """Unknown kinds and columns, and values that repeat, are met with what would work."""
    with pytest.raises(ChartError, match="bar, line, area, scatter"):
        make_chart(RESULT, "pie")
    with pytest.raises(ChartError, match="name, n, delay"):
        make_chart(RESULT, "bar", x="nam")
    with pytest.raises(ChartError, match="repeat"):
        make_chart(rows_of("name n", [("Ada", 1), ("Ada", 2)]), "bar")
