"""What happens between questions: warming the prompt's front, forgetting tables."""

from __future__ import annotations

import threading
from types import ModuleType, SimpleNamespace

import pytest

from streamlink_magic import session, warming
from streamlink_magic.errors import ServerUnreachableError, SessionError
from streamlink_magic.records import (
    AskContext,
    CatalogSnapshot,
    LinkedContext,
    Message,
    Question,
)
from streamlink_magic.session import AskSession
from streamlink_magic.settings import Settings
from streamlink_magic.steps.prompt import build_prompt
from streamlink_magic.testing import FakeCatalog, FakeModel, table

SONGS = table("song", "song_id int, title string")


class WarmModel(FakeModel):
    """Keeps what it was warmed with."""

    def __init__(self) -> None:
        super().__init__()
        self.warmed: list[tuple[Message, ...]] = []

    def warm(self, messages: tuple[Message, ...]) -> None:
        """Take note."""
        self.warmed.append(tuple(messages))


@pytest.fixture
def model() -> WarmModel:
    """Return a model that can be warmed."""
    return WarmModel()


@pytest.fixture
def catalog() -> FakeCatalog:
    """Return a catalog of one table."""
    return FakeCatalog([SONGS])


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch, model: WarmModel, catalog: FakeCatalog) -> AskSession:
    """Return a session whose Spark and model are at hand."""
    monkeypatch.setattr(session, "find_session", lambda *_: object())
    monkeypatch.setattr(warming, "find_model", lambda *_: model)
    monkeypatch.setattr(warming, "open_workbench", lambda *_: catalog)
    return AskSession(SimpleNamespace(user_ns={}))


def after(asks: AskSession, source: str, settings: Settings | None = None) -> None:
    """Let a cell have run, and wait for what it sets off."""
    before = set(threading.enumerate())
    asks.after_cell(source, settings or Settings())
    for thread in set(threading.enumerate()) - before:
        thread.join(20)


def test_the_front_is_sent_once_and_is_the_front_of_every_prompt(
    asks: AskSession, model: WarmModel
) -> None:
    """What is warmed is byte for byte what the first question begins with."""
    after(asks, "df.count()")
    after(asks, "df.show()")
    context = AskContext(Question("How many?"), CatalogSnapshot((SONGS,), "shop"))
    linked = LinkedContext(context, (SONGS,))
    fronts = [
        build_prompt(linked, model, budget_tokens=6000, form=form).messages[:1]
        for form in ("create", "columns")
    ]
    assert model.warmed == fronts


def test_a_cell_that_changes_tables_warms_anew_only_when_the_front_changed(
    asks: AskSession, model: WarmModel, catalog: FakeCatalog
) -> None:
    """The catalog is looked at again; the model is bothered only with something new."""
    after(asks, "x = 1")
    after(asks, "spark.sql('CREATE TABLE IF NOT EXISTS song (song_id int)')")
    assert len(model.warmed) == 2  # one for each form of the tables
    catalog.tables = [SONGS, table("tape", "tape_id int")]
    after(asks, "df.write.saveAsTable('tape')")
    assert len(model.warmed) == 4


def test_warming_can_be_switched_off(asks: AskSession, model: WarmModel) -> None:
    """Then nothing is sent before a question is asked."""
    after(asks, "x = 1", Settings(warm_up=False))
    assert model.warmed == []


@pytest.mark.parametrize(
    ("module", "missing"), [(session, "find_session"), (warming, "find_model")]
)
def test_nothing_is_said_while_spark_or_the_server_is_missing(
    asks: AskSession,
    module: ModuleType,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A cell of the user's own never fails or prints because of us."""

    def fail(*_: object) -> None:
        raise {"find_session": SessionError, "find_model": ServerUnreachableError}[missing]("none")

    monkeypatch.setattr(module, missing, fail)
    after(asks, "x = 1")
    assert "".join(capfd.readouterr()) == ""
