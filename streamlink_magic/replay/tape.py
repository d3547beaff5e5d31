"""A tape: recordings as JSON Lines in a file of their own, for those who keep no outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from streamlink_magic.errors import MemoryFileError, ReplayError
from streamlink_magic.memory.lines import edit_lines, read_lines
from streamlink_magic.replay.bundle import MIME, Recording, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIX = "Name another file: %config AskMagics.tape = 'answers.jsonl'"


def add_to_tape(file: Path, recording: Recording) -> None:
    """Write a recording into the file, in the place of the one for the same request.

    Raises
    ------
    ReplayError
        When the file cannot be read or written.
    """
    line = _line(recording)

    def change(lines: list[str]) -> list[str]:
        same = [_same(one, recording) for one in lines]
        if not any(same):
            return [*lines, line]
        first = same.index(True)
        kept = [one for one, is_same in zip(lines, same, strict=True) if not is_same]
        return [*kept[:first], line, *kept[first:]]

    try:
        edit_lines(file, change)
    except MemoryFileError as error:
        raise ReplayError(error.message, _FIX) from None


def read_tape(file: Path) -> Iterator[Recording | ReplayError]:
    """Yield the recordings of a tape; a broken line as its error.

    Raises
    ------
    ReplayError
        When the file as a whole cannot be read.
    """
    try:
        lines = read_lines(file)
    except MemoryFileError as error:
        raise ReplayError(error.message, _FIX) from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _recording(line)
            except ReplayError as error:
                yield ReplayError(f"line {number}: {error.message}", error.hint)


def _line(recording: Recording) -> str:
    bundle = pack(recording.entry, recording.recorded)
    return json.dumps(
        {"answer": bundle.data[MIME], "recorded": bundle.metadata[MIME]}, ensure_ascii=False
    )


def _recording(line: str) -> Recording:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ReplayError("It is no JSON object.", "Delete the line, and record it anew.")
    return unpack(found.get("answer"), found.get("recorded"))


def _same(line: str, recording: Recording) -> bool:
    """Return whether a line answers the same request, put to the model in the same words."""
    try:
        entry = _recording(line).entry
    except ReplayError:
        return False  # a broken line stays for whoever repairs it
    return (entry.key, entry.prompt) == (recording.entry.key, recording.entry.prompt)
