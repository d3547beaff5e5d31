"""Steps are switched off by name, and runs with and without them stand in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from streamlink_magic.cli import app
from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation import (
    Outcome,
    Report,
    ablation_rows,
    ablation_table,
    describe_switches,
    switched,
    switches,
    write_report,
)
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_switch_is_set_to_what_its_type_calls_off() -> None:
    """A truth value becomes False and a number 0; nothing else changes."""
    settings = switched(Settings(warm_up=True, retries=2, rows=7), ["warm_up", "retries"], [])
    assert settings == Settings(warm_up=False, retries=0, rows=7)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("send_values=on", Settings(send_values=True)),
        ("warm_up=False", Settings(warm_up=False)),
        ("rows=9", Settings(rows=9)),
        ("run_timeout_s=2.5", Settings(run_timeout_s=2.5)),
        ("databases=a, b", Settings(databases=("a", "b"))),
    ],
)
def test_a_value_is_read_by_the_settings_type(given: str, expected: Settings) -> None:
    """The text of a value becomes what the setting holds."""
    assert switched(Settings(), [], [given]) == expected


@pytest.mark.parametrize(
    ("without", "given", "complaint"),
    [
        (["retrys"], [], "Did you mean retries?"),
        (["rows"], [], "There are: "),
        (["base_url"], [], "--without base_url names no setting"),
        ([], ["policy=none"], "--with policy names no setting"),
        ([], ["api_key=x"], "names no setting"),
        ([], ["rows"], "--with rows has no value"),
        ([], ["rows=many"], "wants a whole number, not 'many'"),
        ([], ["warm_up=perhaps"], "wants true or false"),
        (["retries"], ["retries=3"], "retries is changed twice"),
    ],
)
def test_a_name_or_value_that_does_not_fit_is_told(
    without: list[str], given: list[str], complaint: str
) -> None:
    """A misspelt switch must not silently measure the whole."""
    with pytest.raises(EvaluationError) as caught:
        switched(Settings(), without, given)
    assert complaint in str(caught.value)
    assert caught.value.hint


def test_switches_are_steps_not_limits() -> None:
    """Leaving out all rows, tokens or seconds would measure nothing."""
    steps = {"retries", "repair", "vote", "values", "turns", "cells", "warm_up", "send_values"}
    assert steps <= set(switches())
    assert not {"rows", "answer_tokens", "run_timeout_s", "policy", "model"} & set(switches())


def test_a_step_may_be_called_by_what_it_does() -> None:
    """The vote is the setting of how many samples are drawn for it."""
    settings = switched(Settings(), ["vote", "repair"], [])
    assert (settings.samples, settings.repair) == (0, False)


def test_the_order_of_switches_does_not_matter() -> None:
    """A run is resumed however its options are ordered."""
    first = describe_switches(["b", "a"], ["y=1", "x=2"])
    assert first == describe_switches(["a", "b"], ["x=2", "y=1"])
    assert first == "without a, without b, x=2, y=1"
    assert describe_switches([], []) == ""


def run(right: str, seconds: float, **settings: object) -> Report:
    """Return a report: a letter a question, ``r`` where it is right."""
    outcomes = tuple(
        Outcome(f"q{place}", "library", mark == "r", tokens=100, seconds=seconds, model_calls=1)
        for place, mark in enumerate(right)
    )
    return Report("loans", outcomes, settings)


def test_runs_are_compared_on_the_questions_of_all() -> None:
    """The base has no difference; the others have points, a test and a ratio of times."""
    base = run("rrrrwwr", 2.0)
    other = run("rrrwrr", 3.0, switches="without retries")
    first, second = ablation_rows([("full", base), ("less", other)])
    assert (str(first.right), first.points, first.p_value) == ("4/6 = 66.7 %", None, None)
    assert (str(second.right), second.p_value, second.ratio) == ("5/6 = 83.3 %", 1.0, 1.5)
    assert second.points == pytest.approx(100 / 6)
    assert second.name == "less (without retries)"


def test_the_table_is_markdown() -> None:
    """It can be pasted, and says on how many questions it stands."""
    text = ablation_table([("full", run("rrw", 2.0)), ("a|b", run("rwwr", 1.0))])
    head, rule, first, second, _, note = text.splitlines()
    assert head.replace(" ", "") == "|run|right|points|p|tokens|calls|seconds|ratio|"
    assert set(rule) == {"|", "-", " "}
    assert len({len(head), len(rule), len(first), len(second)}) == 1
    assert "-33.3" in second
    assert "a\\|b" in second
    assert note.startswith("3 questions in common")


def test_times_of_questions_asked_together_are_not_compared() -> None:
    """Eight questions at once wait for each other; their ratio would be no one's."""
    reports = [("one", run("rr", 2.0, workers=1)), ("eight", run("rr", 9.0, workers=8))]
    assert [row.ratio for row in ablation_rows(reports)] == [1.0, None]
    assert "eight (8)" in ablation_table(reports)


def test_the_command_prints_the_table(tmp_path: Path) -> None:
    """Runs are named by their files; reports of several sets are refused."""
    write_report(run("rrw", 2.0), tmp_path / "full.json")
    write_report(run("rww", 2.0), tmp_path / "bare.json")
    files = [str(tmp_path / name) for name in ("full.json", "bare.json")]
    done = CliRunner().invoke(app, ["eval-table", *files])
    assert done.exit_code == 0, done.output
    assert "| bare" in done.output
    write_report(Report("other", run("rww", 2.0).outcomes), tmp_path / "bare.json")
    done = CliRunner().invoke(app, ["eval-table", *files])
    assert done.exit_code == 1
    assert "two sets" in done.output
    assert CliRunner().invoke(app, ["eval-table"]).exit_code == 2


def test_a_misspelt_switch_ends_the_command(tmp_path: Path) -> None:
    """It is told before a set is read or a server asked."""
    arguments = ["eval", str(tmp_path), "--out", str(tmp_path / "p.jsonl"), "--without", "retrys"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "Did you mean retries?" in done.output
