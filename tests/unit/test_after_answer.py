"""What can be done with an answer: edit it, ask on, take a suggestion; on fakes."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from streamlink_magic import session
from streamlink_magic.errors import AskUsageError, InvalidSqlError, UnsafeSqlError
from streamlink_magic.records import Question
from streamlink_magic.session import AskRequest, AskSession
from streamlink_magic.settings import Settings
from streamlink_magic.testing import FakeModel, FakeWorkbench, table
from streamlink_magic.watching import Watch

PETS = table("pets", "name string, kind string, age int")
COUNTS = "SELECT kind, count(*) AS n FROM pets GROUP BY kind"
OLDEST = "SELECT max(age) AS oldest FROM pets"
PATIENCE_S = 30
SETTINGS = Settings(memory_path="", samples=0)


class NamedModel(FakeModel):
    """A model whose server tells its names."""

    def names(self) -> tuple[str, ...]:
        """Return one."""
        return ("fake",)


@pytest.fixture
def workbench() -> FakeWorkbench:
    """Return a session with a table of pets."""
    return FakeWorkbench((PETS,), invalid={"SELECT wing FROM pets": "no column wing"})


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch, workbench: FakeWorkbench) -> AskSession:
    """Return a notebook's session whose Spark and model are at hand."""
    monkeypatch.setattr(session, "find_session", lambda *_: object())
    monkeypatch.setattr(session, "find_model", lambda *_: NamedModel((COUNTS,)))
    monkeypatch.setattr(session, "open_workbench", lambda *_: workbench)
    monkeypatch.setattr(session, "restricted_mode", lambda _: True)
    monkeypatch.setattr(session, "identity", lambda _: "one")
    history = SimpleNamespace(get_range=lambda **_: iter(()))
    return AskSession(SimpleNamespace(user_ns={}, history_manager=history))


def ask(asks: AskSession, name: str = "") -> session.Answer:
    return asks.ask(AskRequest(Question("How many pets of each kind?"), name=name), SETTINGS)


def test_edited_sql_takes_the_answer_s_place(asks: AskSession, workbench: FakeWorkbench) -> None:
    """View, variable, history and what a follow-up builds on are all of the edited SQL."""
    answer = ask(asks, "counts")
    assert answer.edit(OLDEST) is answer
    assert answer.sql == workbench.ran[-1] == OLDEST
    assert answer.view.status == "The SQL was edited by the user."
    assert answer.question == "How many pets of each kind?"
    assert asks._shell.user_ns["counts"] == OLDEST
    assert asks.turns[-1].sql == OLDEST
    assert asks.history.find().sql == OLDEST


@pytest.mark.parametrize(
    ("sql", "error"),
    [("DROP TABLE pets", UnsafeSqlError), ("SELECT wing FROM pets", InvalidSqlError)],
)
def test_what_the_guard_refuses_leaves_the_answer_as_it_was(
    asks: AskSession, workbench: FakeWorkbench, sql: str, error: type[Exception]
) -> None:
    """Nothing is run, and the view stays."""
    answer = ask(asks)
    before, ran = answer.view, list(workbench.ran)
    workbench.invalid = {**workbench.invalid, "DROP TABLE pets": "no query"}
    with pytest.raises(error):
        answer.edit(sql)
    assert answer.view is before
    assert workbench.ran == ran
    assert asks.turns[-1].sql == COUNTS


def test_the_last_answer_may_be_edited_by_name(asks: AskSession) -> None:
    """``%%ask --sql NAME`` binds the DataFrame of the edited SQL."""
    ask(asks)
    assert asks.edit_last(OLDEST, SETTINGS, "oldest").sql == OLDEST
    assert asks._shell.user_ns["oldest"] == OLDEST


def test_without_an_answer_there_is_nothing_to_edit(asks: AskSession) -> None:
    """The error says how to begin."""
    with pytest.raises(AskUsageError, match="Nothing has been asked"):
        asks.edit_last(OLDEST, SETTINGS)


def test_suggestions_follow_from_the_answer_as_it_is(asks: AskSession) -> None:
    """After an edit they are those of the edited SQL."""
    answer = ask(asks)
    assert answer.suggestions[0] == "How many pets are there for each name?"
    answer.edit(OLDEST)
    assert answer.suggestions[0] == "What is the largest age for each kind?"


def test_an_edit_of_sql_that_was_not_run_runs_it(asks: AskSession) -> None:
    """An answer that was only shown may be edited first."""
    request = AskRequest(Question("How many pets of each kind?"), run=False)
    answer = asks.ask(request, replace(SETTINGS, rows=5))
    assert answer.view.result is None
    assert answer.edit(OLDEST).result.rows
    assert answer.run().sql == OLDEST


def test_run_again_after_an_edit_runs_the_edited_sql(
    asks: AskSession, workbench: FakeWorkbench
) -> None:
    """The plan that was checked for the model's SQL is not run under the user's."""
    answer = ask(asks)
    answer.edit(OLDEST)
    answer.run()
    assert workbench.ran[-1] == OLDEST


def test_one_question_waits_for_the_other() -> None:
    """A cell's and a control's question are never under way at once, and neither is lost."""
    watch = Watch(SimpleNamespace())
    begun, go_on, order = threading.Event(), threading.Event(), []

    def first() -> None:
        with watch.line():
            begun.set()
            assert go_on.wait(PATIENCE_S)
            order.append("first")

    def second() -> None:
        with watch.line() as line:
            order.append("second")
            assert "waiting" in [time.phase for time in line.times()]

    threads = [threading.Thread(target=work) for work in (first, second)]
    threads[0].start()
    assert begun.wait(PATIENCE_S)
    threads[1].start()
    threads[1].join(0.5)
    assert order == []
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert order == ["first", "second"]


def test_a_question_that_fails_lets_the_next_one_in() -> None:
    """Whatever becomes of it, the turn is given back."""
    watch = Watch(SimpleNamespace())
    with pytest.raises(LookupError), watch.line():
        raise LookupError
    done = threading.Event()

    def next_one() -> None:
        with watch.line():
            done.set()

    threading.Thread(target=next_one).start()
    assert done.wait(PATIENCE_S)
