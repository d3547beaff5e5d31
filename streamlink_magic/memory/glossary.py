"""The users' own words and what they mean in SQL: a TOML file that people may edit too."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.catalog.ranking import words_of
from streamlink_magic.errors import MemoryFileError, TermError
from streamlink_magic.memory.lines import edit_lines, read_lines
from streamlink_magic.records import Term

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NAME_CHARS = 60
_CONDITION_CHARS = 400
_HEADING = (
    "# The words of this project, and the Spark SQL expression that each stands for.",
    '# One a line; also changed by: %streamlink term "name" = "expression"',
)
_FORM = 'Write a line such as: "active customer" = "status = \'A\'"'


@dataclass(frozen=True, slots=True)
class Glossary:
    """What a glossary file holds; ``problems`` tells what in it cannot be used and why."""

    terms: tuple[Term, ...] = ()
    problems: tuple[str, ...] = ()


def check_term(name: str, condition: str) -> Term:
    """Return the term, its spaces tidied.

    Raises
    ------
    TermError
        When the name is empty or too long, or the condition is not one Spark SQL expression.

    Examples
    --------
    >>> check_term("big order", "amount > 1000").condition
    'amount > 1000'
    """
    name, condition = " ".join(name.split()), " ".join(condition.split())
    if not words_of(name) or len(name) > _NAME_CHARS:
        raise TermError(
            f"A term wants a name of 1 to {_NAME_CHARS} letters, not {name[:80]!r}.",
            'Write: %streamlink term "active customer" = "status = \'A\'"',
        )
    if len(condition) > _CONDITION_CHARS:
        raise TermError(
            f"The condition of {name!r} has {len(condition)} characters; "
            f"the limit is {_CONDITION_CHARS}.",
            "Make a view of it, and ask about the view.",
        )
    parse_condition(condition, name)
    return Term(name, condition)


def parse_condition(condition: str, name: str) -> exp.Expr:
    """Return the condition's syntax tree.

    Raises
    ------
    TermError
        When it is not exactly one expression over columns.
    """
    try:
        tree = sqlglot.parse_one(condition, read="spark", into=exp.Condition)
    except (SqlglotError, RecursionError):
        tree = None
    # A constant means nothing about a row; a comment could carry words meant for the model.
    if tree is None or not tree.find(exp.Column, exp.Star) or _comments(tree):
        raise TermError(
            f"The condition of {name!r} is not one Spark SQL expression over columns: {condition}",
            "Write what would stand behind WHERE or SELECT, without a comment: status = 'A'",
        )
    return tree


def load_glossary(path: Path) -> Glossary:
    """Return the terms of the file; a broken one hides none of the others.

    Raises
    ------
    MemoryFileError
        When the file as a whole cannot be read or is no TOML.
    """
    terms: list[Term] = []
    problems: list[str] = []
    for name, condition in _parsed(path, read_lines(path)).items():
        if not isinstance(condition, str):
            problems.append(f"{path}: {name!r} needs one text. {_FORM}")
            continue
        try:
            terms.append(check_term(name, condition))
        except TermError as error:
            problems.append(f"{path}: {error}")
    return Glossary(tuple(terms), tuple(problems))


def set_term(path: Path, term: Term) -> None:
    """Write the term into the file, in the place of an earlier one of that name.

    Raises
    ------
    MemoryFileError
        When the file cannot be read or written, or the earlier one takes several lines.
    """
    line = f"{_quoted(term.name)} = {_quoted(term.condition)}"

    def change(lines: list[str]) -> list[str]:
        place = _line_of(term.name, path, lines)
        if place is None:
            # Behind a [heading] the line would belong to that table.
            headed = [number for number, one in enumerate(lines) if one.lstrip().startswith("[")]
            place = min(headed, default=len(lines))
            lines.insert(place, line)
        else:
            lines[place] = line
        return lines if len(lines) > 1 else [*_HEADING, "", *lines]

    edit_lines(path, change)


def remove_term(path: Path, name: str) -> None:
    """Take the term out of the file.

    Raises
    ------
    TermError
        When there is no such term.
    MemoryFileError
        When the file cannot be read or written, or the term takes several lines.
    """

    def change(lines: list[str]) -> list[str]:
        place = _line_of(name, path, lines)
        if place is None:
            known = ", ".join(_parsed(path, lines)) or "none"
            raise TermError(f"There is no term {name!r}.", f"There are: {known}.")
        return [*lines[:place], *lines[place + 1 :]]

    edit_lines(path, change)


def terms_in(question: str, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return the terms that the question uses, in the glossary's order.

    Plural and letter case do not count. Of two terms that overlap, the longer is meant:
    "active customer" hides "customer".
    """
    asked = f" {' '.join(words_of(question))} "
    used: list[Term] = []
    for term in sorted(terms, key=lambda one: -len(one.name)):
        pattern = _pattern(term.name)
        if pattern.search(asked):
            asked = pattern.sub(" ", asked)
            used.append(term)
    return tuple(term for term in terms if term in used)


def _pattern(name: str) -> re.Pattern[str]:
    words = re.escape(" ".join(words_of(name)))
    # Chinese has no spaces between words, so that a term may stand anywhere in them.
    return re.compile(f"(?<= ){words}(?= )" if name.isascii() else words)


def _parsed(path: Path, lines: Sequence[str]) -> dict[str, object]:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        raise MemoryFileError(f"{path} is no TOML: {error}.", _FORM) from None


def _line_of(name: str, path: Path, lines: Sequence[str]) -> int | None:
    wanted = [key for key in _parsed(path, lines) if key.casefold() == name.casefold()]
    if not wanted:
        return None
    for number, line in enumerate(lines):
        try:
            if set(tomllib.loads(line)) == set(wanted):
                return number
        except tomllib.TOMLDecodeError:
            continue  # part of a text over several lines
    raise MemoryFileError(
        f"The term {name!r} takes several lines of {path}.", "Change it there, by hand."
    )


def _comments(tree: exp.Expr) -> bool:
    return any(node.comments for node in tree.walk())


def _quoted(text: str) -> str:
    """Return a TOML text: JSON's spelling, and the one character that TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
