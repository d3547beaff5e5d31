"""What stands out in a statement beside its question and the data."""

import pytest

from streamlink_magic.records import ColumnValues, DataProfile, Join
from streamlink_magic.steps.doubts import find_doubts
from streamlink_magic.testing import table

SHOP = table("shop", "id int, name string, rent double, opened date")
SALE = table("sale", "shop_id int, paid double, day date")
PROFILE = DataProfile(
    joins=(Join(SALE.name, ("shop_id",), SHOP.name, ("id",), "declared", "high"),),
    values=(
        ColumnValues(SALE.name, "day", complete=True, lowest="2024-01-02", highest="2024-11-30"),
        ColumnValues(SHOP.name, "opened", lowest="1990-01-01", highest="2020-01-01"),
        ColumnValues(SALE.name, "paid", complete=True, lowest="1", highest="9", rows=200, nulls=9),
        ColumnValues(SHOP.name, "rent", rows=1_000, nulls=9),
    ),
)
JOINED = "FROM shop s JOIN sale x ON x.shop_id = s.id"


def doubts(sql: str, question: str = "") -> list[str]:
    """Return the sentences."""
    return [check.text for check in find_doubts(sql, question, (SHOP, SALE), PROFILE)]


@pytest.mark.parametrize("total", ["sum(s.rent)", "avg(rent)"])
def test_a_total_over_repeated_rows_is_told(total: str) -> None:
    """A shop's rent counts once for each of its sales."""
    (said,) = doubts(f"SELECT s.name, {total} {JOINED} GROUP BY s.name")
    assert said.endswith("takes a row of shop once for each row of sale joined to it.")
    assert said.lower().startswith(total)


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT s.name, sum(x.paid) {JOINED} GROUP BY s.name",
        f"SELECT s.name, count(s.id) {JOINED} GROUP BY s.name",
        "SELECT sum(rent) FROM shop WHERE id IN (SELECT shop_id FROM sale)",
        "SELECT sum(rent) FROM shop",
        "SELECT avg(rent) FROM nowhere JOIN elsewhere",
        "not SQL at all (",
    ],
)
def test_rows_that_stand_once_are_no_doubt(sql: str) -> None:
    """The side that refers is not repeated, and a count of a join counts the join."""
    assert doubts(sql) == []


@pytest.mark.parametrize(
    ("question", "order", "told"),
    [
        ("Which shop has the highest rent?", "rent", "«highest», and the rows are ordered upward"),
        ("Which has the lowest rent?", "rent DESC", "«lowest», and the rows are ordered downward"),
        ("哪家店租金最高?", "rent", "«最高», and the rows are ordered upward"),
        ("Which shop has the highest rent?", "rent DESC", ""),
        ("Which has the lowest rent?", "rent", ""),
        ("The highest and the lowest?", "rent", ""),
        ("Which shop is it?", "rent", ""),
    ],
)
def test_an_order_against_the_question_is_told(question: str, order: str, told: str) -> None:
    """*Most* wants the largest first where only the first rows are kept."""
    said = doubts(f"SELECT name FROM shop ORDER BY {order} LIMIT 1", question)
    assert (told in "".join(said)) if told else said == []
    assert doubts(f"SELECT name FROM shop ORDER BY {order}", question) == []


def test_the_dates_that_there_are_stand_beside_a_condition_on_them() -> None:
    """Only where the whole table was read, and not for other columns."""
    assert doubts("SELECT count(*) FROM sale WHERE day > DATE '2025-01-01' AND paid > 3") == [
        "sale.day goes from 2024-01-02 to 2024-11-30."
    ]
    assert doubts("SELECT count(*) FROM shop WHERE opened > DATE '2025-01-01'") == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT avg(paid) FROM sale", "of its rows"),
        ("SELECT avg(x.paid) FROM sale x WHERE x.shop_id = 1", "of its rows"),
        ("SELECT sum(paid) FROM sale", ""),
        ("SELECT avg(rent) FROM shop", ""),
        ("SELECT avg(paid + 1) FROM sale", ""),
    ],
)
def test_nulls_that_an_average_leaves_out_are_told(sql: str, told: str) -> None:
    """As a share of the rows looked at; less than one in a hundred is not worth a word."""
    expected = [f"sale.paid is null in 4.5 % {told}; the average leaves them out."] if told else []
    assert doubts(sql) == expected


def test_a_share_of_a_sample_says_so() -> None:
    """The table may hold more."""
    values = (ColumnValues(SHOP.name, "rent", rows=10_000, nulls=2_500),)
    (said,) = find_doubts("SELECT avg(rent) FROM shop", "", (SHOP,), DataProfile(values=values))
    assert said.text.startswith("shop.rent is null in 25.0 % of the 10,000 rows looked at;")
