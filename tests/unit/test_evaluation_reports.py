"""Outcomes are classed, summed, written and compared."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from rich.console import Console

from streamlink_magic.errors import (
    EvaluationError,
    ExecutionError,
    InvalidSqlError,
    QueryTimeoutError,
    UnsafeSqlError,
)
from streamlink_magic.evaluation import (
    BenchmarkSet,
    BenchQuestion,
    Gold,
    Outcome,
    Prediction,
    Report,
    compare,
    comparison_rows,
    mcnemar,
    read_report,
    score,
    summary_rows,
    summary_text,
    to_json,
    write_report,
)
from streamlink_magic.evaluation.details import write_details
from streamlink_magic.evaluation.failures import classify
from streamlink_magic.evaluation.shape import shape_of
from streamlink_magic.evaluation.terminal import RunProgressLines
from streamlink_magic.records import Verdict

RESULTS: dict[str, list[tuple[object, ...]]] = {
    "gold": [("Ada", 2), ("Bo", 2), ("Cy", 1)],
    "tie": [("Ada", 2, 2), ("Bo", 2, 2), ("Cy", 1, 1)],
    "swapped": [("Bo", 2), ("Ada", 2), ("Cy", 1)],
    "backwards": [("Cy", 1), ("Bo", 2), ("Ada", 2)],
    "top": [("Ada",)],
    "full": [("Ada", 2), ("Bo", 2), ("Cy", 1)],
    "other top": [("Bo",)],
    "low top": [("Cy",)],
    "alternative": [(None,)],
}


class ParseException(Exception):  # noqa: N818 - Spark's name
    """Stands for Spark's own."""


def run(db_id: str, sql: str) -> list[tuple[object, ...]]:
    """Run a made-up query."""
    assert db_id == "library"
    if sql == "broken":
        raise ParseException
    if sql == "slow":
        raise QueryTimeoutError("60 s passed.", "Ask for less.")
    return RESULTS[sql]


def made_set(*golds: Gold) -> BenchmarkSet:
    """Return a set with these gold queries and one question each."""
    questions = tuple(
        BenchQuestion(gold.id, "library", "?", difficulty="easy" if index % 2 else "hard")
        for index, gold in enumerate(golds)
    )
    return BenchmarkSet("loans", Path(), questions, {gold.id: gold for gold in golds}, {})


def outcomes(gold: Gold, *sqls: str) -> list[str]:
    """Return the failures of some predictions for one question."""
    benchmark = made_set(gold)
    return [
        score(
            benchmark,
            benchmark.questions,
            {gold.id: Prediction(sql)},
            run_sql=run,
            run_gold=run,
        )
        .outcomes[0]
        .failure
        for sql in sqls
    ]


def test_ties_are_allowed_to_swap_when_their_keys_are_known() -> None:
    """Without the sort keys the gold's order is the only one."""
    wrong = "wrong_result"
    with_keys = Gold("q1", "gold", ordered=True, tie_sql="tie")
    assert outcomes(with_keys, "gold", "swapped", "backwards") == ["", "", wrong]
    without = Gold("q1", "gold", ordered=True)
    assert outcomes(without, "gold", "swapped") == ["", wrong]
    assert outcomes(Gold("q1", "gold"), "backwards") == [""]


def test_a_limit_through_a_tie_keeps_any_of_its_rows() -> None:
    """Either of two firsts is the first; the third is not."""
    gold = Gold("q1", "top", ordered=True, full_sql="full", limit=1)
    assert outcomes(gold, "top", "other top", "low top") == ["", "", "wrong_result"]


def test_alternatives_are_right_too() -> None:
    """Any of the gold's alternatives will do."""
    assert outcomes(Gold("q1", "gold", alternatives=("alternative",)), "alternative") == [""]


