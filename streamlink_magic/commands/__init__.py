"""``%streamlink``: look at what is known and in force, and correct it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.commands.catalog import show_tables, show_values
from streamlink_magic.commands.evaluate import ask_kept_again
from streamlink_magic.commands.glossary import change_term, show_terms
from streamlink_magic.commands.joins import show_joins
from streamlink_magic.commands.kept import (
    export_file,
    forget_kept,
    import_file,
    keep_answer,
    show_kept,
)
from streamlink_magic.commands.past import put_in_cell, show_history, show_next, show_sent
from streamlink_magic.commands.status import show_status
from streamlink_magic.errors import AskUsageError
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streamlink_magic.commands.desk import Desk

__all__ = ["COMMANDS", "run_command"]

_NEAR = 0.5


def _show_help(_desk: Desk, _rest: str) -> Listing:
    """See what can be typed behind %streamlink."""
    return Listing(
        "%streamlink",
        ("type", "to"),
        tuple(
            (f"%streamlink {name}{_arguments(name)}", _told(run)) for name, run in COMMANDS.items()
        ),
        ("Ask with %%ask or %ask; %config AskMagics lists the settings with their meaning.",),
    )


COMMANDS: Mapping[str, Callable[[Desk, str], Listing]] = {
    "status": show_status,
    "tables": show_tables,
    "joins": show_joins,
    "values": show_values,
    "terms": show_terms,
    "term": change_term,
    "kept": show_kept,
    "keep": keep_answer,
    "forget": forget_kept,
    "export": export_file,
    "import": import_file,
    "eval": ask_kept_again,
    "next": show_next,
    "cell": put_in_cell,
    "history": show_history,
    "sent": show_sent,
    "help": _show_help,
}
_ARGUMENTS = {
    "joins": "[TABLE]  (or: joins --add a.b_id = b.id, joins --remove …)",
    "values": "TABLE",
    "term": '"name" = "SQL expression"  (or: term --remove "name")',
    "keep": "[NUMBER]",
    "forget": "ID",
    "export": "FILE",
    "import": "FILE",
    "eval": "[HOW MANY]",
    "cell": "[NUMBER]",
    "sent": "[NUMBER]",
}


def run_command(line: str, desk: Desk) -> Listing:
    """Do what a line says and return what there is to read.

    Parameters
    ----------
    line
        What stands behind ``%streamlink``; nothing shows the status.

    Raises
    ------
    AskUsageError
        For a command that does not exist, or arguments that it cannot use.
    StreamlinkError
        One of its subclasses, by what the command needs and did not find.
    """
    name, _, rest = line.strip().partition(" ")
    command = COMMANDS.get(name.casefold() or "status")
    if command is None:
        raise _unknown(name)
    return command(desk, rest.strip())


def _unknown(name: str) -> AskUsageError:
    near = difflib.get_close_matches(name.casefold(), COMMANDS, n=2, cutoff=_NEAR)
    said = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(COMMANDS)}."
    return AskUsageError(f"%streamlink has no command {name!r}. {said}")


def _arguments(name: str) -> str:
    return f" {_ARGUMENTS[name]}" if name in _ARGUMENTS else ""


def _told(run: Callable[[Desk, str], Listing]) -> str:
    """Return the command's own first sentence."""
    return (run.__doc__ or "").strip().split("\n", 1)[0].removesuffix(".")
