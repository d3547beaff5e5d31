"""A run writes each answer down at once, survives what happens, and goes on where it stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.errors import (
    EvaluationError,
    ModelTimeoutError,
    ServerUnreachableError,
    UnanswerableError,
    UnsafeSqlError,
)
from streamlink_magic.evaluation import (
    BenchQuestion,
    Prediction,
    RunInfo,
    describe_run,
    evaluate,
    read_predictions,
    read_run_info,
)
from streamlink_magic.records import Verdict
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

INFO = RunInfo("loans", {"model": "small"})
QUESTIONS = tuple(BenchQuestion(f"q{index}", "library", "?") for index in range(5))
IDS = [question.id for question in QUESTIONS]


def answer(question: BenchQuestion) -> Prediction:
    """Answer any question."""
    return Prediction(f"SELECT '{question.id}'", tokens=7, seconds=0.12345)


def lines(out: Path) -> list[dict[str, object]]:
    """Return what stands in a file of predictions."""
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return where predictions go."""
    return tmp_path / "runs" / "pred.jsonl"


def test_a_line_for_each_question(out: Path) -> None:
    """Every question has one line in the order asked, and the run is described beside them."""
    evaluate(QUESTIONS, answer, out, info=INFO)
    assert [line["id"] for line in lines(out)] == IDS
    assert lines(out)[0] == {
        "id": "q0",
        "sql": "SELECT 'q0'",
        "tokens": 7,
        "seconds": 0.123,
        "status": "ok",
        "model_calls": 1,
        "badge": "",
        "signals": {},
    }
    assert read_run_info(out) == INFO
    assert read_predictions(out)["q4"].sql == "SELECT 'q4'"


def test_a_failing_question_is_written_down(out: Path) -> None:
    """Errors and refusals become statuses, and the questions after them are asked."""

    def failing(question: BenchQuestion) -> Prediction:
        if question.id == "q1":
            raise ModelTimeoutError("Too slow.", "Wait longer.")
        if question.id == "q2":
            raise UnsafeSqlError(Verdict(allowed=False, rule="writes"))
        if question.id == "q3":
            raise ZeroDivisionError
        if question.id == "q4":
            raise UnanswerableError("No table here holds weather.", "Nearest: loan.")
        return answer(question)

    evaluate(QUESTIONS, failing, out, info=INFO)
    statuses = [line["status"] for line in lines(out)]
    assert statuses == [
        "ok",
        "error:ModelTimeoutError",
        "refused:writes",
        "error:ZeroDivisionError",
        "unanswerable",
    ]
    assert lines(out)[1]["sql"] == ""


def test_an_interrupt_loses_nothing(out: Path) -> None:
    """What was answered stays; the same call asks the others, and no question twice."""
    asked: list[str] = []

    def interrupted(question: BenchQuestion) -> Prediction:
        if question.id == "q2" and "q2" not in asked:
            asked.append(question.id)
            raise KeyboardInterrupt
        asked.append(question.id)
        return answer(question)

    with pytest.raises(KeyboardInterrupt):
        evaluate(QUESTIONS, interrupted, out, info=INFO)
    assert [line["id"] for line in lines(out)] == ["q0", "q1"]
    evaluate(QUESTIONS, interrupted, out, info=INFO)
    assert [line["id"] for line in lines(out)] == IDS
    assert asked == ["q0", "q1", "q2", "q2", "q3", "q4"]


def test_workers_ask_side_by_side(out: Path) -> None:
    """Four workers have four questions under way; the file ends in the order of the set."""
    together = threading.Barrier(4, timeout=30)
    threads: set[int] = set()

    def meeting(question: BenchQuestion) -> Prediction:
        threads.add(threading.get_ident())
        if question.id != "q4":
            together.wait()
            time.sleep(0.01 * (4 - int(question.id[1:])))  # the first is the last to end
        return answer(question)

    evaluate(QUESTIONS, meeting, out, info=INFO, workers=4)
    assert [line["id"] for line in lines(out)] == IDS
    assert len(threads) == 4
    assert threading.get_ident() not in threads