def test_failures_are_classed() -> None:
    """No SQL, bad SQL, slow SQL and a broken gold query are told apart."""
    assert outcomes(Gold("q1", "gold"), "", "broken", "slow", "top") == [
        "missing",
        "parse_error",
        "timeout",
        "wrong_result",
    ]
    assert outcomes(Gold("q1", "broken"), "gold") == ["gold_failed"]


@pytest.mark.parametrize(
    ("wrong", "shape"),
    [
        ([("Ada", 2, 1)] * 9, "extra_columns"),
        ([("Ada",), ("Bo",), ("Cy",)], "missing_columns"),
        ([("Ada", 2)], "missing_rows"),
        ([], "missing_rows"),
        ([("Ada", 2)] * 4, "extra_rows"),
        ([(1, "Cy"), (2, "Bo"), (2, "Ada")], "order"),
        ([("Ada", 2), ("Bo", 2), ("Cy", 3)], "values"),
    ],
)
def test_a_wrong_result_has_a_shape(wrong: list[tuple[object, ...]], shape: str) -> None:
    """The coarsest difference is told: columns, then rows, then their order, then values."""
    assert shape_of(RESULTS["gold"], wrong) == shape


def test_wrong_results_are_counted_by_shape() -> None:
    """Only wrong results have a shape; a right one and an error have none."""
    benchmark = made_set(*(Gold(f"q{index}", "gold", ordered=True) for index in range(4)))
    predictions = {
        f"q{index}": Prediction(sql)
        for index, sql in enumerate(("gold", "backwards", "top", "broken"))
    }
    made = score(benchmark, benchmark.questions, predictions, run_sql=run, run_gold=run)
    assert [one.shape for one in made.outcomes] == ["", "order", "missing_columns", ""]
    assert to_json(made)["wrong_results"] == {"missing_columns": 1, "order": 1}
    assert to_json(made)["failures_by_difficulty"] == {
        "easy": {"parse_error": 1, "wrong_result": 1},
        "hard": {"wrong_result": 1},
    }
    assert "missing_columns 1, order 1" in summary_text(made)


def test_scoring_side_by_side_keeps_the_order_of_the_set() -> None:
    """Outcomes stand where their questions do, whichever ended first."""
    benchmark = made_set(*(Gold(f"q{index}", "gold") for index in range(6)))
    predictions = {f"q{index}": Prediction(str(index)) for index in range(6)}

    def slow(_: str, sql: str) -> list[tuple[object, ...]]:
        if sql != "gold":
            time.sleep(0.05 - int(sql) / 100)
        return RESULTS["gold"]

    told: list[tuple[int, int]] = []
    made = score(
        benchmark,
        benchmark.questions,
        predictions,
        run_sql=slow,
        run_gold=slow,
        workers=3,
        progress=lambda *state: told.append(state),
    )
    assert [one.id for one in made.outcomes] == [f"q{index}" for index in range(6)]
    assert told == [(count, 6) for count in range(1, 7)]


def test_a_log_tells_how_far_a_run_is() -> None:
    """Where there is no terminal, some lines are printed; a thousand are not."""
    log = io.StringIO()
    with RunProgressLines(Console(file=log, width=80)) as lines:
        for done in range(1, 1001):
            lines.asked(done, 1000, None, 60.0 * (1000 - done))
        lines.scored(1, 1)
    printed = log.getvalue().splitlines()
    assert len(printed) == 21
    assert printed[0] == "Asked 50 of 1000, 950 min left"
    assert printed[-1] == "Scored 1 of 1"


def test_a_question_held_to_be_unanswerable_is_a_class_of_its_own() -> None:
    """It failed by a decision, not by chance, even where SQL was at hand."""
    benchmark = made_set(Gold("q1", "gold"))
    said = {"q1": Prediction("gold", status="unanswerable")}
    made = score(benchmark, benchmark.questions, said, run_sql=run, run_gold=run)
    assert made.failures == {"unanswerable": 1}


