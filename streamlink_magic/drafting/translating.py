"""Put a question in another script than the tables' names into English first.

A small model answers an English question over English names more often than the same question in
Chinese; and names, values and repairs are found by the question's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.steps.generate import generate_line
from streamlink_magic.steps.prompt import needs_translation, translation_prompt

if TYPE_CHECKING:
    from streamlink_magic.protocols import ChatModel, Progress
    from streamlink_magic.records import LinkedContext, SentPart
    from streamlink_magic.settings import Settings

_TOKENS = 192


@dataclass(frozen=True, slots=True)
class Translation:
    """A question in English, as the model put it, and what it was sent for that."""

    text: str
    parts: tuple[SentPart, ...]


def translate(
    linked: LinkedContext, model: ChatModel, settings: Settings, progress: Progress
) -> Translation | None:
    """Return the question in English; None where it needs no translation or none came of it.

    Raises
    ------
    ModelError
        When the server failed.
    """
    if not settings.translate or not needs_translation(linked):
        return None
    progress("model", "in English")
    prompt = translation_prompt(linked, model)
    text = generate_line(prompt, model, max_tokens=min(_TOKENS, settings.answer_tokens))
    return Translation(text, prompt.parts) if text.isascii() and text else None
