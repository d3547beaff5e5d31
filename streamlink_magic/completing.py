"""Tab completion for ``%ask``, ``%explain`` and ``%streamlink``, from what is known already."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.asking import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from streamlink_magic.records import CatalogSnapshot

_ASK_LINE = re.compile(r"^\s*%{1,2}(?:ask|explain)\b(?P<rest>.*)$", re.DOTALL)
_COMMAND_LINE = re.compile(
    r"(?:^|\n)[ \t]*%streamlink[ \t]+(?:(?P<command>\w+)[ \t]+)?(?P<word>[^\s]*)\Z"
)
_LAST_WORD = re.compile(r"[^\s,=]*\Z")
_VALUE_OF = re.compile(r"(--\w+)(?:\s+|=)[^\s]*\Z")


def complete(
    before: str,
    *,
    catalog: CatalogSnapshot,
    models: Sequence[str],
    sessions: Sequence[str],
) -> tuple[str, tuple[str, ...]] | None:
    """Return the word being typed and what it could become; None outside of an ask.

    Parameters
    ----------
    before
        The cell's text up to the cursor.
    catalog
        The catalog as it was last seen.
    models, sessions
        Names known for ``--model`` and ``--session``.
    """
    asked = _ASK_LINE.match(before)
    if asked is None or (not before.lstrip().startswith("%%") and "\n" in asked["rest"]):
        return None
    rest = asked["rest"]
    last = _LAST_WORD.search(rest)
    word = last.group() if last else ""
    known = _choices(rest, catalog=catalog, models=models, sessions=sessions)
    folded = word.casefold()
    matches = dict.fromkeys(one for one in known if one.casefold().startswith(folded))
    return word, tuple(matches) if word or "--" in rest else ()


def complete_command(
    before: str, *, commands: Sequence[str], arguments: Callable[[str], Iterable[str]]
) -> tuple[str, tuple[str, ...]] | None:
    """Return the word being typed behind ``%streamlink`` and what it could become.

    Parameters
    ----------
    before
        The cell's text up to the cursor.
    commands
        The names of the commands.
    arguments
        Gives what may follow a command.
    """
    typed = _COMMAND_LINE.search(before)
    if typed is None:
        return None
    word = typed["word"]
    known = arguments(typed["command"]) if typed["command"] else commands
    return word, tuple(one for one in known if one.casefold().startswith(word.casefold()))


def _choices(
    rest: str, *, catalog: CatalogSnapshot, models: Sequence[str], sessions: Sequence[str]
) -> Iterable[str]:
    value_of = _VALUE_OF.search(rest)
    option = value_of.group(1) if value_of and "\n" not in rest else ""
    if option == "--tables":
        return (table.name.name for table in catalog.tables)
    if option == "--model":
        return models
    if option == "--session":
        return sessions
    if rest.rsplit("\n", maxsplit=1)[-1].rsplit(" ", maxsplit=1)[-1].startswith("--"):
        return OPTIONS
    return _names(catalog)


def _names(catalog: CatalogSnapshot) -> Iterable[str]:
    for table in catalog.tables:
        yield table.name.name
    for table in catalog.tables:
        for column in table.columns:
            yield column.name