def test_badges_have_coverage_and_accuracy() -> None:
    """The most trusted comes first; questions without an answer have no badge."""
    badges = ("do not trust", "", "well supported", "well supported", "check this")
    benchmark = made_set(*(Gold(f"q{index}", "gold") for index in range(5)))
    predictions = {
        f"q{index}": Prediction("gold" if index > 1 else "top", badge=badge)
        for index, badge in enumerate(badges)
    }
    made = score(benchmark, benchmark.questions, predictions, run_sql=run, run_gold=run)
    table = to_json(made)["by_badge"]
    assert isinstance(table, dict)
    assert list(table) == ["well supported", "check this", "do not trust", "none"]
    assert table["well supported"] == {
        "questions": 2,
        "correct": 2,
        "accuracy": 1.0,
        "coverage": 0.4,
    }
    assert "2/2 = 100.0 %, covers 40.0 %" in summary_text(made)


def test_a_report_without_badges_has_no_trust_table(report: Report) -> None:
    """Nothing is said of what was not looked at."""
    assert to_json(report)["by_badge"] == {}


def test_details_hold_a_line_a_question(tmp_path: Path) -> None:
    """Words, gold query, outcome and signals stand together."""
    benchmark = made_set(Gold("q0", "gold"), Gold("q1", "gold"))
    said = {"q0": Prediction("top", signals={"agreement": 0.5})}
    made = score(benchmark, benchmark.questions, said, run_sql=run, run_gold=run)
    write_details(made, benchmark, said, tmp_path / "rows.jsonl")
    first, second = map(json.loads, (tmp_path / "rows.jsonl").read_text("utf-8").splitlines())
    assert (first["question"], first["gold_sql"], first["sql"]) == ("?", "gold", "top")
    assert (first["failure"], first["shape"]) == ("wrong_result", "missing_columns")
    assert first["signals"] == {"agreement": 0.5}
    assert (second["failure"], second["signals"]) == ("missing", {})


def refusal(why: str) -> Verdict:
    """Return a refusal."""
    return Verdict(allowed=False, rule="analysis", why=why)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidSqlError(refusal("[UNRESOLVED_COLUMN.WITH_SUGGESTION] no `x`")), "unknown_column"),
        (InvalidSqlError(refusal("[TABLE_OR_VIEW_NOT_FOUND] no `x`")), "unknown_table"),
        (InvalidSqlError(refusal("[PARSE_SYNTAX_ERROR] near `x`")), "parse_error"),
        (ExecutionError("[DIVIDE_BY_ZERO] Division by zero."), "other_runtime"),
        (InvalidSqlError(refusal("no"), condition="UNRESOLVED_COLUMN.X"), "unknown_column"),
        (UnsafeSqlError(refusal("it writes: [PARSE_SYNTAX_ERROR]")), "refused"),
        (TimeoutError("slow"), "other_runtime"),
        (QueryTimeoutError("[PARSE_SYNTAX_ERROR] is not what counts"), "timeout"),
    ],
)
def test_sparks_own_name_of_an_error_decides(error: Exception, expected: str) -> None:
    """The class follows Spark's condition, wherever the guard or the executor put it."""
    assert classify(error) == expected


def test_the_cause_is_looked_at() -> None:
    """An error without a name of its own has that of its cause."""
    error = ExecutionError("Spark failed.")
    error.__cause__ = ValueError("[UNRESOLVED_COLUMN] no `x`")
    assert classify(error) == "unknown_column"


@pytest.fixture
def report() -> Report:
    """Return a report of four questions, one without an answer, one without a gold query."""
    benchmark = made_set(*(Gold(f"q{index}", "gold") for index in range(4)))
    questions = (*benchmark.questions, BenchQuestion("q9", "library", "?"))
    predictions = {
        "q0": Prediction("gold", tokens=100, seconds=1.0, model_calls=1),
        "q1": Prediction("top", tokens=300, seconds=3.0, model_calls=2),
        "q2": Prediction("", tokens=200, seconds=8.0, status="refused:writes"),
        "q9": Prediction("gold"),
    }
    return score(
        benchmark, questions, predictions, run_sql=run, run_gold=run, settings={"model": "small"}
    )


