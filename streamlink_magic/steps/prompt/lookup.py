"""The prompts that ask where a noun of a question is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.prompts import load
from streamlink_magic.records import Message, Prompt, SentPart
from streamlink_magic.steps.prompt.names import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.protocols import ChatModel
    from streamlink_magic.records import TableSchema

_COLUMNS_CHARS = 6_000
_OPENING = SentPart("opening", "Answer:")


def lookup_prompt(
    question: str, noun: str, tables: Sequence[TableSchema], model: ChatModel
) -> Prompt:
    """Return the prompt that asks which column holds a noun.

    Columns are listed by their full names, as far as 6,000 characters go.
    """
    names = (
        plain(f"- {table.name.name}.{column.name}") for table in tables for column in table.columns
    )
    rules = SentPart("rules", load("lookup_rules") + "\n")
    columns = SentPart("schema", "\n".join(names)[:_COLUMNS_CHARS])
    asked = SentPart("question", f"Question: {question.strip()}\n")
    which = SentPart("rules", load("lookup").replace("{noun}", noun))
    messages = (
        Message("system", rules.text + columns.text),
        Message("user", asked.text + which.text),
        Message("assistant", _OPENING.text),
    )
    parts = (rules, columns, asked, which, _OPENING)
    return Prompt(messages, model.count_tokens(messages), parts)


def meaning_prompt(noun: str, column: str, model: ChatModel) -> Prompt:
    """Return the prompt that asks, with yes or no, whether a column holds a noun."""
    rules = SentPart("rules", load("meaning_rules"))
    words = load("meaning").replace("{noun}", noun).replace("{column}", plain(column))
    asked = SentPart("schema", words)
    messages = (Message("system", rules.text), Message("user", asked.text))
    return Prompt(messages, model.count_tokens(messages), (rules, asked))
