"""What ``%streamlink`` shows and changes, without Spark or a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic import session
from streamlink_magic.commands import COMMANDS, run_command
from streamlink_magic.commands import status as status_room
from streamlink_magic.commands.desk import Desk
from streamlink_magic.errors import (
    AskUsageError,
    CatalogError,
    MemoryFileError,
    ServerUnreachableError,
    SessionError,
)
from streamlink_magic.memory.entries import KeptAnswer, to_line
from streamlink_magic.records import (
    AnswerView,
    Explanation,
    ForeignKey,
    PhaseTime,
    SentPart,
    TableName,
    Verdict,
)
from streamlink_magic.session import AskSession
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.steps.render import Listing
from streamlink_magic.testing import FakeWorkbench, table

if TYPE_CHECKING:
    from collections.abc import Callable

PETS = table("pets", "name string, age int, owner_id int")
OWNERS = replace(table("owners", "id int, town string"), comment="<b>people</b>")
KEYED = replace(PETS, foreign_keys=(ForeignKey(("owner_id",), "owners", ("id",)),))
VIEW = AnswerView(
    "How many pets?",
    "SELECT count(*) FROM pets",
    Verdict(allowed=True, rule="ok", tables=("shop.pets",)),
    Explanation("3"),
    sent=(SentPart("rules", "Be right.\n"), SentPart("question", "How many pets?")),
    times=(PhaseTime("model", 1.5), PhaseTime("Spark", 0.5)),
    model="qwen",
    read=(PETS,),
)


@pytest.fixture
def workbench() -> FakeWorkbench:
    """Return a session with two tables."""
    return FakeWorkbench((KEYED, OWNERS), invalid={"SELECT wings FROM pets": "no column wings"})


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workbench: FakeWorkbench) -> Desk:
    """Return a notebook's desk whose Spark is at hand and whose model server is not."""

    def no_server(*_: object) -> None:
        raise ServerUnreachableError("No model server is known.", "Start one.")

    monkeypatch.setattr(session, "find_session", lambda *_: SimpleNamespace(version="4.3.0"))
    monkeypatch.setattr(session, "open_workbench", lambda *_: workbench)
    monkeypatch.setattr(status_room, "find_model", no_server)
    settings = Settings(memory_path=str(tmp_path / "memory" / "kept.jsonl"))
    return Desk(AskSession(SimpleNamespace(user_ns={})), settings, {"rows": "%config"})


@pytest.fixture
def type_in(desk: Desk) -> Callable[[str], Listing]:
    """Return what runs a line on the desk."""
    return lambda line: run_command(line, desk)


def cells(listing: Listing) -> str:
    return " | ".join(text for row in listing.rows for text in row)


def test_status_tells_each_setting_with_its_source(desk: Desk) -> None:
    """What is in force, where it comes from, and what was found, the server's absence too."""
    listing = run_command("status", desk)
    rows = {row[0]: row[1:] for row in listing.rows}
    assert rows["rows"] == ("50", "%config")
    assert "No model server is known" in rows["model server"][0]
    assert rows["Spark session"][0].startswith("Spark 4.3.0")
    assert "0 kept answers, 0 terms" in rows["memory"][0]
    assert rows["catalog"][0].startswith("not read yet")
    run_command("tables", desk)
    after = {row[0]: row[1] for row in run_command("", desk).rows}
    assert after["catalog"].startswith("2 tables, 2 of them described, in database shop")


def test_status_shows_no_secret(desk: Desk) -> None:
    """Neither the key nor a password in the address; both are as good as shown once saved."""
    settings = replace(desk.settings, api_key="hush", base_url="http://me:hush@box:8000/v1")
    assert "hush" not in repr(run_command("status", replace(desk, settings=settings)))


def test_status_tells_the_policy(desk: Desk) -> None:
    """What the guard lets a query read is a setting like any other."""
    settings = replace(desk.settings, policy=Policy(tables=("shop.pets",)))
    rows = {row[0]: row[1] for row in run_command("status", replace(desk, settings=settings)).rows}
    assert rows["policy.tables"] == "shop.pets"
    assert rows["policy.udfs"] == "none"


