"""How an entry travels in a notebook: a mime type of its own, what passes in the metadata."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamlink_magic.records import Bundle
from streamlink_magic.replay.entry import Entry, from_json, to_json

MIME = "application/vnd.streamlink.answer.v1+json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of a recording beside its entry, and may differ the next time.

    Attributes
    ----------
    day
        When it was recorded, as ``2026-11-25``.
    tokens
        How many the model wrote.
    """

    day: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """An entry as it was found.

    Attributes
    ----------
    cell
        Id of the notebook cell that holds it; empty on a tape.
    """

    entry: Entry
    recorded: Recorded = field(default_factory=Recorded)
    cell: str = ""


def pack(entry: Entry, recorded: Recorded) -> Bundle:
    """Return the entry as a part of an output."""
    passing = {"day": recorded.day, "tokens": recorded.tokens}
    return Bundle({MIME: to_json(entry)}, {MIME: passing})


def unpack(data: object, passing: object, cell: str = "") -> Recording:
    """Return the recording that an output's data and metadata hold.

    Raises
    ------
    ReplayError
        When the data are no entry.
    """
    found = passing if isinstance(passing, dict) else {}
    day, tokens = found.get("day"), found.get("tokens")
    recorded = Recorded(
        day=day if isinstance(day, str) else "", tokens=tokens if isinstance(tokens, int) else 0
    )
    return Recording(from_json(data), recorded, cell)
