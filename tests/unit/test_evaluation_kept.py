"""Kept answers are asked again and compared by what they return."""

from __future__ import annotations

import pytest

from streamlink_magic.errors import EvaluationError, ModelTimeoutError, UnsafeSqlError
from streamlink_magic.evaluation import Prediction
from streamlink_magic.evaluation.kept import KeptPair, _gold, evaluate_kept, kept_rows
from streamlink_magic.records import Verdict

PAIRS = (
    KeptPair("a", "How many boats are there?", "SELECT count(*) FROM boat"),
    KeptPair("b", "Which boats, the longest first?", "SELECT name FROM boat ORDER BY length DESC"),
    KeptPair("c", "Which harbours have no boat?", "SELECT harbour FROM empty"),
)
TIES = "SELECT name, length AS sort_key_0 FROM boat ORDER BY length DESC"
RESULTS: dict[str, list[tuple[object, ...]]] = {
    "SELECT count(*) FROM boat": [(3,)],
    "SELECT 3": [(3.0,)],
    "SELECT name FROM boat ORDER BY length DESC": [("Gull",), ("Tern",), ("Auk",)],
    TIES: [("Gull", 9), ("Tern", 9), ("Auk", 4)],
    "tie": [("Tern",), ("Gull",), ("Auk",)],
    "reversed": [("Auk",), ("Tern",), ("Gull",)],
    "SELECT harbour FROM empty": [],
}


def run(sql: str) -> list[tuple[object, ...]]:
    """Run a made-up query behind a guard that lets nothing be dropped."""
    if sql.startswith("DROP"):
        raise UnsafeSqlError(Verdict(allowed=False, rule="not-a-query"))
    return RESULTS[sql]


def failures(*answers: str) -> list[str]:
    """Return the failures of these answers to the kept questions."""
    said = dict(zip((pair.id for pair in PAIRS), answers, strict=True))
    report = evaluate_kept(PAIRS, lambda pair: Prediction(said[pair.id]), run)
    return [f"{one.failure} {one.shape}".strip() for one in report.outcomes]


def test_the_same_result_is_right_however_it_is_written() -> None:
    """SQL may differ, and rows that tie on the sort key may swap."""
    assert failures("SELECT 3", "tie", "SELECT harbour FROM empty") == ["", "", ""]


def test_another_result_is_told_with_its_difference() -> None:
    """Order counts where the kept SQL orders; no SQL and refused SQL are told apart."""
    assert failures("tie", "reversed", "DROP TABLE boat") == [
        "wrong_result extra_rows",
        "wrong_result order",
        "refused",
    ]


def test_an_error_of_one_question_does_not_end_the_others() -> None:
    """It becomes that question's status."""

    def ask(pair: KeptPair) -> Prediction:
        if pair.id == "a":
            raise ModelTimeoutError("Too slow.", "Wait longer.")
        return Prediction(pair.sql)

    seen: list[tuple[int, int]] = []
    report = evaluate_kept(PAIRS, ask, run, progress=lambda *state: seen.append(state))
    assert [one.status for one in report.outcomes] == ["error:ModelTimeoutError", "ok", "ok"]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert kept_rows(report, PAIRS) == (
        ("as kept", "2/3 = 66.7 %"),
        ("missing", "How many boats are there?"),
    )


def test_kept_sql_is_guarded_too() -> None:
    """A kept file may come from anywhere; what it would do is refused and told as its fault."""
    poisoned = (KeptPair("x", "How many?", "DROP TABLE boat"),)
    report = evaluate_kept(poisoned, lambda _: Prediction("SELECT 3"), run)
    assert report.failures == {"gold_failed": 1}
    assert "not-a-query" in report.outcomes[0].detail


def test_nothing_kept_is_told() -> None:
    """An empty memory is no perfect score."""
    with pytest.raises(EvaluationError, match="no kept answers") as caught:
        evaluate_kept((), lambda _: Prediction(""), run)
    assert "%streamlink keep" in caught.value.hint


@pytest.mark.parametrize(
    ("kept", "with_keys"),
    [
        ("SELECT a, b FROM t ORDER BY 2", "SELECT a, b, b AS sort_key_0 FROM t ORDER BY 2"),
        (
            "SELECT a, max(b) AS m FROM t GROUP BY a ORDER BY m",
            "SELECT a, MAX(b) AS m, MAX(b) AS sort_key_0 FROM t GROUP BY a ORDER BY m",
        ),
        ("SELECT DISTINCT a FROM t ORDER BY a", ""),
        ("SELECT a FROM t UNION SELECT b FROM u ORDER BY a", ""),
        ("SELECT * FROM t ORDER BY a", ""),
        ("SELECT a FROM t", ""),
        ("SELECT a FROM (", ""),
    ],
)
def test_sort_keys_are_added_where_they_change_no_row(kept: str, with_keys: str) -> None:
    """Places and aliases are followed to what they stand for."""
    assert _gold(KeptPair("x", "?", kept)).tie_sql == with_keys
