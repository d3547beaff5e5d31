from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels import Cell, Kernel

    from streamlink_magic.serving import Endpoint

pytestmark = pytest.mark.spark

TABLES = (
    "CREATE TABLE pets (name string, age int) USING parquet",
    "CREATE TABLE numbers USING parquet AS SELECT id FROM range(200000)",
)
ASKS = "get_ipython().magics_manager.registry['AskMagics'].asks"
STATE = f"[sorted(k for k in globals() if k[0] != '_'), [t.question for t in {ASKS}.turns]]"


@pytest.fixture(scope="module")
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as started:
        yield started


@pytest.fixture(scope="module")
def pets(spark_kernel: Kernel) -> Kernel:
    """Return a kernel with an empty table, a long one, and the extension."""
    for cell in (*(f"spark.sql('{sql}')" for sql in TABLES), "%load_ext streamlink_magic"):
        assert spark_kernel.run(cell).status == "ok"
    return spark_kernel


def use(kernel: Kernel, base_url: str, key: str) -> None:
    """Name the model server as a user's environment does."""
    kernel.run(f"%env STREAMLINK_BASE_URL={base_url}")
    kernel.run(f"%env STREAMLINK_API_KEY={key}")
    assert kernel.run("%reload_ext streamlink_magic").status == "ok"


@pytest.fixture
def scripted(pets: Kernel, script: ScriptedServer) -> Kernel:
    """Return the kernel with the stand-in as its model server."""
    script.dies = False
    use(pets, script.base_url, "any")
    return pets


def failed(kernel: Kernel, cell: str) -> Cell:
    """Run a cell that must fail, and hold that it left nothing behind."""
    before = kernel.value(STATE)
    ran = kernel.run(cell)
    assert ran.status == "error", ran.text
    assert kernel.value(STATE) == before
    assert "Traceback" not in ran.traceback
    return ran


def test_sent_is_exactly_what_travelled(scripted: Kernel, script: ScriptedServer) -> None:
    """``answer.sent`` holds every character of both prompts, in order, and nothing else."""
    script.answer, before = "SELECT count(*) AS pets FROM pets", len(script.received)
    assert scripted.run("answer = %ask How many pets are there?").status == "ok"
    sent = scripted.value("''.join(part.text for part in answer.sent)")
    assert sent == script.sent_since(before)
    assert "- pets.name string" in sent


def test_an_answer_is_shown_once_and_again_when_asked_for(
    scripted: Kernel, script: ScriptedServer
) -> None:
    """The asking cell shows its answer once, and a later look at the variable shows it anew."""
    script.answer = "SELECT count(*) AS pets FROM pets"
    asked = scripted.run("%ask How many pets are there?")
    assert len(asked.displays) == 1
    assert len(scripted.run("kept = %ask How many pets are there?").displays) == 1
    assert scripted.run("kept").text.startswith("How many pets are there?")


def test_a_rejected_draft_goes_back_and_prints_nothing(
    scripted: Kernel, script: ScriptedServer
) -> None:
    """A column that does not exist is named as missing; on the user's word it is asked again."""
    script.answer = "SELECT wingspan FROM pets"
    missing = failed(scripted, "%%ask wide\nHow wide are the pets?")
    assert missing.error == "UnanswerableError"
    assert "wingspan" in missing.traceback
    scripted.run("%config AskMagics.refuse_unanswerable = False")
    calls = len(script.received)
    cell = failed(scripted, "%%ask wide\nHow wide are the pets?")
    scripted.run("%config AskMagics.refuse_unanswerable = True")
    asked = [one for one in script.received[calls:] if not one.get("n")]  # drawn drafts apart
    assert len(asked) == 2
    assert "wingspan" in script.last_sent()
    assert cell.error == "InvalidSqlError"
    assert "SELECT wingspan FROM pets" in cell.traceback
    assert cell.printed == ""


@pytest.mark.parametrize(
    "sql", ["DROP TABLE pets", "INSERT INTO pets VALUES ('Rex', 3)", "SELECT reflect('a', 'b')"]
)
def test_unsafe_sql_is_refused_by_rule(scripted: Kernel, script: ScriptedServer, sql: str) -> None:
    """SQL that is no harmless query never runs, and the cell names the rule."""
    script.answer = sql
    cell = failed(scripted, "%%ask gone\nWhat is there?")
    assert cell.error in {"UnsafeSqlError", "NoSqlError"}
    assert "→" in cell.traceback
    assert scripted.value("spark.table('pets').count()") == 0


