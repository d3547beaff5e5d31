"""The file of kept answers."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.errors import AskUsageError, MemoryFileError
from streamlink_magic.memory.entries import KeptAnswer, from_line, to_line
from streamlink_magic.memory.fingerprint import find_tables, fingerprint
from streamlink_magic.memory.keeping import kept_from, today, who
from streamlink_magic.memory.kept import (
    add_kept,
    export_kept,
    load_kept,
    read_export,
    remove_kept,
)
from streamlink_magic.memory.lines import edit_lines
from streamlink_magic.memory.standing import standing
from streamlink_magic.records import AnswerView, Column, Explanation, TableSchema, Verdict
from streamlink_magic.testing import table

if TYPE_CHECKING:
    from pathlib import Path

PETS = table("pets", "name string, age int")
ONE = KeptAnswer("How many pets?", "SELECT count(*) FROM pets", "ada", "2026-11-25", ("shop.pets",))
TWO = KeptAnswer("Which pet is oldest?", "SELECT name FROM pets ORDER BY age DESC LIMIT 1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the place of a memory file in a folder that is not there yet."""
    return tmp_path / ".streamlink" / "kept.jsonl"


def test_what_was_kept_comes_back_as_it_was(file: Path) -> None:
    """Question, SQL, author, day, tables and fingerprint survive the file, in any script."""
    odd = KeptAnswer(
        "有多少\u2028宠物?", "SELECT '\"\\' FROM `a b`", "é", "2026-11-25", ("a.`b",), "f"
    )
    assert add_kept(file, [ONE, odd]) == 2
    assert load_kept(file).entries == (ONE, odd)
    assert [json.loads(line)["id"] for line in file.read_text("utf-8").split("\n")[:-1]] == [
        ONE.id,
        odd.id,
    ]


def test_keeping_twice_keeps_once(file: Path) -> None:
    """The id follows from question and SQL, whoever keeps them and whenever."""
    add_kept(file, [ONE])
    assert add_kept(file, [KeptAnswer(ONE.question, ONE.sql, "bo", "2027-01-01")]) == 0
    assert load_kept(file).entries == (ONE,)


def test_a_broken_line_is_named_and_hides_no_other(file: Path) -> None:
    """A merge conflict in the file costs nobody an answer."""
    add_kept(file, [ONE])
    with file.open("a", encoding="utf-8") as lines:
        lines.write("<<<<<<< theirs\n")
    add_kept(file, [TWO])
    kept = load_kept(file)
    assert kept.entries == (ONE, TWO)
    assert "line 2" in kept.problems[0]
    assert "delete it" in kept.problems[0]


def test_a_broken_line_survives_every_change(file: Path) -> None:
    """Removing another entry leaves it byte for byte."""
    file.parent.mkdir()
    file.write_text(f"{{broken\r\n{to_line(ONE)}\nno newline at the end", encoding="utf-8")
    add_kept(file, [TWO])
    remove_kept(file, ONE.id)
    assert file.read_text(encoding="utf-8").split("\n")[:2] == ["{broken", "no newline at the end"]
    assert load_kept(file).entries == (TWO,)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ([], "no JSON object"),
        ({"sql": "SELECT 1"}, "question"),
        ({"question": " ", "sql": "SELECT 1"}, "question"),
        ({"question": "q", "sql": 7}, "sql"),
        ({"question": "q" * 20_001, "sql": "s"}, "characters"),
        ({"question": "q", "sql": "s", "tables": "pets"}, "tables"),
        ({"question": "q", "sql": "s", "author": 5}, "author"),
        ({"question": "q", "sql": "s", "date": "yesterday"}, "date"),
    ],
)
def test_a_line_of_another_shape_says_what_it_lacks(record: object, problem: str) -> None:
    """File and line come first, the fix last."""
    with pytest.raises(MemoryFileError, match=problem) as caught:
        from_line(json.dumps(record), "kept.jsonl, line 4")
    assert caught.value.message.startswith("kept.jsonl, line 4")
    assert caught.value.hint


def test_a_file_in_another_encoding_is_refused_untouched(file: Path) -> None:
    """Nothing is written over what cannot be read."""
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(MemoryFileError, match="UTF-8"):
        add_kept(file, [ONE])
    assert file.read_bytes() == b"\xff\xfe{}"


