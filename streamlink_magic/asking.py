"""The line behind ``%ask`` and ``%%ask``: leading options, then the raw question.

``argparse`` and IPython's ``parse_argstring`` both stumble over an apostrophe in a question, so
options are read from the left and everything after them stays as it was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import AskUsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORD = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|\S+)")
_BIND = re.compile(r"\s*([^\W\d]\w*)\s*<<\s*")
_NAME = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class AskLine:
    """What a line says.

    Attributes
    ----------
    name
        The variable to bind; empty for none.
    rows
        Rows to show; None leaves the setting.
    fresh
        Whether the question stands by itself, and those before it are forgotten.
    sql
        Whether the rest is SQL of the user's own, in the place of the last answer's.
    fix
        Whether the notebook's last Spark SQL error is to be mended; the rest says more of it.
    suggestion
        Which of the last answer's suggestions to ask; 0 for none.
    model, session
        Empty leaves the setting.
    question
        The raw rest of the line.
    """

    name: str = ""
    tables: tuple[str, ...] = ()
    rows: int | None = None
    run: bool = True
    fresh: bool = False
    sql: bool = False
    fix: bool = False
    suggestion: int = 0
    model: str = ""
    session: str = ""
    question: str = ""


def _tables(line: AskLine, value: str) -> AskLine:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names:
        raise AskUsageError("--tables wants names: --tables flights,airlines")
    return replace(line, tables=names)


def _rows(line: AskLine, value: str) -> AskLine:
    if not value.isdecimal() or not 0 < int(value) <= 100_000:  # noqa: PLR2004  a notebook's table
        raise AskUsageError(f"--rows wants a number from 1 to 100000, not {value!r}.")
    return replace(line, rows=int(value))


def _suggestion(line: AskLine, value: str) -> AskLine:
    if not value.isdecimal() or not int(value):
        raise AskUsageError(f"--next wants the number of a suggestion, not {value!r}.")
    return replace(line, suggestion=int(value))


_VALUED: Mapping[str, Callable[[AskLine, str], AskLine]] = {
    "--tables": _tables,
    "--rows": _rows,
    "--model": lambda line, value: replace(line, model=value),
    "--next": _suggestion,
    "--session": lambda line, value: replace(line, session=value),
}
_FLAGS: Mapping[str, Callable[[AskLine], AskLine]] = {
    "--no-run": lambda line: replace(line, run=False),
    "--sql-only": lambda line: replace(line, run=False),
    "--new": lambda line: replace(line, fresh=True),
    "--sql": lambda line: replace(line, sql=True),
    "--fix": lambda line: replace(line, fix=True),
}
OPTIONS = tuple(sorted([*_VALUED, *_FLAGS]))


def parse_line(text: str) -> AskLine:
    """Return what ``%ask`` was given.

    Raises
    ------
    AskUsageError
        For an unknown option or a value that does not fit.

    Examples
    --------
    >>> line = parse_line("--rows 5 late << what's the {x} of $y?")
    >>> line.name, line.rows, line.question
    ('late', 5, "what's the {x} of $y?")
    """
    line, rest = _options(AskLine(), text)
    if bound := _BIND.match(rest):
        line, rest = replace(line, name=bound.group(1)), rest[bound.end() :]
        line, rest = _options(line, rest)
    return replace(line, question=rest.strip())


def parse_cell(text: str, body: str) -> AskLine:
    """Return what ``%%ask`` was given: NAME and options on the line, the question below.

    Raises
    ------
    AskUsageError
        For anything on the line that is neither an option nor one variable name.
    """
    line, rest = _options(AskLine(), text)
    if word := _WORD.match(rest):
        name = word.group(1).removesuffix("<<")
        if not _NAME.match(name):
            raise AskUsageError(
                f"%%ask cannot bind {name!r}; the question goes on the lines below: "
                "%%ask NAME --rows 20"
            )
        rest = rest[word.end() :].strip().removeprefix("<<")
        line, rest = _options(replace(line, name=name), rest)
    if rest.strip():
        raise AskUsageError(
            f"%%ask does not understand {rest.strip()!r}; the question goes on the lines below."
        )
    return replace(line, question=body.strip("\n"))


def _options(line: AskLine, rest: str) -> tuple[AskLine, str]:
    while (word := _WORD.match(rest)) and word.group(1).startswith("--"):
        option, joined, value = word.group(1).partition("=")
        rest = rest[word.end() :]
        if option == "--":
            return line, rest
        if option in _FLAGS:
            line = _FLAGS[option](line)
        elif option in _VALUED:
            if not joined:
                value, rest = _value(option, rest)
            line = _VALUED[option](line, value.strip("'\""))
        else:
            raise AskUsageError(f"{option} is no option; there are {', '.join(OPTIONS)}.")
    return line, rest


def _value(option: str, rest: str) -> tuple[str, str]:
    word = _WORD.match(rest)
    if word is None:
        raise AskUsageError(f"{option} wants a value.")
    return word.group(1), rest[word.end() :]
