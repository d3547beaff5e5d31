"""``%ask --fix``: finding the SQL that failed, mending it, and telling what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.adapters.spark.failures import Complaint, complaint_of
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import AskUsageError, ExecutionError, InvalidSqlError
from streamlink_magic.fixing import (
    Failure,
    ask_to_mend,
    changes_between,
    find_failure,
    mend_failure,
    view_fixed,
)
from streamlink_magic.pipeline import Ports
from streamlink_magic.records import NotebookSnapshot
from streamlink_magic.settings import Settings
from streamlink_magic.steps.failed import find_sql
from streamlink_magic.steps.repair import Known
from streamlink_magic.steps.repair.runtime import mend_runtime
from streamlink_magic.testing import FakeModel, FakeWorkbench, table

PETS = table("pets", "name string, age int, weight double")
WING = "SELECT wing FROM pets"


def nothing(*_: str) -> None:
    """Take no note."""


def ports(workbench: FakeWorkbench, *answers: str) -> Ports:
    model = FakeModel(answers or ("SELECT name FROM pets",))
    return Ports(NotebookSnapshot(), workbench, model, CatalogCache())


@pytest.mark.parametrize(
    "cell",
    [
        f'spark.sql("{WING}").show()',
        f'df = spark.sql("""\n{WING};\n""")\ndf.show()',
        f"%%sql\n{WING}",
        f"%%sparksql --limit 3\n{WING}",
        f"%%ask --sql\n{WING}",
        f"%%explain\n{WING}",
        "column = 'wing'\nspark.sql(f'SELECT {column} FROM pets')",
        "spark.sql(statement)",
        f"%time\nother = 'SELECT 1'\nspark.sql('{WING}')",
    ],
)
def test_the_statement_of_a_failed_cell_is_found(cell: str) -> None:
    """However it was written; the cell is read and never run."""
    held = {"statement": WING, "column": "wing"}
    assert find_sql([cell], "", held).strip() == WING


def test_a_lazy_statement_is_found_where_it_was_written() -> None:
    """It fails in a later cell, and Spark points at a part of it."""
    cells = ["df.show()", "x = spark.sql('SELECT 1')", "df = spark.sql('SELECT a / b FROM t')"]
    assert find_sql(cells, "a / b", {}) == "SELECT a / b FROM t"
    assert find_sql(cells, "", {}) == ""


@dataclass
class Loud:
    """An object whose text must not be asked for."""

    def __str__(self) -> str:
        raise AssertionError


def test_no_code_of_the_notebook_runs_while_it_is_looked_for() -> None:
    """Neither the cell nor what formatting a value would run."""
    assert find_sql(["spark.sql(f'SELECT {loud} FROM pets')"], "", {"loud": Loud()})
    assert find_sql(["spark.sql(make())", "1/0"], "", {"make": Loud()}) == ""


@given(st.text())
def test_any_cell_can_be_looked_through(source: str) -> None:
    """Whatever a cell holds, looking through it ends without an error."""
    assert isinstance(find_sql([source], "", {}), str)


def spark_error(name: str = "AnalysisException") -> Exception:
    """Return an error that looks like Spark's from outside."""
    base = type("PySparkException", (Exception,), {"__module__": "pyspark.errors.exceptions.base"})
    kind = type(name, (base,), {"getCondition": lambda _: "UNRESOLVED_COLUMN"})
    error: Exception = kind("[UNRESOLVED_COLUMN] no column wing\nmore")
    return error


def test_spark_s_own_errors_are_told_from_others() -> None:
    """By their class alone; what one of ours was raised from counts, too."""
    known = complaint_of(spark_error())
    assert known == Complaint("[UNRESOLVED_COLUMN] no column wing", "UNRESOLVED_COLUMN")
    ours = ExecutionError("failed")
    ours.__cause__ = spark_error()
    assert complaint_of(ours) == known
    assert complaint_of(ValueError("x")) is None
    assert complaint_of(None) is None


def test_without_an_error_of_spark_sql_there_is_nothing_to_fix() -> None:
    """The error says what is missing."""
    with pytest.raises(AskUsageError, match="no error of Spark SQL"):
        find_failure(None, ["1/0"], {})
    with pytest.raises(AskUsageError, match="no SQL was found"):
        find_failure(Complaint("x"), ["df.filter('a >')"], {})


def test_what_ask_itself_failed_with_can_be_fixed() -> None:
    """Its error carries the statement."""
    failure = find_failure(Complaint("x", "DIVIDE_BY_ZERO"), [], {}, own=(WING, "by zero"))
    assert failure == Failure(WING, "by zero", "DIVIDE_BY_ZERO")


