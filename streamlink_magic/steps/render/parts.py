"""Single parts of an answer as tables of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.listing import Listing

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView


def checks_listing(view: AnswerView) -> Listing:
    """Return what was looked at, with its sign."""
    rows = tuple((phrases.MARKS.get(one.level, "·"), one.text) for one in view.checks)
    return Listing("Checks of this answer", ("", "what was looked at"), rows)


def sent_listing(view: AnswerView) -> Listing:
    """Return every part that left the kernel, whole, with its size."""
    kinds = [phrases.KINDS.get(part.kind, part.kind) for part in view.sent]
    sizes = [phrases.size(phrases.byte_count(part.text)) for part in view.sent]
    rows = tuple(zip(kinds, sizes, (part.text for part in view.sent), strict=True))
    total = phrases.size(phrases.sent_bytes(view.sent))
    return Listing(
        f"Sent to the model: {total}", ("what", "size", "text"), rows, (phrases.NEVER_SENT,)
    )
