"""``%ask --fix``, ``--sql``, ``--next`` and ``%%explain`` in a real kernel on real Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels import Cell, Kernel

pytestmark = pytest.mark.spark

ROWS = """\
rows = [("Ada", "cat", 3, 0), ("Bo", "dog", 5, 2), ("Cy", "cat", 8, 1)]
columns = "name string, kind string, age int, toys int"
spark.createDataFrame(rows, columns).write.saveAsTable("pets")
"""
JOBS = "len(list(spark._jsc.sc().statusTracker().getJobIdsForGroup(None)))"


@pytest.fixture(scope="module")
def script() -> Iterator[ScriptedServer]:
    """Yield a stand-in for the model server."""
    with ScriptedServer() as started:
        yield started


@pytest.fixture(scope="module")
def pets(spark_kernel: Kernel, script: ScriptedServer) -> Kernel:
    """Return a kernel with a table of pets and the extension."""
    for cell in (
        ROWS,
        f"%env STREAMLINK_BASE_URL={script.base_url}",
        "%load_ext streamlink_magic\n%config AskMagics.samples = 0",
    ):
        ran = spark_kernel.run(cell)
        assert ran.status == "ok", ran.traceback
    return spark_kernel


def fixed(kernel: Kernel, cell: str, fix: str = "answer = %ask --fix") -> Cell:
    """Run a cell that fails, then the fix."""
    assert kernel.run(cell).status == "error"
    ran = kernel.run(fix)
    assert ran.status == "ok", ran.traceback
    return ran


def test_a_wrong_name_is_mended_in_the_tree_without_the_model(
    pets: Kernel, script: ScriptedServer
) -> None:
    """The cell's SQL is found, mended, guarded and run; nothing is sent."""
    before = len(script.received)
    fixed(pets, "spark.sql('SELECT max(ages) AS oldest FROM pets').show()")
    assert len(script.received) == before
    assert pets.value("[list(row) for row in answer.result.rows]") == [[8]]
    assert pets.value("answer.sent") == []
    assert "ages" in " ".join(pets.value("list(answer.view.repairs)"))


def test_a_value_that_fails_at_run_time_becomes_null(pets: Kernel, script: ScriptedServer) -> None:
    """The query is lazy: it fails in another cell than the one that holds it."""
    before = len(script.received)
    assert pets.run("ratio = spark.sql('SELECT name, age / toys AS r FROM pets')").status == "ok"
    fixed(pets, "ratio.collect()")
    assert len(script.received) == before
    assert pets.value("{row[0]: row[1] for row in answer.result.rows}")["Ada"] is None


def test_what_no_repair_knows_goes_to_the_model_once(pets: Kernel, script: ScriptedServer) -> None:
    """It is shown Spark's message, and what it changed is told."""
    script.answer = "SELECT kind, count(*) AS n FROM pets GROUP BY kind"
    before = len(script.received)
    fixed(pets, "spark.sql('SELECT kind, zorblax(*) AS n FROM pets GROUP BY kind')")
    assert len(script.received) == before + 1
    assert "zorblax" in script.last_sent()
    assert "zorblax" in " ".join(pets.value("list(answer.view.repairs)"))
    assert pets.value("answer.view.verdict.allowed")


def test_without_an_error_of_spark_sql_there_is_a_clear_word(pets: Kernel) -> None:
    """An error of Python is not ours to fix."""
    assert pets.run("1 / 0").status == "error"
    ran = pets.run("%ask --fix")
    assert (ran.status, ran.error) == ("error", "AskUsageError")
    assert "no error of Spark SQL" in ran.traceback


def test_own_sql_runs_through_the_guard_for_the_last_answer(
    pets: Kernel, script: ScriptedServer
) -> None:
    """The answer says that the user edited it; what the guard refuses changes nothing."""
    script.answer = "SELECT count(*) AS pets FROM pets"
    assert pets.run("%%ask pets_counted\nHow many pets are there?").status == "ok"
    assert pets.run("edited = %ask --sql SELECT max(age) AS oldest FROM pets").status == "ok"
    assert pets.value("[list(row) for row in edited.result.rows]") == [[8]]
    assert "edited by the user" in pets.value("edited.view.status")
    assert pets.value("[list(row) for row in pets_counted.collect()]") == [[8]]
    ran = pets.run("%ask --sql DROP TABLE pets")
    assert (ran.status, ran.error) == ("error", "UnsafeSqlError")
    assert pets.value("edited.sql") == "SELECT max(age) AS oldest FROM pets"


def test_a_suggestion_is_asked_by_its_number(pets: Kernel, script: ScriptedServer) -> None:
    """What the list shows is what is asked."""
    script.answer = "SELECT kind, count(*) AS n FROM pets GROUP BY kind"
    assert pets.run("%ask How many pets of each kind?").status == "ok"
    listed = pets.run("%streamlink next").text
    assert pets.run("asked = %ask --next 1").status == "ok"
    assert pets.value("asked.question") in listed
    ran = pets.run("%ask --next 9")
    assert (ran.status, ran.error) == ("error", "AskUsageError")


def test_the_sql_is_put_into_a_cell_that_runs(pets: Kernel) -> None:
    """The cell names the notebook's own session."""
    assert "spark.sql(" in pets.run("%streamlink cell").text
    source = 'spark.sql("""\nSELECT 1 AS one\n""").collect()'
    assert pets.run(source).status == "ok"


def test_explain_tells_all_and_runs_nothing(pets: Kernel) -> None:
    """A write is told in words and not done; a wrong name comes with the nearest and the fix."""
    before = pets.value(JOBS)
    told = pets.run("%%explain\nSELECT kind, ages FROM pets ORDER BY kind").text
    assert "ages" in told
    assert "This would work" in told
    assert "Sorts all rows" in told
    told = pets.run("%explain DROP TABLE pets").text
    assert "Removes the table pets" in told
    told = pets.run("%%explain\nINSERT INTO pets SELECT name, kind, age, toys FROM pets").text
    assert "Adds rows to pets" in told
    assert pets.value(JOBS) == before
    assert pets.value("spark.table('pets').count()") == 3