def test_the_sums_of_a_report(report: Report) -> None:
    """Shares, failures and costs are those of the outcomes; unscorable questions are left out."""
    sums = to_json(report)
    assert (sums["questions"], sums["correct"], sums["accuracy"]) == (4, 1, 0.25)
    assert sums["by_difficulty"] == {
        "easy": {"questions": 2, "correct": 0, "accuracy": 0.0},
        "hard": {"questions": 2, "correct": 1, "accuracy": 0.5},
    }
    assert sums["failures"] == {"missing": 2, "wrong_result": 1}
    assert sums["tokens"] == {"mean": 200.0, "median": 200.0}
    assert sums["seconds"] == {"mean": 4.0, "median": 3.0}
    assert list(report.by(lambda outcome: outcome.status)) == ["missing", "ok", "refused:writes"]


def test_a_report_is_read_back(report: Report, tmp_path: Path) -> None:
    """The file has the same keys in the same order each time, and nothing is lost."""
    file = tmp_path / "report.json"
    write_report(report, file)
    first = file.read_bytes()
    assert read_report(file) == report
    write_report(read_report(file), file)
    assert file.read_bytes() == first
    assert list(json.loads(first))[:2] == ["set", "settings"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_report_that_cannot_be_written_leaves_nothing(report: Report, tmp_path: Path) -> None:
    """An impossible place is an error of the product's, and no part is left behind."""
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_report(report, tmp_path / "nowhere" / "report.json")
    with pytest.raises(EvaluationError):
        read_report(tmp_path / "report.json")


def test_the_table_of_a_report(report: Report) -> None:
    """Label and value a line, the values one below the other."""
    assert summary_rows(report)[0] == ("loans", "1/4 = 25.0 %")
    first, second = summary_text(report).splitlines()[:2]
    assert first.index("1/4") == second.index("0/2")


def test_a_set_without_golds_cannot_be_scored() -> None:
    """Scoring needs gold queries and says so."""
    with pytest.raises(EvaluationError, match="no gold queries"):
        score(made_set(), (), {}, run_sql=run, run_gold=run)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 0.0625),
        (1, 5, 0.21875),
        (10, 2, 158 / 4096),
        (2, 10, 158 / 4096),
        (0, 2000, 0.0),
    ],
)
def test_mcnemar_exact(first: int, second: int, expected: float) -> None:
    """The p-value is twice the smaller binomial tail, at most one."""
    assert mcnemar(first, second) == pytest.approx(expected, abs=1e-12)


def simple_report(name: str, **right: bool) -> Report:
    """Return a report of questions and whether they were right."""
    return Report(name, tuple(Outcome(key, "library", correct=ok) for key, ok in right.items()))


def test_two_runs_are_compared_on_their_common_questions() -> None:
    """Questions of one run alone do not count."""
    first = simple_report("loans", q1=True, q2=False, q3=False, q8=True)
    second = simple_report("loans", q3=True, q2=True, q1=True, q9=True)
    comparison = compare(first, second)
    assert str(comparison.first) == "1/3 = 33.3 %"
    assert comparison.only_second == ("q2", "q3")
    assert comparison.only_first == ()
    assert comparison.p_value == 0.5
    assert ("difference", "+66.7 points") in comparison_rows(comparison)


def test_unlike_runs_are_not_compared() -> None:
    """Other sets and disjoint questions are refused."""
    with pytest.raises(EvaluationError, match="two sets"):
        compare(simple_report("a", q1=True), simple_report("b", q1=True))
    with pytest.raises(EvaluationError, match="no question in common"):
        compare(simple_report("a", q1=True), simple_report("a", q2=True))