def test_an_answer_that_breaks_off_is_told(scripted: Kernel, script: ScriptedServer) -> None:
    """A connection that ends in the middle of the answer is an error with a fix, not half SQL."""
    script.answer, script.dies = "SELECT count(*) FROM pets", True
    cell = failed(scripted, "%%ask half\nHow many pets are there?")
    assert cell.error == "ServerUnreachableError"
    assert "streamlink serve" in cell.traceback


def test_a_server_that_is_down_is_named(pets: Kernel) -> None:
    """No server at the address: the error tells both ways to one."""
    use(pets, "http://127.0.0.1:9/v1", "any")
    cell = failed(pets, "%%ask nothing\nHow many pets are there?")
    assert cell.error == "ServerUnreachableError"
    assert "streamlink serve" in cell.traceback
    assert "AskMagics.base_url" in cell.traceback


@pytest.mark.model
def test_a_wrong_key_is_refused(pets: Kernel, server: Endpoint) -> None:
    """The real server turns a wrong STREAMLINK_API_KEY away, and the error says what to set."""
    use(pets, server.base_url, "not-the-key")
    cell = failed(pets, "%%ask nothing\nHow many pets are there?")
    assert cell.error == "ServerRefusedError"
    assert "401" in cell.traceback
    assert "STREAMLINK_API_KEY" in cell.traceback
    assert "not-the-key" not in cell.traceback


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%ask --wrong How many?", "--wrong is no option"),
        ("%ask --rows many How many?", "--rows wants a number"),
        ("%%ask two words\nHow many?", "the question goes on the lines below"),
    ],
)
def test_a_usage_error_takes_one_line(scripted: Kernel, cell: str, message: str) -> None:
    """A line that cannot be understood fails with one line and no traceback."""
    ran = failed(scripted, cell)
    assert ran.traceback.count("\n") == 0
    assert ran.traceback.startswith("UsageError:")
    assert message in ran.traceback


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("%%ask\n   ", "QuestionError"),
        ("%%ask\n" + "how many pets " * 7_200, "QuestionError"),
        ("%%ask --tables nowhere\nHow many?", "CatalogError"),
        ("%%ask --session nobody\nHow many?", "SessionError"),
        ("%%ask --model nobody\nHow many?", "ServerRefusedError"),
    ],
)
def test_bad_input_is_an_error_before_the_model_is_asked(
    scripted: Kernel, script: ScriptedServer, cell: str, error: str
) -> None:
    """What cannot be answered ends early, with a fix."""
    calls = len(script.received)
    ran = failed(scripted, cell)
    assert (ran.error, len(script.received)) == (error, calls)
    assert "→" in ran.traceback


LONG = "SELECT count(*) AS pairs FROM numbers a JOIN numbers b ON hash(a.id, b.id) = 1"
JOBS = "len(list(spark._jsc.sc().statusTracker().getActiveJobIds()))"


def runs_on_spark(cell: Cell) -> bool:
    """Whether the live line says that tasks of the query are under way."""
    shown: dict[str, Any] = cell.displays[-1] if cell.displays else {}
    return " tasks" in str(shown.get("text/html", ""))


def test_the_stop_button_ends_the_spark_job(scripted: Kernel, script: ScriptedServer) -> None:
    """Stop ends the cell and the job in the cluster, and the session answers the next question."""
    script.answer = LONG
    assert scripted.run("held = %ask How many pairs?").status == "ok"
    assert scripted.value("held.view.verdict.rule") == "budget"
    before = scripted.value(STATE)
    cell = scripted.run("held.run()", watched=True, until=runs_on_spark)
    assert (cell.status, cell.error) == ("error", "StoppedByUser")
    assert re.search(
        r"Spark (job \d+ was|jobs \d+(, \d+)+ were) cancelled after .* tasks\)", cell.traceback
    )
    assert scripted.value(JOBS) == 0
    assert scripted.value(STATE) == before
    script.answer = "SELECT count(*) AS pets FROM pets"
    assert scripted.run("%ask How many pets are there?").status == "ok"


def test_a_stopped_session_is_told(scripted: Kernel) -> None:
    """After ``spark.stop()`` the error says that the session is gone and how to get another."""
    scripted.run("spark.stop()")
    cell = failed(scripted, "%%ask late\nHow many pets are there?")
    assert cell.error == "SessionError"
    assert "stopped" in cell.traceback
