"""JSON Lines read so that every complaint names its file and line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar, cast

from streamlink_magic.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T")


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises
    ------
    EvaluationError
        When it cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"{path} cannot be read: {reason}."
        raise EvaluationError(message, "Check the path, and that it is the file meant.") from error


def read_json_object(path: Path) -> dict[str, object]:
    """Return the one JSON object that a file holds.

    Raises
    ------
    EvaluationError
        When the file is missing or holds something else.
    """
    return _parse_object(read_text(path), str(path))


def read_records(path: Path) -> Iterator[Entry]:
    """Return the objects of a JSON Lines file one by one, blank lines left out.

    Raises
    ------
    EvaluationError
        At the first line that is no JSON object.
    """
    return parse_records(read_text(path), str(path))


def parse_records(text: str, name: str) -> Iterator[Entry]:
    """Yield the objects of JSON Lines text; ``name`` is what complaints call it."""
    # Not splitlines(): JSON text may hold U+2028, which is no end of a line here
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{name}, line {number}"
            yield Entry(_parse_object(line, where), where)


class Entry:
    """A JSON object and where it was read, so that a bad field can be reported.

    Parameters
    ----------
    values
        The object itself.
    where
        File and line, as a reader would look it up.
    """

    def __init__(self, values: dict[str, object], where: str) -> None:
        self.values = values
        self.where = where

    def text(self, name: str) -> str:
        """Return a field that has to hold text (a number is taken as its text)."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise self.problem(f"needs text in {name!r}")
        return str(value)

    def get(self, name: str, default: T) -> T:
        """Return a field of the default's type; a missing one or null is the default."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(default, float) and isinstance(value, int):
            value = float(value)
        if not isinstance(value, type(default)):
            raise self.problem(f"holds a {type(value).__name__} in {name!r}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that holds a list of texts, empty when it is missing."""
        values: list[object] = self.get(name, [])
        if not all(isinstance(value, str) for value in values):
            raise self.problem(f"needs a list of texts in {name!r}")
        return tuple(cast("list[str]", values))

    def numbers(self, name: str) -> dict[str, float]:
        """Return a field that holds numbers by name, empty when it is missing."""
        values: dict[str, object] = self.get(name, {})
        if not all(isinstance(value, int | float) for value in values.values()):
            raise self.problem(f"needs numbers by name in {name!r}")
        return cast("dict[str, float]", values)

    def entries(self, name: str) -> tuple[Entry, ...]:
        """Return a field that holds a list of objects, empty when it is missing."""
        values: list[object] = self.get(name, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.problem(f"needs a list of objects in {name!r}")
        return tuple(
            Entry(cast("dict[str, object]", value), f"{self.where}, {name}[{index}]")
            for index, value in enumerate(values)
        )

    def problem(self, what: str) -> EvaluationError:
        """Return the error that says what is wrong with this object."""
        return EvaluationError(f"{self.where} {what}.", "Correct the file, or leave the line out.")


def _parse_object(text: str, where: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError as error:
        message = f"{where} is no JSON: {error}."
        raise EvaluationError(message, "Correct the file, or leave the line out.") from error
    if not isinstance(value, dict):
        message = f"{where} is no JSON object."
        raise EvaluationError(message, "Correct the file, or leave the line out.")
    return value
