"""Where recorded answers are found: in notebooks, on tapes, and what was seen once."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.errors import ReplayError
from streamlink_magic.replay.bundle import MIME, Recorded, Recording, pack
from streamlink_magic.replay.choosing import choose, miss
from streamlink_magic.replay.entry import Entry, Model
from streamlink_magic.replay.places import Places, Shelf
from streamlink_magic.replay.request import Request
from streamlink_magic.replay.tape import add_to_tape

if TYPE_CHECKING:
    from pathlib import Path

ONE = Entry("1", "How many pets?", "SELECT 1", Model("m"), prompt={"rules": "a"})
TWO = replace(ONE, key="2", question="How many owners?", sql="SELECT 2")


def notebook(file: Path, *entries: Any) -> Path:  # noqa: ANN401
    """Write a notebook with an output for each entry, a cell each."""
    outputs = [
        {"data": {MIME: pack(one, Recorded()).data[MIME] if isinstance(one, Entry) else one}}
        for one in entries
    ]
    cells = [{"id": f"cell-{n}", "outputs": [one]} for n, one in enumerate(outputs)]
    file.write_text(json.dumps({"cells": [{"cell_type": "markdown"}, *cells]}), encoding="utf-8")
    return file


def sqls(found: tuple[Recording, ...]) -> list[str]:
    """Return the SQL of recordings."""
    return [one.entry.sql for one in found]


def test_a_named_notebook_is_looked_into_alone(tmp_path: Path) -> None:
    """Another notebook in the folder may hold another answer to the same question."""
    mine = notebook(tmp_path / "b.ipynb", ONE)
    notebook(tmp_path / "a.ipynb", replace(ONE, sql="SELECT 9"))
    shelf = Shelf()
    assert sqls(shelf.find(Places(str(mine)), "1")) == ["SELECT 1"]
    everywhere = Places(folder=str(tmp_path))
    assert sqls(Shelf().find(everywhere, "1")) == ["SELECT 9", "SELECT 1"]
    assert shelf.find(Places(str(mine)), "1")[0].cell == "cell-0"


def test_a_notebook_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A path that somebody named is not silently passed over."""
    with pytest.raises(ReplayError, match=r"no notebook 'gone\.ipynb'"):
        Shelf().find(Places(str(tmp_path / "gone.ipynb")), "1")


def test_a_broken_entry_hides_none_of_the_others(tmp_path: Path) -> None:
    """It is told, with the notebook's name, when something is missed."""
    file = notebook(tmp_path / "a.ipynb", {"version": 99}, ONE, "text")
    (tmp_path / "z.ipynb").write_text("no notebook", encoding="utf-8")
    shelf = Shelf()
    assert sqls(shelf.find(Places(folder=str(tmp_path)), "1")) == ["SELECT 1"]
    assert len(shelf.problems) == 3
    assert shelf.problems[0].startswith(f"{file.name}: A recorded answer has version 99")


def test_a_changed_file_is_read_again_and_what_was_seen_stays(tmp_path: Path) -> None:
    """A front end that saves while a cell runs writes that cell without its output."""
    file = notebook(tmp_path / "a.ipynb", ONE, TWO)
    shelf, places = Shelf(), Places(str(file))
    assert sqls(shelf.find(places, "1")) == ["SELECT 1"]
    notebook(file, replace(TWO, sql="SELECT 22"))
    os.utime(file, (1, 1))
    assert sqls(shelf.find(places, "1")) == ["SELECT 1"]
    assert sqls(shelf.find(places, "2")) == ["SELECT 22"]


def test_a_tape_keeps_one_line_a_request(tmp_path: Path) -> None:
    """Recording again replaces the line in its place; a broken line stays for its owner."""
    tape = tmp_path / "answers.jsonl"
    add_to_tape(tape, Recording(ONE, Recorded("2026-11-25", 7)))
    before = tape.read_bytes()
    with tape.open("a", encoding="utf-8") as file:
        file.write("broken\n")
    add_to_tape(tape, Recording(TWO))
    add_to_tape(tape, Recording(ONE, Recorded("2026-11-25", 7)))
    lines = tape.read_bytes().splitlines(keepends=True)
    assert (lines[0], lines[1], len(lines)) == (before, b"broken\n", 3)
    shelf, places = Shelf(), Places(tape=str(tape), folder=str(tmp_path))
    assert shelf.find(places, "1") == (Recording(ONE, Recorded("2026-11-25", 7)),)
    assert "answers.jsonl: line 2" in shelf.problems[0]


def test_twins_are_told_apart_by_cell_then_prompt_then_order() -> None:
    """The same question twice: each cell gets its own answer back."""
    first = Recording(ONE, cell="a")
    second = Recording(replace(ONE, sql="SELECT 2"), cell="b")
    other = Recording(replace(ONE, sql="SELECT 3", prompt={"rules": "b"}), cell="c")
    found = (first, second, other)
    asked = Request("1", "", (), (), prompt={"rules": "a"})
    assert choose(found, asked, cell="b", asked_before=0) is second
    assert [choose(found, asked, cell="", asked_before=n) for n in range(3)] == [
        first,
        second,
        first,
    ]
    later = replace(asked, prompt={"rules": "b"})
    assert choose(found, later, cell="", asked_before=0) is other


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Request("9", "How many pets?", (), ("x",)), "recorded as a question by itself"),
        (Request("9", "How many pets?", ("pets",), ()), "recorded for all tables"),
        (Request("9", "How many pet?", (), ()), "nearest that is recorded: “How many pets?”"),
    ],
)
def test_a_miss_names_the_request_and_what_is_near(asked: Request, told: str) -> None:
    """The error says what was asked, where was looked, and the ways on."""
    error = miss(asked, [Recording(ONE), Recording(TWO)], "Looked into: a.ipynb.")
    for part in (asked.question, "request 9", told, "a.ipynb", "streamlink record", "base_url"):
        assert part in str(error)