@pytest.mark.parametrize(
    ("sql", "condition", "mended"),
    [
        ("SELECT a / b FROM t", "DIVIDE_BY_ZERO", "TRY_DIVIDE(a, b)"),
        ("SELECT a / 2, a / b FROM t", "DIVIDE_BY_ZERO", "a / 2"),
        ("SELECT CAST(a AS INT) FROM t", "CAST_INVALID_INPUT", "TRY_CAST(a AS INT)"),
        ("SELECT date(a) FROM t", "CAST_INVALID_INPUT", "TRY_CAST(a AS DATE)"),
    ],
)
def test_what_fails_in_the_data_gives_null(sql: str, condition: str, mended: str) -> None:
    """Spark's own functions that do not fail take the place of those that do."""
    found = mend_runtime(sql, condition)
    assert found is not None
    assert mended in found[0]
    assert "gives null" in found[1][0]


@pytest.mark.parametrize(
    ("sql", "condition"),
    [("SELECT 1 / 2", "DIVIDE_BY_ZERO"), ("SELECT a / b", "OTHER"), ("DROP x", "DIVIDE_BY_ZERO")],
)
def test_where_nothing_is_known_to_help_nothing_is_changed(sql: str, condition: str) -> None:
    """A repair must be surely one."""
    assert mend_runtime(sql, condition) is None


def test_a_repair_of_the_tree_needs_no_model() -> None:
    """The mended statement is guarded, and the repairs are told."""
    failure = Failure("SELECT age / weight FROM pets", "by zero", "DIVIDE_BY_ZERO")
    known = Known((PETS,))
    written = mend_failure(failure, known, ports(FakeWorkbench((PETS,))), Settings())
    assert written is not None
    view = view_fixed(failure, written)
    assert "TRY_DIVIDE" in view.sql
    assert view.repairs == ("age / weight gives null where weight is zero (try_divide).",)
    assert view.verdict.allowed
    assert view.sent == ()
    assert "by zero" in " ".join(view.notes)


def test_the_model_is_asked_once_with_spark_s_message() -> None:
    """What it changed is told word by word."""
    workbench = FakeWorkbench((PETS,), invalid={WING: "no column wing"})
    failure = Failure(WING, "[UNRESOLVED_COLUMN] no column wing")
    there = ports(workbench)
    assert mend_failure(failure, Known((PETS,)), there, Settings()) is None
    written = ask_to_mend(failure, there, Settings(), nothing)
    sent = there.model.sent  # type: ignore[attr-defined]  # the fake's
    assert len(sent) == 1
    assert "no column wing" in "".join(one.content for one in sent[0])
    assert written.draft.repairs == ("«wing» became «name».",)


def test_a_wish_goes_to_the_model_whatever_spark_said() -> None:
    """No repair of the tree can know of it."""
    failure = replace(Failure("SELECT a / b FROM t", "x", "DIVIDE_BY_ZERO"), wish="leave zeros out")
    workbench = FakeWorkbench((PETS,))
    assert mend_failure(failure, Known((PETS,)), ports(workbench), Settings()) is None
    there = ports(workbench)
    written = ask_to_mend(failure, there, Settings(), nothing)
    assert view_fixed(failure, written).question == "leave zeros out"


def test_a_model_that_changes_nothing_or_fails_again_is_an_error() -> None:
    """Neither is shown as a fix."""
    workbench = FakeWorkbench((PETS,), invalid={WING: "no column wing"})
    failure = Failure(WING, "no column wing")
    with pytest.raises(AskUsageError, match="left the SQL as it was"):
        ask_to_mend(failure, ports(workbench, WING), Settings(), nothing)
    other = "SELECT fin FROM pets"
    workbench = FakeWorkbench((PETS,), invalid={WING: "no column wing", other: "no column fin"})
    with pytest.raises(InvalidSqlError):
        ask_to_mend(failure, ports(workbench, other), Settings(), nothing)


SQL = st.lists(st.sampled_from(["SELECT", "a", "b", ",", "FROM", "t", "1"]), max_size=8)


@given(SQL, SQL)
def test_equal_statements_have_no_changes_and_others_do(
    before: list[str], after: list[str]
) -> None:
    """Every difference is told, at least in number."""
    told = changes_between(" ".join(before), "  ".join(after))
    assert bool(told) == (before != after)


def test_the_notebook_s_error_is_the_one_of_the_last_failed_cell() -> None:
    """A session keeps the cell with its error; one from before the extension counts as well."""
    from streamlink_magic.session import AskSession

    shell = SimpleNamespace(
        user_ns={}, history_manager=SimpleNamespace(get_range=lambda **_: iter(()))
    )
    asks = AskSession(shell)
    asks.note_failure(f"spark.sql('{WING}')", spark_error())
    asks.after_cell("x = 1", Settings(warm_up=False))
    assert asks._failure().sql == WING
