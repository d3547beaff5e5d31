"""The prompt that has a question put into the language of the tables' names."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from streamlink_magic.prompts import load
from streamlink_magic.records import LinkedContext, Message, Prompt, SentPart
from streamlink_magic.steps.prompt.names import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.protocols import ChatModel

_TABLES_CHARS = 4_000
_OPENING = SentPart("opening", "English:")
_LATIN = "LATIN"


def needs_translation(linked: LinkedContext) -> bool:
    """Return whether a question is in another script than every name and comment of the tables.

    Where some of them are in its script, the model finds them by its words as they are.
    """
    asked = _scripts(linked.context.question.text) - {_LATIN}
    return bool(asked) and not asked & _scripts(" ".join(_told(linked)))


def translation_prompt(linked: LinkedContext, model: ChatModel) -> Prompt:
    """Return the prompt that asks for the question in English, in words of the tables.

    Tables are listed with the names of their columns alone, as far as 4,000 characters go.
    """
    lines = (
        plain(f"{table.name.name}: {', '.join(column.name for column in table.columns)}")
        for table in linked.tables
    )
    parts = (
        SentPart("rules", load("translate") + "\n"),
        SentPart("schema", "\n".join(lines)[:_TABLES_CHARS]),
        SentPart("question", linked.context.question.text.strip()),
        _OPENING,
    )
    messages = (
        Message("system", parts[0].text + parts[1].text),
        Message("user", parts[2].text),
        Message("assistant", parts[3].text),
    )
    return Prompt(messages, model.count_tokens(messages), parts)


def _told(linked: LinkedContext) -> Iterator[str]:
    for table in linked.tables:
        yield table.name.name
        yield table.comment
        for column in table.columns:
            yield column.name
            yield column.comment


def _scripts(text: str) -> set[str]:
    """Return the scripts of a text's letters, by the first word of each letter's Unicode name."""
    letters = {char for char in text if char.isalpha()}
    return {unicodedata.name(char, "?").split(" ", 1)[0] for char in letters}
