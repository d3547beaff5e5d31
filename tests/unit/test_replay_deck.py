"""Recording and replaying through the line of steps, with fakes at the seams."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import (
    NoSqlError,
    ReplayDriftError,
    ReplayMissError,
    ServerUnreachableError,
    StreamlinkError,
    UnsafeSqlError,
)
from streamlink_magic.memory.recall import NOTHING_KEPT, Memory
from streamlink_magic.pipeline import Ports
from streamlink_magic.records import (
    Column,
    NotebookSnapshot,
    PlanNode,
    QueryResult,
    Question,
    Term,
    Turn,
)
from streamlink_magic.replay import MIME, Asking, Deck, Places, Take
from streamlink_magic.settings import Settings
from streamlink_magic.steps.render import render_html, render_text
from streamlink_magic.testing import FakeClock, FakeModel, FakeWorkbench, table

if TYPE_CHECKING:
    from pathlib import Path

    from streamlink_magic.protocols import ChatModel

SONGS = table("song", "song_id int, title string")
_FEW = QueryResult((Column("n", "int"),), ((1,), (2,)))


@dataclass
class Desk:
    """One notebook's world: what its questions meet, and the tape beside it."""

    tape: Path
    model: FakeModel = field(default_factory=lambda: FakeModel(digest="sha256:1"))
    workbench: FakeWorkbench = field(default_factory=lambda: FakeWorkbench((SONGS,), result=_FEW))
    memory: Memory = NOTHING_KEPT
    turns: tuple[Turn, ...] = ()
    deck: Deck = field(default_factory=Deck)
    asked: int = 0

    def ask(self, question: str, mode: str, **settings: Any) -> Take:  # noqa: ANN401
        """Ask in one of the modes."""
        tape = "" if mode == "replay" else str(self.tape)
        values = {"replay": mode, "tape": tape, "samples": 0} | settings
        asking = Asking(
            question=Question(question),
            find_model=self._find,
            ports=self._ports,
            settings=Settings(**values),
            progress=lambda *_: None,
            places=Places(tape=str(self.tape), folder=str(self.tape.parent)),
        )
        return self.deck.ask(asking)

    def _find(self) -> FakeModel:
        self.asked += 1
        return self.model

    def _ports(self, model: ChatModel) -> Ports:
        return Ports(
            NotebookSnapshot(),
            self.workbench,
            model,
            CatalogCache(FakeClock()),
            self.turns,
            self.memory,
        )


class Dropping(FakeWorkbench):
    """A session in which every statement is a command."""

    def parse(self, sql: str) -> PlanNode:  # noqa: ARG002  the seam's
        """Return the tree of a command."""
        return PlanNode("org.apache.spark.sql.catalyst.plans.logical.DropTable")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a notebook's world in which nothing has been asked."""
    return Desk(tmp_path / "answers.jsonl")


def entry(take: Take) -> dict[str, Any]:
    """Return what a notebook keeps of an answer."""
    return dict(take.entry(take.view).data[MIME])


def test_a_recorded_answer_comes_back_without_a_model(desk: Desk) -> None:
    """It is guarded and run again; the entry is the same to the byte; the view says what it is."""
    desk.model.answers = ("SELECT count(title) AS n FROM song",)
    recorded = desk.ask("How many songs?", "record")
    assert desk.asked == 1
    replayed = Desk(desk.tape).ask("How  many songs?", "replay")
    assert entry(replayed) == entry(recorded)
    assert (replayed.view.sql, replayed.view.result) == (recorded.view.sql, _FEW)
    assert replayed.view.verdict.allowed
    assert replayed.view.sent == ()
    for shown in (render_text(replayed.view), render_html(replayed.view)):
        assert "No model was asked now" in shown
    assert "No model was asked" not in render_text(recorded.view)


def test_an_entry_holds_no_row_and_nothing_of_this_machine(desk: Desk) -> None:
    """Two recordings of the same answer are the same bytes; a result is a digest only."""
    desk.workbench.result = QueryResult((Column("name", "string"),), (("Schubert",),))
    first = desk.ask("Who wrote it?", "record")
    again = Desk(desk.tape, workbench=desk.workbench, model=desk.model).ask(
        "Who wrote it?", "record"
    )
    assert entry(first) == entry(again)
    assert entry(first)["model"] == {"name": "fake", "digest": "sha256:1"}
    for private in ("Schubert", str(desk.tape.parent), "127.0.0.1"):
        assert private not in repr(entry(first))


def test_a_miss_in_replay_is_an_error_and_asks_nobody(desk: Desk) -> None:
    """The request is named; the model is not looked for."""
    desk.ask("How many songs?", "record")
    asked = desk.asked
    with pytest.raises(ReplayMissError, match="How many singers"):
        desk.ask("How many singers?", "replay")
    assert desk.asked == asked


def test_a_result_that_changed_is_told_and_shown(desk: Desk) -> None:
    """The answer of now is shown, with a warning; the entry keeps what was, and says what is."""
    recorded = entry(desk.ask("How many songs?", "record"))
    desk.workbench.result = QueryResult((Column("n", "int"),), ((1,), (3,)))
    replayed = desk.ask("How many songs?", "replay")
    assert replayed.view.result == desk.workbench.result
    assert "Changed since it was recorded: The values" in render_text(replayed.view)
    now = entry(replayed)
    assert [one["kind"] for one in now["drift"]] == ["result"]
    assert now | {"drift": []} == recorded


def test_the_order_of_rows_is_no_change(desk: Desk) -> None:
    """Spark may return equal rows in another order."""
    desk.ask("How many songs?", "record")
    desk.workbench.result = QueryResult((Column("n", "int"),), ((2,), (1,)))
    assert entry(desk.ask("How many songs?", "replay"))["drift"] == []


