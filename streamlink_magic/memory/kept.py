"""The file of kept answers: add, remove, list, hand on."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.errors import AskUsageError, MemoryFileError
from streamlink_magic.memory.entries import KeptAnswer, from_line, to_line
from streamlink_magic.memory.lines import edit_lines, read_lines, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file of kept answers holds.

    Attributes
    ----------
    entries
        In the order in which they were kept, each once.
    problems
        What is wrong with the lines that could not be read, a sentence each.
    """

    entries: tuple[KeptAnswer, ...] = ()
    problems: tuple[str, ...] = ()


def load_kept(path: Path) -> Kept:
    """Return what the file holds; a broken line hides none of the others.

    Raises
    ------
    MemoryFileError
        When the file as a whole cannot be read.
    """
    entries: dict[str, KeptAnswer] = {}
    problems: list[str] = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            entry = from_line(line, f"{path}, line {number}")
        except MemoryFileError as error:
            problems.append(str(error))
        else:
            entries.setdefault(entry.id, entry)
    return Kept(tuple(entries.values()), tuple(problems))


def add_kept(path: Path, entries: Iterable[KeptAnswer]) -> int:
    """Append the entries that are not there yet, and return how many those were.

    Lines that are there already stay as they are, broken ones too.

    Raises
    ------
    MemoryFileError
        When the file cannot be written.
    """
    added = 0

    def change(lines: list[str]) -> list[str]:
        nonlocal added
        there = {entry.id for entry in map(_entry, lines) if entry is not None}
        new = {entry.id: to_line(entry) for entry in entries if entry.id not in there}
        added = len(new)
        return [*lines, *new.values()]

    edit_lines(path, change)
    return added


def remove_kept(path: Path, key: str) -> KeptAnswer:
    """Take the entry of that id, or of its only beginning, out of the file and return it.

    Raises
    ------
    AskUsageError
        When no entry, or more than one, has such an id.
    MemoryFileError
        When the file cannot be written.
    """
    removed: list[KeptAnswer] = []

    def change(lines: list[str]) -> list[str]:
        entries = [_entry(line) for line in lines]
        wanted = _wanted(key, [entry for entry in entries if entry is not None])
        removed.append(wanted)
        return [
            line
            for line, entry in zip(lines, entries, strict=True)
            if entry is None or entry.id != wanted.id
        ]

    edit_lines(path, change)
    return removed[0]


def export_kept(entries: Iterable[KeptAnswer], path: Path) -> None:
    """Write the entries into a new file.

    Raises
    ------
    MemoryFileError
        When there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise MemoryFileError(f"{path} exists already.", "Name another file, or delete that one.")
    write_whole(path, "".join(f"{to_line(entry)}\n" for entry in entries))


def read_export(path: Path) -> tuple[KeptAnswer, ...]:
    """Return the entries of somebody else's file, of which every line must be right.

    Raises
    ------
    MemoryFileError
        When the file is not there, or at its first broken line.
    """
    if not path.is_file():
        raise MemoryFileError(
            f"There is no file {path}.", "Check the name: %streamlink import FILE"
        )
    kept = load_kept(path)
    if kept.problems:
        raise MemoryFileError(f"Nothing was imported: {kept.problems[0]}")
    return kept.entries


def _entry(line: str) -> KeptAnswer | None:
    try:
        return from_line(line, "")
    except MemoryFileError:
        return None  # whoever lists the answers is told; here the line only has to survive


def _wanted(key: str, entries: list[KeptAnswer]) -> KeptAnswer:
    found = {entry.id: entry for entry in entries if key and entry.id.startswith(key)}
    if len(found) == 1:
        return next(iter(found.values()))
    ids = list(dict.fromkeys(entry.id for entry in entries))
    if found:
        raise AskUsageError(f"{key!r} begins several ids: {', '.join(found)}. Type more of it.")
    near = difflib.get_close_matches(key, ids, n=3, cutoff=0.5)
    said = f"Did you mean {' or '.join(near)}?" if near else "%streamlink kept lists them."
    raise AskUsageError(f"No kept answer has the id {key!r}. {said}")
