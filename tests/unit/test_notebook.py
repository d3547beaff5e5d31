"""Finding the session, reading the notebook: recognised by sight, without Spark."""

from types import SimpleNamespace

import pytest

from streamlink_magic.adapters.notebook import IPythonNotebook
from streamlink_magic.adapters.spark import recognize
from streamlink_magic.adapters.spark.recognize import find_session, is_dataframe, is_session
from streamlink_magic.errors import SessionError


def session(uuid: str, *, stopped: bool = False) -> object:
    """Return an object that looks like a classic session from outside."""
    kind = type("SparkSession", (), {"__module__": "pyspark.sql.session"})
    made = kind()
    java = SimpleNamespace(sc=lambda: SimpleNamespace(isStopped=lambda: stopped))
    made._sc = SimpleNamespace(_jsc=java)
    made._jsparkSession = SimpleNamespace(sessionUUID=lambda: uuid)
    return made


def test_only_spark_s_own_classes_are_recognised() -> None:
    """A class of the same name from elsewhere is something else."""
    assert is_session(session("a"))
    assert not is_session(type("SparkSession", (), {"__module__": "mine"})())
    assert is_dataframe(type("DataFrame", (), {"__module__": "pyspark.sql.classic.dataframe"})())
    assert not is_dataframe(type("DataFrame", (), {"__module__": "pandas"})())


def test_the_only_session_is_found_under_any_name() -> None:
    """Two names for one session are one session."""
    one = session("a")
    assert find_session({"spark": one, "s": one, "_": session("b"), "x": 1}) is one


def test_several_sessions_are_listed_with_the_way_to_choose() -> None:
    """The product asks instead of guessing."""
    with pytest.raises(SessionError, match="several Spark sessions: etl, spark") as caught:
        find_session({"spark": session("a"), "etl": session("b")})
    assert "--session etl" in caught.value.hint


def test_a_named_session_is_taken() -> None:
    """``--session`` decides."""
    etl = session("b")
    assert find_session({"spark": session("a"), "etl": etl}, "etl") is etl


def test_a_name_that_holds_no_session_lists_those_that_do() -> None:
    """The hint holds the names to choose from."""
    with pytest.raises(SessionError, match="'sprak'") as caught:
        find_session({"spark": session("a")}, "sprak")
    assert "spark" in caught.value.hint


def test_no_session_tells_how_to_make_one_and_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Creating one is an option, never a surprise."""
    monkeypatch.setattr(recognize, "_active", lambda: None)  # other tests' session may live on
    with pytest.raises(SessionError, match="No Spark session") as caught:
        find_session({})
    assert "SparkSession.builder" in caught.value.hint
    made = session("a")
    assert find_session({}, fallback=lambda: made) is made


def test_a_stopped_session_says_so() -> None:
    """A stopped session is no missing session."""
    with pytest.raises(SessionError, match="is stopped"):
        find_session({"spark": session("a", stopped=True)})


def test_a_live_session_is_taken_beside_a_stopped_one() -> None:
    """What is left over from before a restart of Spark does not count."""
    live = session("b")
    assert find_session({"old": session("a", stopped=True), "spark": live}) is live


def test_cells_are_read_as_typed_without_our_own_magics_and_without_outputs() -> None:
    """History holds what the user typed; outputs are never looked at."""
    typed = [(1, 1, "%load_ext streamlink_magic"), (1, 2, "df = 1"), (1, 3, "%%ask\nwhy?")]
    typed += [(1, 4, "answer = %ask Where?"), (1, 5, "x=%ask --new Why?")]
    shell = SimpleNamespace(
        history_manager=SimpleNamespace(get_range=lambda raw: typed if raw else []),
        user_ns={"Out": {1: "SECRET"}, "_": "SECRET"},
    )
    notebook = IPythonNotebook(shell, is_dataframe=lambda _: False, columns_of=lambda _: ())
    assert notebook.read().cells == ("df = 1",)
    assert "SECRET" not in repr(notebook.read())
    assert notebook.read().cells_known


def test_a_kernel_that_is_asked_to_keep_no_cells_does_not_know_them() -> None:
    """Then the history begins with an empty entry, as it does everywhere, and ends there."""
    history = SimpleNamespace(get_range=lambda raw: [(1, 0, "")] if raw else [])
    shell = SimpleNamespace(history_manager=history, user_ns={})
    notebook = IPythonNotebook(shell, is_dataframe=lambda _: False, columns_of=lambda _: ())
    assert (notebook.read().cells, notebook.read().cells_known) == ((), False)