def test_an_interrupt_beside_workers_loses_what_is_under_way(out: Path) -> None:
    """Answers that came are on disk, nobody waits for the others, and the next run asks them."""
    never = threading.Event()

    def hanging(question: BenchQuestion) -> Prediction:
        if question.id in {"q1", "q3"}:
            never.wait(60)
        return answer(question)

    def interrupt(done: int, *_: object) -> None:
        if done == 3:
            raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        evaluate(QUESTIONS, hanging, out, info=INFO, workers=3, progress=interrupt)
    assert time.monotonic() - begun < 30
    never.set()
    assert sorted(str(line["id"]) for line in lines(out)) == ["q0", "q2", "q4"]
    evaluate(QUESTIONS, answer, out, info=INFO, workers=3)
    assert [line["id"] for line in lines(out)] == IDS


def test_a_dead_server_ends_a_run_of_many_workers(out: Path) -> None:
    """Workers stop taking questions when the server is gone."""
    asked: list[str] = []

    def refused(question: BenchQuestion) -> Prediction:
        asked.append(question.id)
        time.sleep(0.005)
        raise ServerUnreachableError("Nothing answers.", "Start the server.")

    many = tuple(BenchQuestion(f"q{index}", "library", "?") for index in range(2_000))
    with pytest.raises(EvaluationError, match="0 of 2000 are answered"):
        evaluate(many, refused, out, info=INFO, workers=2)
    assert lines(out) == []
    begun = len(asked)
    time.sleep(0.1)
    assert len(asked) <= begun + 2


def test_an_interrupt_inside_a_worker_ends_the_run(out: Path) -> None:
    """What only ends a process is not written down as an answer."""

    def leaving(_: BenchQuestion) -> Prediction:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        evaluate(QUESTIONS, leaving, out, info=INFO, workers=2)
    assert lines(out) == []