def test_status_is_there_without_a_spark_session(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is what somebody types when something is missing."""

    def missing(*_: object) -> None:
        raise SessionError("No Spark session was found.", "Make one.")

    monkeypatch.setattr(session, "find_session", missing)
    assert "No Spark session was found" in cells(run_command("status", desk))


def test_tables_are_listed_with_their_columns(type_in: Callable[[str], Listing]) -> None:
    """Names, kinds, columns and comments."""
    assert "shop.pets | table | 3: name, age, owner_id" in cells(type_in("tables"))
    assert "<b>people</b>" in cells(type_in("tables"))


def test_joins_are_listed_with_how_they_are_known(type_in: Callable[[str], Listing]) -> None:
    """Of all tables, or of one."""
    for line in ("joins", "joins pets", "joins owners"):
        assert type_in(line).rows[0][:2] == ("pets.owner_id = owners.id", "declared")


def test_a_join_is_corrected_for_good(desk: Desk, type_in: Callable[[str], Listing]) -> None:
    """What the user says goes before what was declared or inferred, in the next notebook too."""
    type_in("joins --remove owners.id = pets.owner_id")
    assert type_in("joins").rows == ()
    type_in("joins --add pets.name = shop.owners.town")
    assert type_in("joins").rows[0][:3] == ("pets.name = owners.town", "user", "high")
    later = AskSession(SimpleNamespace(user_ns={}))
    later.remember(desk.settings)
    fresh = replace(desk, asks=later)
    assert [row[0] for row in run_command("joins", fresh).rows] == ["pets.name = owners.town"]
    type_in("joins --add pets.owner_id = owners.id")
    assert "pets.owner_id = owners.id" in cells(type_in("joins"))


@pytest.mark.parametrize(
    "text",
    ["", "pets", "owner_id = id", "pets.a > owners.b", "pets.name = pets.age", "pets.name = 'x'",
     "pets.name = owners.id AND owners.town = pets.age", "a.b = c.d; DROP TABLE x"],
)  # fmt: skip
def test_what_is_no_join_is_told_how_to_write_one(
    text: str, type_in: Callable[[str], Listing]
) -> None:
    """Equalities between the columns of two tables, joined with AND."""
    with pytest.raises(AskUsageError, match="--add"):
        type_in(f"joins --add {text}")


def test_a_join_of_unknown_columns_is_refused(type_in: Callable[[str], Listing]) -> None:
    """The columns that are there are named."""
    with pytest.raises(CatalogError, match="town"):
        type_in("joins --add pets.name = owners.city")


def test_a_broken_line_about_joins_is_named_and_kept(
    desk: Desk, type_in: Callable[[str], Listing]
) -> None:
    """It survives a correction and hides no other line."""
    desk.joins_path().parent.mkdir(parents=True)
    desk.joins_path().write_text('{"join": "x"}\n', encoding="utf-8")
    type_in("joins --remove pets.owner_id = owners.id")
    assert desk.joins_path().read_text("utf-8").startswith('{"join": "x"}\n')
    listing = type_in("joins")
    assert listing.rows == ()
    assert "line 1 holds no join" in listing.notes[-1]


def test_values_are_not_read_where_that_is_switched_off(
    desk: Desk, workbench: FakeWorkbench
) -> None:
    """Columns and types are shown all the same."""
    off = replace(desk, settings=replace(desk.settings, sample_values=False))
    listing = run_command("values owners", off)
    assert ("town", "string", "", "", "") in listing.rows
    assert "sample_values" in listing.notes[0]
    assert workbench.ran == []


def test_an_unknown_table_names_the_nearest(type_in: Callable[[str], Listing]) -> None:
    """And no table at all says how to name one."""
    with pytest.raises(CatalogError, match="pets"):
        type_in("values pest")
    with pytest.raises(AskUsageError, match="wants a table"):
        type_in("values")


def test_nothing_in_a_listing_is_live() -> None:
    """A comment, a name or an error is only text, in HTML and in a terminal."""
    hostile = "<script>x()</script>\x1b[2J\u202e"
    listing = Listing("<i>t</i>", ("<b>h</b>",), ((hostile,),), ("<u>",))
    page = listing._repr_html_()
    assert not {"<i>", "<b>", "<script>", "<u>"} & set(_tags(page))
    assert "\x1b" not in page + repr(listing)
    assert "\u202e" not in page + repr(listing)


def _tags(page: str) -> list[str]:
    return [f"<{part.split('>')[0]}>" for part in page.split("<")[1:]]


def test_a_long_text_is_wrapped_and_not_cut() -> None:
    """What was sent can be read to its end in a terminal too, Chinese included."""
    long = "word " * 60 + "航班" * 80
    text = repr(Listing("t", ("what", "text"), (("a", long),)))
    assert max(map(len, text.splitlines())) <= 110
    assert "".join(text.split()).count("word") == 60
    assert "".join(text.split()).count("航班") == 80 or text.count("航") == 80


def test_an_answer_is_kept_listed_and_forgotten(
    desk: Desk, type_in: Callable[[str], Listing]
) -> None:
    """By number or the last one; the list tells who, when and whether it still holds."""
    desk.asks.history.add(VIEW)
    desk.asks.history.add(replace(VIEW, question="And cats?", sql="SELECT 0"))
    key = type_in("keep 1").title.split()[2]
    (row,) = type_in("kept").rows
    assert (row[0], row[1], row[-1]) == (key, "How many pets?", "in use")
    assert f"forget {key}" in type_in("keep 1").notes[0]
    assert "How many pets?" in cells(type_in(f"forget {key}"))
    assert type_in("kept").rows == ()


def test_a_stale_answer_is_listed_as_stale(
    desk: Desk, workbench: FakeWorkbench, type_in: Callable[[str], Listing]
) -> None:
    """Its table changed and Spark no longer takes the statement."""
    desk.asks.history.add(replace(VIEW, sql="SELECT wings FROM pets"))
    type_in("keep")
    assert type_in("kept").rows[0][-1].startswith("not used")
    workbench.tables = (table("pets", "name string"), OWNERS)
    desk.asks.cache.forget()
    assert type_in("kept").rows[0][-1].startswith("stale, since its tables changed")


def test_kept_is_listed_without_spark(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be said of how an answer stands, and that is said."""
    desk.asks.history.add(VIEW)
    run_command("keep", desk)

    def missing(*_: object) -> None:
        raise SessionError("No Spark session was found.", "Make one.")

    monkeypatch.setattr(session, "find_session", missing)
    assert "not checked: No Spark session" in cells(run_command("kept", desk))


def test_an_import_lets_only_guarded_answers_in(
    tmp_path: Path, type_in: Callable[[str], Listing]
) -> None:
    """A file from elsewhere is a stranger's text."""
    bad = KeptAnswer("Clean up", "SELECT '\x00'")
    unknown = KeptAnswer("Wings?", "SELECT wings FROM pets")
    good = KeptAnswer("How many?", "SELECT count(*) FROM pets")
    given = tmp_path / "given.jsonl"
    given.write_text("".join(f"{to_line(one)}\n" for one in (bad, unknown, good)), "utf-8")
    listing = type_in(f"import {given}")
    assert listing.title == "1 imported, 0 there already, 2 left out"
    assert {row[0] for row in listing.rows} == {bad.id, unknown.id}
    assert [row[0] for row in type_in("kept").rows] == [good.id]
    assert type_in(f"import '{given}'").title.startswith("0 imported, 1 there already")
    type_in(f"export {tmp_path / 'out.jsonl'}")
    assert (tmp_path / "out.jsonl").read_text("utf-8") == f"{to_line(good)}\n"


def test_a_term_is_set_listed_and_removed(desk: Desk, type_in: Callable[[str], Listing]) -> None:
    """With or without quotes; an unknown column shows at once."""
    type_in("tables")
    assert type_in('term "grown up" = "age >= 3 AND name = \'x\'"').notes == ()
    assert "wingspan" in type_in("term winged = wingspan > 0").notes[0]
    assert type_in("terms").rows == (
        ("grown up", "age >= 3 AND name = 'x'"),
        ("winged", "wingspan > 0"),
    )
    type_in('term --remove "grown up"')
    assert [row[0] for row in type_in("terms").rows] == ["winged"]
    assert Path(desk.settings.memory_path).with_name("terms.toml").is_file()
    with pytest.raises(AskUsageError, match="Write:"):
        type_in("term grown up")


def test_history_and_what_was_sent_go_by_number(
    desk: Desk, type_in: Callable[[str], Listing]
) -> None:
    """Every byte that left, in order."""
    with pytest.raises(AskUsageError, match="Nothing has been asked"):
        type_in("sent")
    desk.asks.history.add(VIEW)
    assert type_in("history").rows == (
        ("1", "How many pets?", "SELECT count(*) FROM pets", "qwen", "2.0 s"),
    )
    sent = type_in("sent 1")
    assert "".join(row[1] for row in sent.rows) == "Be right.\nHow many pets?"
    for wrong in ("sent 7", "sent one", "keep 0"):
        with pytest.raises(AskUsageError):
            type_in(wrong)


def test_the_history_holds_no_rows_and_a_bounded_number(desk: Desk) -> None:
    """A long notebook does not fill the kernel's memory."""
    for _ in range(120):
        number = desk.asks.history.add(VIEW)
    assert number == 120
    assert list(desk.asks.history.entries) == list(range(21, 121))
    assert desk.asks.history.find(21).result is None


def test_help_names_every_command(type_in: Callable[[str], Listing]) -> None:
    """With what it takes and what it is for."""
    listing = type_in("help")
    assert len(listing.rows) == len(COMMANDS)
    assert all(row[1] for row in listing.rows)


@pytest.mark.parametrize(
    ("typed", "near"), [("stauts", "status"), ("KEP", "keep"), ("xyzzy", "tables")]
)
def test_an_unknown_command_names_the_near_ones(
    typed: str, near: str, type_in: Callable[[str], Listing]
) -> None:
    """In one line."""
    with pytest.raises(AskUsageError, match=near):
        type_in(typed)


@pytest.mark.parametrize("line", ["keep", "kept", "terms", "term a = 'b'", "forget a", "export f"])
def test_without_memory_each_command_says_how_to_switch_it_on(desk: Desk, line: str) -> None:
    """``memory_path = ''`` remembers nothing."""
    desk.asks.history.add(VIEW)
    off = replace(desk, settings=replace(desk.settings, memory_path=""))
    with pytest.raises(MemoryFileError, match="memory_path"):
        run_command(line, off)


def test_tables_without_a_database_are_named_too(desk: Desk, workbench: FakeWorkbench) -> None:
    """A temporary view has none."""
    workbench.tables = (replace(PETS, name=TableName("recent"), kind="temp view"),)
    assert cells(run_command("tables", desk)).startswith("recent | temp view")