def test_many_notebooks_can_keep_at_once(file: Path) -> None:
    """No answer is lost when several write."""
    entries = [KeptAnswer(f"Question {number}?", "SELECT 1") for number in range(12)]
    threads = [threading.Thread(target=add_kept, args=(file, [entry])) for entry in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(load_kept(file).entries) == set(entries)


def test_a_change_that_fails_changes_nothing(file: Path) -> None:
    """The file is replaced whole or not at all, and no temporary file stays."""
    add_kept(file, [ONE])
    before = file.read_bytes()

    def fail(_lines: list[str]) -> list[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        edit_lines(file, fail)
    assert file.read_bytes() == before
    assert not [one for one in file.parent.iterdir() if one.suffix not in {".jsonl", ".lock"}
                and one.name != ".gitignore"]  # fmt: skip


def test_git_is_told_to_leave_lock_files_out(file: Path) -> None:
    """A team that keeps the folder in git sees the answers alone."""
    add_kept(file, [ONE])
    assert (file.parent / ".gitignore").read_text() == "*.lock\n"


def test_an_entry_goes_by_the_beginning_of_its_id(file: Path) -> None:
    """As with commits, so many letters as make it clear."""
    add_kept(file, [ONE, TWO])
    assert remove_kept(file, ONE.id[:5]) == ONE
    assert load_kept(file).entries == (TWO,)


def test_an_unknown_id_names_the_nearest(file: Path) -> None:
    """A typing mistake removes nothing."""
    add_kept(file, [ONE, TWO])
    with pytest.raises(AskUsageError, match=ONE.id):
        remove_kept(file, f"{ONE.id[:-1]}x")
    with pytest.raises(AskUsageError, match="has the id"):
        remove_kept(file, "")
    assert load_kept(file).entries == (ONE, TWO)


def test_an_export_is_what_an_import_reads(file: Path, tmp_path: Path) -> None:
    """A file goes from hand to hand, and never over another one."""
    export_kept([ONE, TWO], file)
    assert read_export(file) == (ONE, TWO)
    with pytest.raises(MemoryFileError, match="exists already"):
        export_kept([ONE], file)
    with pytest.raises(MemoryFileError, match="There is no file"):
        read_export(tmp_path / "nothing.jsonl")


def test_an_import_with_a_broken_line_imports_nothing(tmp_path: Path) -> None:
    """Half a file would be taken for the whole."""
    given = tmp_path / "given.jsonl"
    given.write_text(f"{to_line(ONE)}\n{{\n", encoding="utf-8")
    with pytest.raises(MemoryFileError, match=r"Nothing was imported: .*line 2"):
        read_export(given)


def view(*, allowed: bool = True) -> AnswerView:
    verdict = Verdict(allowed, "ok" if allowed else "unproven", tables=("shop.pets",))
    return AnswerView(
        "How many pets?", "SELECT count(*) FROM pets", verdict, Explanation("3"), read=(PETS,)
    )


def test_a_kept_answer_says_who_when_and_over_which_tables() -> None:
    """No row of the answer is in it."""
    entry = kept_from(view(), author="ada", date="2026-11-25")
    assert entry == KeptAnswer(
        "How many pets?",
        "SELECT count(*) FROM pets",
        "ada",
        "2026-11-25",
        ("shop.pets",),
        fingerprint([PETS]),
    )


def test_sql_that_was_never_allowed_is_not_kept() -> None:
    """Nobody can know that it is right."""
    with pytest.raises(MemoryFileError, match="not proven"):
        kept_from(view(allowed=False), author="", date="")


def test_the_hub_s_name_goes_before_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a hub every kernel may run as the same system user."""
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert who() == "ada"
    assert len(today()) == 10


def test_a_fingerprint_follows_columns_and_types_alone() -> None:
    """Order and comments do not count, a changed type does."""
    turned = TableSchema(
        PETS.name, columns=(Column("AGE", "int", comment="years"), Column("name", "string"))
    )
    assert fingerprint([turned]) == fingerprint([PETS])
    assert fingerprint([table("pets", "name string, age string")]) != fingerprint([PETS])


@pytest.mark.parametrize("name", ["pets", "shop.pets", "spark_catalog.shop.PETS"])
def test_a_table_is_found_however_much_of_its_name_is_spelled(name: str) -> None:
    """The guard, the catalog and people spell names differently."""
    assert find_tables([name], [table("cats", "a int"), PETS]) == (PETS,)
    assert find_tables([name, "shop.dogs"], [PETS]) is None


def test_a_kept_answer_is_looked_at_again_when_its_tables_change() -> None:
    """What the guard would not let run any more is stale; the rest goes on in use."""
    entry = kept_from(view(), author="", date="")
    wider = table("pets", "name string, age int, race string")
    assert standing(entry, [PETS], lambda _: "") == "in use"
    assert "checked again" in standing(entry, [wider], lambda _: "")
    assert standing(entry, [wider], lambda _: "no column age").startswith("stale")
    assert "not here" in standing(entry, [], lambda _: "")
