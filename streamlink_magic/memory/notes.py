"""What a reader is told of the memory that went into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.memory.traces import carried_over, term_used

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import AskContext, Example

_QUESTION_CHARS = 80


def answer_notes(context: AskContext, sql: str) -> tuple[str, ...]:
    """Return a sentence for each thing that was remembered and went into the answer.

    Parameters
    ----------
    sql
        The checked statement; what is said to be carried over or used is looked up in it.
    """
    return tuple(_notes(context, sql))


def _notes(context: AskContext, sql: str) -> Iterator[str]:
    if context.turns:
        yield carried_over(context.turns[-1].sql, sql)
    for term in context.terms:
        yield term_used(term, sql)
    for example in context.examples:
        if example.source == "kept":
            yield f"A kept answer served as an example: {_shown(example)}."
    yield from context.notes


def _shown(example: Example) -> str:
    question = " ".join(example.question.split())
    cut = question if len(question) <= _QUESTION_CHARS else f"{question[:_QUESTION_CHARS]}…"
    return f"«{cut}» ({example.key})"
