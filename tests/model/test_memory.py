"""Keeping, following up and looking around in a real kernel; a scripted server is the model."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING

import pytest
from scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels import Kernel

pytestmark = pytest.mark.spark

BERGEN = "SELECT count(*) AS boats FROM boats WHERE harbour = 'Bergen'"


@pytest.fixture(scope="module")
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the notebook's folder."""
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def harbour(spark_kernel: Kernel, script: ScriptedServer, folder: Path) -> Kernel:
    """Return a kernel in a folder of its own, with a table to ask about."""
    for cell in (
        f"import os; os.chdir({str(folder)!r})",
        "spark.sql('CREATE TEMP VIEW boats AS SELECT 1 AS id, \"Bergen\" AS harbour')",
        f"%env STREAMLINK_BASE_URL={script.base_url}",
        "%env STREAMLINK_API_KEY=hush",
        "%load_ext streamlink_magic",
    ):
        assert spark_kernel.run(cell).status == "ok"
    return spark_kernel


def ask(kernel: Kernel, script: ScriptedServer, cell: str, sql: str) -> str:
    """Run a cell that asks, and return what was sent for it."""
    script.answer, before = sql, len(script.received)
    ran = kernel.run(cell)
    assert ran.status == "ok", ran.traceback
    return script.sent_since(before)


def test_a_kept_answer_serves_the_next_question_like_it(
    harbour: Kernel, script: ScriptedServer, folder: Path
) -> None:
    """Nothing is learned before it is kept; then question and SQL travel as an example."""
    ask(harbour, script, "first = %ask How many boats lie in Bergen?", BERGEN)
    assert BERGEN not in ask(harbour, script, "%ask How many boats lie in Oslo?", "SELECT 1")
    assert harbour.run("entry = first.keep()").status == "ok"
    sent = ask(harbour, script, "again = %ask How many boats lie in Oslo?", "SELECT 1")
    assert f"Question: How many boats lie in Bergen?\nSQL: {BERGEN}" in sent
    assert "A kept answer served as an example" in harbour.value("again.explain()")
    (line,) = (folder / ".streamlink" / "kept.jsonl").read_text("utf-8").splitlines()
    record = json.loads(line)
    assert (record["question"], record["sql"]) == ("How many boats lie in Bergen?", BERGEN)
    assert record["tables"] == ["boats"]
    assert record["author"]
    listed = harbour.run("%streamlink kept").text
    assert harbour.value("entry.id") in listed
    assert "in use" in listed


def test_kept_questions_are_asked_again_without_their_own_answers(
    harbour: Kernel, script: ScriptedServer
) -> None:
    """What the results say counts, and a question never sees its own kept answer."""
    script.answer = BERGEN.replace("AS boats", "AS n")
    ran = harbour.run("same = %streamlink eval")
    assert ran.status == "ok", ran.traceback
    assert "1/1" in harbour.value("str(same.rows[0])")
    assert BERGEN not in script.last_sent()
    script.answer = "SELECT 7"
    assert harbour.run("other = %streamlink eval 1").status == "ok"
    assert "How many boats lie in Bergen?" in harbour.value("str(other.rows)")
    assert "wants a number" in harbour.run("%streamlink eval soon").traceback


def test_a_follow_up_edits_the_query_before_and_new_starts_afresh(
    harbour: Kernel, script: ScriptedServer
) -> None:
    """A question of its own, and ``--new``, see nothing of the earlier ones."""
    ask(harbour, script, "%ask How many boats lie in Bergen?", BERGEN)
    changed = f"{BERGEN} AND id > 3"
    sent = ask(harbour, script, "changed = %ask and only ids above 3?", changed)
    assert "Rewrite the query" in sent
    assert "Carried over from your previous question" in harbour.run("changed").text
    for cell in ("%ask List the harbours of all boats", "%ask --new and only ids above 3?"):
        assert "Rewrite the query" not in ask(harbour, script, cell, "SELECT 1")
    asks = "get_ipython().magics_manager.registry['AskMagics'].asks"
    assert harbour.value(f"[turn.question for turn in {asks}.turns]") == ["and only ids above 3?"]


def test_a_term_is_explained_to_the_model_and_to_the_reader(
    harbour: Kernel, script: ScriptedServer
) -> None:
    """Set by the magic, used by its name, told in the answer."""
    assert harbour.run('%streamlink term "northern boat" = "harbour = \'Bergen\'"').status == "ok"
    sent = ask(harbour, script, "north = %ask How many northern boats are there?", BERGEN)
    assert "\"northern boat\" means: harbour = 'Bergen'" in sent
    assert "the SQL holds it" in harbour.value("north.explain()")
    assert "northern boat" in harbour.run("%streamlink terms").text


def test_status_tells_where_each_setting_comes_from(harbour: Kernel) -> None:
    """Default, environment and ``%config``; the key itself is never shown."""
    assert harbour.run("%config AskMagics.rows = 7").status == "ok"
    shown = harbour.run("%streamlink")
    lines = {line.split()[0]: line.split() for line in shown.text.splitlines() if line.strip()}
    assert lines["rows"][1:] == ["7", "%config"]
    assert lines["cells"][1:] == ["2", "default"]
    assert lines["base_url"][2:] == ["environment:", "STREAMLINK_BASE_URL"]
    assert "hush" not in str(shown.messages)
    assert "scripted" in shown.text
    assert "variable spark" in shown.text


def test_what_was_sent_is_listed_byte_by_byte(harbour: Kernel, script: ScriptedServer) -> None:
    """``%streamlink sent`` is the wire, and ``history`` numbers it."""
    sent = ask(harbour, script, "%ask How many boats lie in Moss?", "SELECT 1")
    assert harbour.run("listing = %streamlink sent").status == "ok"
    assert harbour.value("''.join(row[1] for row in listing.rows)") == sent
    assert "How many boats lie in Moss?" in harbour.run("%streamlink history").text


def test_a_mistyped_command_takes_one_line(harbour: Kernel) -> None:
    """With the near one named."""
    ran = harbour.run("%streamlink forgett abc")
    assert ran.status == "error"
    assert ran.traceback.count("\n") == 0
    assert "forget" in ran.traceback


def test_the_tab_key_knows_the_commands(harbour: Kernel) -> None:
    """And the tables and ids that they take."""
    assert harbour.completions("%streamlink his") == ["history"]
    assert "boats" in harbour.completions("%streamlink values bo")
    assert harbour.value("entry.id") in harbour.completions("%streamlink forget ")
