"""Recorded answers: the lock entries of a notebook, and how they are found, replayed, compared."""

from streamlink_magic.replay.bundle import MIME
from streamlink_magic.replay.deck import Asking, Deck, Take, unrecorded
from streamlink_magic.replay.drift import Drift
from streamlink_magic.replay.entry import Entry, from_json, to_json
from streamlink_magic.replay.places import Places

__all__ = [
    "MIME",
    "Asking",
    "Deck",
    "Drift",
    "Entry",
    "Places",
    "Take",
    "from_json",
    "to_json",
    "unrecorded",
]
