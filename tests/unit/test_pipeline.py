"""The line of steps, with fakes at the seams."""

from dataclasses import replace

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import InvalidSqlError, UnsafeSqlError
from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.memory.recall import Memory
from streamlink_magic.pipeline import Ports, ask
from streamlink_magic.records import (
    Column,
    DataFrameVariable,
    NotebookSnapshot,
    QueryResult,
    Question,
    Term,
    Turn,
)
from streamlink_magic.settings import Settings
from streamlink_magic.steps.render import render_text
from streamlink_magic.testing import FakeClock, FakeModel, FakeWorkbench, table

SONGS = table("song", "song_id int, title string")
PHASES: list[str] = []


def ports(
    model: FakeModel, workbench: FakeWorkbench, notebook: NotebookSnapshot | None = None
) -> Ports:
    snapshot = notebook or NotebookSnapshot()
    return Ports(snapshot, workbench, model, CatalogCache(FakeClock()))


def note(phase: str, detail: str = "") -> None:
    PHASES.append(phase) if not detail else None


def test_a_question_takes_every_step_in_order() -> None:
    """Context, link, model, guard, Spark, explain: and the view holds what each gave."""
    PHASES.clear()
    workbench = FakeWorkbench((SONGS,))
    model = FakeModel(["SELECT 1"], samples=["SELECT 1"])
    view, query = ask(Question("How many?"), ports(model, workbench), Settings(), note)
    assert PHASES == ["context", "link", "model", "guard", "Spark", "explain"]
    assert (view.sql, view.result, query and query.sql) == (
        "SELECT 1",
        workbench.result,
        "SELECT 1",
    )
    assert (
        "".join(part.text for part in view.sent).count("How many?") == 2
    )  # over each form of the tables


def test_nothing_runs_when_the_user_only_wants_the_sql() -> None:
    """``--no-run`` stops behind the guard."""
    workbench = FakeWorkbench((SONGS,))
    view, query = ask(Question("?"), ports(FakeModel(), workbench), Settings(), note, run=False)
    assert workbench.ran == []
    assert view.result is None
    assert "answer.run()" in view.status
    assert query is not None


def test_a_wrong_name_is_mended_without_the_model() -> None:
    """The repair is told in words, and the model is not asked again."""
    wrong = "SELECT song_title FROM song"
    model = FakeModel(("SELECT titl_e FROM song",))
    workbench = FakeWorkbench((SONGS,), invalid={"SELECT titl_e FROM song": wrong})
    view, _ = ask(Question("?"), ports(model, workbench), Settings(), note)
    assert len(model.sent) == 1
    assert view.repairs == ("titl_e was read as title, the column's real name.",)
    assert workbench.ran == [view.sql]


def test_what_cannot_be_mended_goes_back_to_the_model_once() -> None:
    """The second prompt shows the draft and Spark's message; the view says that it happened."""
    model = FakeModel(("SELECT nothing FROM song", "SELECT title FROM song"))
    workbench = FakeWorkbench((SONGS,), invalid={"SELECT nothing FROM song": "no column nothing"})
    view, _ = ask(Question("?"), ports(model, workbench), Settings(), note)
    assert view.sql == "SELECT title FROM song"
    assert "no column nothing" in model.sent[1][-2].content
    assert "asked again" in view.repairs[-1]


def test_a_draft_that_fails_twice_is_an_error_that_keeps_the_sql() -> None:
    """The loop is bounded, and what the model wrote is not lost."""
    model = FakeModel(("SELECT nothing FROM song",))
    workbench = FakeWorkbench((SONGS,), invalid={"SELECT nothing FROM song": "no column nothing"})
    with pytest.raises(InvalidSqlError, match="no column nothing") as caught:
        ask(Question("?"), ports(model, workbench), Settings(), note)
    assert len(model.sent) == 2
    assert caught.value.sql == "SELECT nothing FROM song"
    assert workbench.ran == []


def test_unsafe_sql_is_refused_and_never_sent_back() -> None:
    """A refusal is final: no second try may talk its way around it."""
    model = FakeModel(("SELECT '\x00'",))
    workbench = FakeWorkbench((SONGS,))
    with pytest.raises(UnsafeSqlError) as caught:
        ask(Question("?"), ports(model, workbench), Settings(), note)
    assert len(model.sent) == 1
    assert workbench.ran == []
    assert caught.value.verdict.rule


