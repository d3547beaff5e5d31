"""The prompt that has a question put into the language of the tables' names."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from streamlink_magic.prompts import load, load_lines
from streamlink_magic.records import LinkedContext, Message, Prompt, SentPart
from streamlink_magic.steps.prompt.names import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.protocols import ChatModel

_TABLES_CHARS = 4_000
_ASKED = "Question: "
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

    Examples over invented tables come first: they show that a question is told whole and in the
    tables' own words. Tables are listed with the names of their columns alone, as far as 4,000
    characters go.
    """
    lines = (
        plain(f"{table.name.name}: {', '.join(column.name for column in table.columns)}")
        for table in linked.tables
    )
    tables = SentPart("schema", _over("\n".join(lines)[:_TABLES_CHARS]))
    question = SentPart("question", _ASKED + linked.context.question.text.strip())
    turns = (
        ("system", (SentPart("rules", load("translate")),)),
        *_examples(),
        ("user", (tables, question)),
        ("assistant", (_OPENING,)),
    )
    messages = tuple(Message(role, "".join(one.text for one in parts)) for role, parts in turns)
    parts = tuple(part for _, parts in turns for part in parts)
    return Prompt(messages, model.count_tokens(messages), parts)


@cache
def _examples() -> tuple[tuple[str, tuple[SentPart, ...]], ...]:
    """Return translated questions as turns of a conversation; the first one tells the tables."""
    shown: list[tuple[str, tuple[SentPart, ...]]] = []
    for record in map(json.loads, load_lines("translations")):
        over = "" if shown else _over(load("translations"))
        asked = SentPart("examples", over + _ASKED + record["question"])
        answered = SentPart("examples", f"{_OPENING.text} {record['english']}")
        shown += [("user", (asked,)), ("assistant", (answered,))]
    return tuple(shown)


def _over(tables: str) -> str:
    return f"Tables and their columns:\n{tables}\n\n"


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
