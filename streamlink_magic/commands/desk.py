"""What every command of ``%streamlink`` has at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.disclosure import see_tables
from streamlink_magic.errors import AskUsageError
from streamlink_magic.governance import NO_RULES
from streamlink_magic.memory.recall import memory_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.governance import HubRules
    from streamlink_magic.records import CatalogSnapshot
    from streamlink_magic.session import AskSession
    from streamlink_magic.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """One notebook's session, and the settings in force now.

    Attributes
    ----------
    origins
        Where each setting comes from, by its name: ``default``, ``config`` …
    rules
        What the policy files say.
    """

    asks: AskSession
    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)
    rules: HubRules = NO_RULES

    def catalog(self) -> CatalogSnapshot:
        """Return the catalog as it is now, described as far as the deadline allows.

        Raises
        ------
        SessionError
            When the notebook has no usable Spark session.
        CatalogError
            When the catalog cannot be read.
        """
        workbench = self.asks.workbench(self.settings)
        return see_tables(workbench, self.settings, self.asks.cache)

    def kept_path(self) -> Path:
        """Return the file of kept answers.

        Raises
        ------
        MemoryFileError
            When memory is switched off.
        OutsidePolicyError
            When the policy file closes it.
        """
        return memory_file(self.settings, "kept")

    def joins_path(self) -> Path:
        """Return the file of what was said about joins, beside the kept answers.

        Raises
        ------
        MemoryFileError
            When memory is switched off.
        OutsidePolicyError
            When the policy file closes it.
        """
        return memory_file(self.settings, "joins")

    def terms_path(self) -> Path:
        """Return the glossary's file, beside the kept answers.

        Raises
        ------
        MemoryFileError
            When memory is switched off.
        OutsidePolicyError
            When the policy file closes it.
        """
        return memory_file(self.settings, "terms")


def number_in(rest: str, usage: str) -> int | None:
    """Return the number that a command was given, None when it was given none.

    Raises
    ------
    AskUsageError
        For anything else.
    """
    if rest and not rest.isdecimal():
        raise AskUsageError(f"{usage} wants a number of %streamlink history, not {rest!r}.")
    return int(rest) if rest else None


def file_in(rest: str, usage: str) -> Path:
    """Return the file that a command was given.

    Raises
    ------
    AskUsageError
        When it was given none.
    """
    name = rest.strip("'\"")
    if not name:
        raise AskUsageError(f"{usage} wants a file: {usage} answers.jsonl")
    return Path(name).expanduser()