def test_a_follow_up_says_what_it_carried_over() -> None:
    """The earlier query travels, and the view tells what both queries share."""
    model = FakeModel(("SELECT title FROM song WHERE song_id > 3 AND title > 'B'",))
    asked = replace(
        ports(model, FakeWorkbench((SONGS,))),
        turns=(Turn("Which songs?", "SELECT title FROM song WHERE song_id > 3"),),
    )
    view, _ = ask(Question("and only behind B?"), asked, Settings(), note)
    assert "SELECT title FROM song WHERE song_id > 3" in str(model.sent)
    assert view.follows
    assert view.notes == (
        "Carried over from your previous question: table song; filter song_id > 3.",
    )
    alone, _ = ask(Question("How many songs are there?"), asked, Settings(), note)
    assert (alone.follows, alone.notes) == (False, ())


def test_what_is_remembered_is_told_in_the_answer() -> None:
    """A term, a kept answer and a broken line of the memory each get a sentence."""
    kept = KeptAnswer("How many songs have hits?", "SELECT 2", tables=("shop.song",))
    memory = Memory(
        (kept,), (Term("hit", "song_id = 1"),), problems=("kept.jsonl, line 3 is no JSON.",)
    )
    model = FakeModel(("SELECT count(*) FROM song WHERE song_id = 1",))
    asked = replace(ports(model, FakeWorkbench((SONGS,))), memory=memory)
    view, _ = ask(Question("How many songs are hits?"), asked, Settings(), note)
    assert [part.kind for part in view.sent if part.kind in {"terms", "examples"}] == [
        "examples",
        "terms",
    ] * 2
    assert view.notes == (
        "Glossary: «hit» means song_id = 1; the SQL holds it.",
        f"A kept answer served as an example: «How many songs have hits?» ({kept.id}).",
        "kept.jsonl, line 3 is no JSON.",
    )
    assert view.notes[0] in render_text(view)


def test_a_kept_statement_that_breaks_a_rule_never_reaches_the_model() -> None:
    """Whoever wrote the file, the guard has the last word on what is shown."""
    poison = KeptAnswer("How many songs?", "SELECT 'x\x00'", tables=("shop.song",))
    model = FakeModel()
    asked = replace(ports(model, FakeWorkbench((SONGS,))), memory=Memory((poison,)))
    ask(Question("How many songs?"), asked, Settings(), note)
    assert "SELECT 'x" not in str(model.sent)


def test_where_nothing_can_be_proven_nothing_runs() -> None:
    """On Spark Connect the SQL is shown with the reason."""
    workbench = FakeWorkbench((SONGS,), guards=False)
    model = FakeModel(("SELECT title FROM song",))
    view, query = ask(Question("?"), ports(model, workbench), Settings(), note)
    assert query is None
    assert workbench.ran == []
    assert "Connect" in view.status


def test_rows_beyond_the_limit_are_told_and_not_shown() -> None:
    """N of more than N."""
    many = QueryResult((Column("n", "int"),), tuple((number,) for number in range(9)))
    workbench = FakeWorkbench((SONGS,), result=many)
    view, _ = ask(Question("?"), ports(FakeModel(), workbench), Settings(rows=5), note)
    assert view.result is not None
    assert (len(view.result.rows), view.result.more) == (5, True)


def test_only_dataframes_that_the_model_was_shown_become_readable() -> None:
    """A variable that the question is not about stays out of reach."""
    frames = tuple(
        DataFrameVariable(name, (Column("a", "int"),), object()) for name in ("x1", "x2")
    )
    workbench = FakeWorkbench((SONGS,))
    notebook = NotebookSnapshot(dataframes=frames)
    ask(Question("How many in x2?"), ports(FakeModel(), workbench, notebook), Settings(), note)
    assert workbench.added == ["x2"]


def test_where_variables_cannot_be_made_readable_the_model_is_not_shown_them() -> None:
    """On Spark Connect a view would stay in the user's session."""
    frame = DataFrameVariable("late", (Column("secret_column", "int"),), object())
    model = FakeModel(("SELECT title FROM song",))
    workbench = FakeWorkbench((SONGS,), takes_dataframes=False)
    notebook = NotebookSnapshot(dataframes=(frame,))
    ask(Question("How many in late?"), ports(model, workbench, notebook), Settings(), note)
    assert "secret_column" not in str(model.sent)