def test_a_prompt_that_changed_is_told(desk: Desk) -> None:
    """A term of the glossary, another table: the model would be asked otherwise now."""
    desk.ask("How many long songs?", "record")
    desk.memory = Memory(terms=(Term("long", "len > 5"),))
    desk.workbench.tables = (SONGS, table("tape", "tape_id int"))
    told = entry(desk.ask("How many long songs?", "replay"))["drift"]
    assert [one["kind"] for one in told] == ["prompt"]
    assert "the glossary terms, the tables or their comments" in told[0]["text"]


def test_sql_that_spark_cannot_use_any_more_is_an_error_with_the_drift(desk: Desk) -> None:
    """Nothing is mended and nothing runs; the output keeps the recording for a later day."""
    desk.model.answers = ("SELECT title FROM song",)
    recorded = entry(desk.ask("Which songs?", "record"))
    desk.workbench.tables = (table("song", "song_id int, name string"),)
    desk.workbench.invalid = {"SELECT title FROM song": "no column title"}
    ran = len(desk.workbench.ran)
    with pytest.raises(ReplayDriftError, match="no column title") as caught:
        desk.ask("Which songs?", "replay")
    assert len(desk.workbench.ran) == ran
    assert caught.value.sql == "SELECT title FROM song"
    assert caught.value.bundle is not None
    kept = caught.value.bundle.data[MIME]
    assert {one["kind"] for one in kept["drift"]} == {"prompt", "verdict"}
    assert kept | {"drift": []} == recorded


def test_a_refusal_is_recorded_and_happens_again(desk: Desk) -> None:
    """The guard itself refuses the recorded SQL; in replay too nothing runs."""
    desk.model.answers = ("DROP TABLE song",)
    desk.workbench = Dropping((SONGS,))
    kept = []
    for mode in ("record", "replay"):
        with pytest.raises(UnsafeSqlError) as caught:
            desk.ask("Drop the songs.", mode)
        assert caught.value.bundle is not None
        kept.append(caught.value.bundle.data[MIME])
    assert kept[0] == kept[1]
    assert kept[0]["failure"]["error"] == "UnsafeSqlError"
    assert desk.workbench.ran == []


def test_sql_that_was_refused_does_not_run_because_the_guard_changed(desk: Desk) -> None:
    """What nobody ever saw run is not run unasked; it is told as a drift."""
    desk.model.answers = ("SELECT nothing FROM song",)
    desk.workbench.invalid = {"SELECT nothing FROM song": "no column nothing"}
    with pytest.raises(StreamlinkError):
        desk.ask("Nothing?", "record")
    desk.workbench.invalid = {}
    with pytest.raises(ReplayDriftError, match="would not now"):
        desk.ask("Nothing?", "replay")
    assert desk.workbench.ran == []


def test_a_question_without_sql_fails_in_the_same_words(desk: Desk) -> None:
    """The error, its message and its fix are those that the model's answer led to."""
    desk.model.answers = ("```sql\n```",)
    said = []
    for mode in ("record", "replay"):
        with pytest.raises(NoSqlError) as caught:
            desk.ask("Why?", mode)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_a_dead_server_is_not_recorded(desk: Desk) -> None:
    """What says nothing of the question is asked again another day."""
    desk._find = lambda: (_ for _ in ()).throw(ServerUnreachableError("gone"))  # type: ignore[method-assign,return-value]
    with pytest.raises(ServerUnreachableError) as caught:
        desk.ask("How many?", "record")
    assert caught.value.bundle is None
    assert not desk.tape.exists()


def test_follow_ups_answer_to_the_question_that_they_follow(desk: Desk) -> None:
    """The same words after another question are another request."""
    desk.turns = (Turn("How many songs?", "SELECT 1"),)
    desk.ask("And only the long ones?", "record")
    assert entry(desk.ask("And only the long ones?", "replay"))["after"] == ["How many songs?"]
    desk.turns = (Turn("How many tapes?", "SELECT 1"),)
    with pytest.raises(ReplayMissError, match="after “How many songs\\?”: run the cells in order"):
        desk.ask("And only the long ones?", "replay")


def test_a_follow_up_whose_base_has_other_sql_now_says_so(desk: Desk) -> None:
    """The recorded SQL was written on top of another query."""
    desk.turns = (Turn("How many songs?", "SELECT 1"),)
    desk.ask("And only the long ones?", "record")
    desk.turns = (Turn("How many songs?", "SELECT 2"),)
    told = entry(desk.ask("And only the long ones?", "replay"))["drift"]
    assert "the SQL of the question before" in told[0]["text"]


def test_auto_asks_only_where_the_recording_does_not_fit(desk: Desk) -> None:
    """The same request is replayed; a new one, or one of other tables, goes to the model."""
    assert desk.ask("How many songs?", "auto").view.recorded == ""
    assert desk.asked == 1
    assert desk.ask("How many songs?", "auto").view.recorded
    assert desk.asked == 1
    desk.workbench.tables = (table("song", "song_id bigint, title string"),)
    assert desk.ask("How many songs?", "auto").view.recorded == ""
    assert desk.asked == 2


def test_a_recorded_question_that_was_not_run_can_run_later(desk: Desk) -> None:
    """There is nothing to compare then, and nothing is made up."""
    recorded = desk.ask("How many songs?", "record")
    shown = entry(replace(recorded, view=replace(recorded.view, result=None)))
    assert shown["result"] is None
    replayed = desk.ask("How many songs?", "replay")
    unrun = replace(replayed.view, result=None, checks=())
    assert replayed.compared(unrun) == unrun