def test_a_killed_run_goes_on(out: Path) -> None:
    """After a kill every finished answer is there, and the run ends with one line each."""
    program = (
        "import sys, time; from pathlib import Path\n"
        "from streamlink_magic.evaluation import *\n"
        "def answer(question):\n"
        "    time.sleep(0.05 if question.id < 'q2' else 60)\n"
        "    return Prediction('SELECT 1')\n"
        "questions = [BenchQuestion(f'q{i}', 'library', '?') for i in range(5)]\n"
        "info = RunInfo('loans', {'model': 'small'})\n"
        "evaluate(questions, answer, Path(sys.argv[1]), info=info)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(out)])
    deadline = time.monotonic() + 60
    while not (out.exists() and len(lines(out)) == 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert [line["id"] for line in lines(out)] == ["q0", "q1"]
    evaluate(QUESTIONS, answer, out, info=INFO)
    assert [line["id"] for line in lines(out)] == IDS


@pytest.mark.parametrize("rest", ['{"id": "q1", "sql": "SEL', '{"id": "q1"}', "有"])
def test_a_half_written_line_is_asked_again(out: Path, rest: str) -> None:
    """A last line without its end is dropped, even where it is cut inside a character."""
    evaluate(QUESTIONS[:1], answer, out, info=INFO)
    with out.open("ab") as stream:
        stream.write(rest.encode()[:-1] if rest == "有" else rest.encode())
    evaluate(QUESTIONS, answer, out, info=INFO)
    assert [line["id"] for line in lines(out)] == IDS
    assert lines(out)[1]["sql"] == "SELECT 'q1'"


def test_a_broken_line_inside_is_refused(out: Path) -> None:
    """Only the last line can be an interrupt's; another broken one is told with its number."""
    evaluate(QUESTIONS[:1], answer, out, info=INFO)
    with out.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "q1", "sq\n{"id": "q2"}\n')
    with pytest.raises(EvaluationError, match="line 2 is no JSON"):
        evaluate(QUESTIONS, answer, out, info=INFO)


def test_other_settings_do_not_mix(out: Path) -> None:
    """Going on with other settings or another set is refused with what differs and the fix."""
    evaluate(QUESTIONS[:1], answer, out, info=INFO)
    before = out.read_bytes()
    with pytest.raises(EvaluationError, match="model was 'small', is 'large'") as caught:
        evaluate(QUESTIONS, answer, out, info=RunInfo("loans", {"model": "large"}))
    assert "choose another --out" in caught.value.hint
    with pytest.raises(EvaluationError, match="set was 'loans', is 'other'"):
        evaluate(QUESTIONS, answer, out, info=RunInfo("other", INFO.settings))
    assert out.read_bytes() == before


def test_a_foreign_file_is_left_alone(out: Path) -> None:
    """A file that no run wrote is neither cut nor added to."""
    out.parent.mkdir()
    out.write_text("my notes, without a last line end", encoding="utf-8")
    with pytest.raises(EvaluationError, match="is missing"):
        evaluate(QUESTIONS, answer, out, info=INFO)
    assert out.read_text(encoding="utf-8") == "my notes, without a last line end"


def test_deleting_the_predictions_starts_anew(out: Path) -> None:
    """The description alone binds nobody."""
    evaluate(QUESTIONS[:1], answer, out, info=INFO)
    out.unlink()
    evaluate(QUESTIONS[:1], answer, out, info=RunInfo("loans", {"model": "large"}))
    assert read_run_info(out).settings == {"model": "large"}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder in the file's place gives the error of the product, not Python's."""
    with pytest.raises(EvaluationError, match="cannot be used"):
        evaluate(QUESTIONS, answer, tmp_path, info=INFO)


def test_a_dead_server_ends_the_run(out: Path) -> None:
    """Three failures in a row to reach the server are no answers; they are asked again."""
    alive = {"q0"}

    def flaky(question: BenchQuestion) -> Prediction:
        if question.id not in alive:
            raise ServerUnreachableError("Nothing answers.", "Start the server.")
        return answer(question)

    with pytest.raises(EvaluationError, match="1 of 5 are answered"):
        evaluate(QUESTIONS, flaky, out, info=INFO)
    assert [line["id"] for line in lines(out)] == ["q0"]
    alive.update(("q1", "q3"))
    evaluate(QUESTIONS, flaky, out, info=INFO)
    assert [line["id"] for line in lines(out)] == IDS
    assert [line["status"] for line in lines(out)][2] == "error:ServerUnreachableError"


def test_progress_tells_accuracy_and_time(out: Path) -> None:
    """Watchers hear how many are done, how many of the checked are right, and what is left."""
    evaluate(QUESTIONS[:1], answer, out, info=INFO)
    told: list[tuple[int, int, float | None, float]] = []
    ticks = iter(range(100))

    def check(question: BenchQuestion, _: Prediction) -> bool:
        if question.id == "q2":
            raise EvaluationError("No gold query.", "Leave it out.")
        return question.id != "q4"

    evaluate(
        QUESTIONS,
        answer,
        out,
        info=INFO,
        progress=lambda *state: told.append(state),
        check=check,
        clock=lambda: float(next(ticks)),
    )
    assert [(done, total, accuracy) for done, total, accuracy, _ in told] == [
        (2, 5, 1.0),
        (3, 5, 1.0),
        (4, 5, 1.0),
        (5, 5, 2 / 3),
    ]
    assert told[-1][3] == 0
    assert told[0][3] > 0


def test_a_badge_and_its_signals_are_kept(out: Path) -> None:
    """What the pipeline said of its own answer can be calibrated later."""
    said = Prediction("SELECT 1", badge="check this", signals={"agreement": 0.5, "repairs": 2})
    evaluate(QUESTIONS[:1], lambda _: said, out, info=INFO)
    assert read_predictions(out)["q0"] == said
    out.write_text('{"id": "q0", "signals": {"agreement": "much"}}\n', encoding="utf-8")
    with pytest.raises(EvaluationError, match="needs numbers by name in 'signals'"):
        read_predictions(out)


def test_odd_characters_survive(out: Path) -> None:
    """A line end of Unicode and half a surrogate pair neither break lines nor stop the run."""
    sql = "SELECT '\u2028 有 \ud800'"
    evaluate(QUESTIONS[:1], lambda _: Prediction(sql), out, info=INFO)
    assert read_predictions(out)["q0"].sql == sql
    assert "有" in out.read_text(encoding="utf-8")


def test_address_and_key_are_not_recorded() -> None:
    """A local server's port changes between runs, and a key is a secret."""
    first = describe_run("loans", Settings(base_url="http://a", api_key="s3cret"), plain=True)
    second = describe_run("loans", Settings(base_url="http://b"), plain=True)
    assert first == second
    assert "s3cret" not in json.dumps(dict(first.settings))
    assert first.fingerprint != describe_run("loans", Settings(rows=9), plain=True).fingerprint
    assert first.settings["plain"] is True
