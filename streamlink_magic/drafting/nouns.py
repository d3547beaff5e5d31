"""Ask the model where a noun is held that no name of the tables explains.

A small model never says that no column holds a thing: it names the nearest. Asked whether that
column holds it, it still tends to say yes; but how surely it says so parts synonyms (``gender``
in ``sex``) from what is missing (``weight`` in ``age``).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from streamlink_magic.catalog.nearness import folded
from streamlink_magic.errors import ModelError
from streamlink_magic.records import SentPart
from streamlink_magic.steps.generate import generate_line
from streamlink_magic.steps.prompt import lookup_prompt, meaning_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.drafting.desk import Desk

_LOOKED_UP = 3
_TOKENS, _NONE = 24, "none"
_NAME = re.compile(r"\w+(?:\.\w+)?\Z")
# Log-odds of yes over no, chosen on 200 questions that can be answered and 100 that cannot.
_NO, _RATHER_NO = -1.0, -0.25


def missing_noun(
    desk: Desk, nouns: Sequence[str], *, agreed: bool
) -> tuple[str, tuple[SentPart, ...]]:
    """Return the first noun that no column holds, by the model's own word, and what was sent.

    That is one for which the model makes up a column, or of whose column it says that it does
    not hold it.

    Parameters
    ----------
    agreed
        Whether the drafts agree: then only a sure no counts.

    Returns
    -------
    tuple
        The noun, empty where each is held or the model could not be asked.
    """
    limit, sent = _NO if agreed else _RATHER_NO, list[SentPart]()
    # A second opinion: where the server cannot give it, the drafts stand as they are.
    with suppress(ModelError):
        for noun in nouns[:_LOOKED_UP]:
            told = _column_told(noun, desk, sent)
            column = _column_of(told, desk)
            # Of none it says so too easily, where the drafts have found something.
            made_up = not column and _NAME.match(told) and not (agreed and told.casefold() == _NONE)
            if made_up or (column and _odds(noun, column, desk, sent) < limit):
                return noun, tuple(sent)
    return "", tuple(sent)


def _column_told(noun: str, desk: Desk, sent: list[SentPart]) -> str:
    """Return what the model names as the noun's column, whether there is one or not."""
    prompt = lookup_prompt(desk.known.question, noun, desk.known.tables, desk.model)
    sent += prompt.parts
    told = generate_line(prompt, desk.model, max_tokens=_TOKENS)
    return re.split(r"[,;]", told, maxsplit=1)[0].strip()


def _column_of(told: str, desk: Desk) -> str:
    """Return the column or table of that name, whichever table it was told to be of."""
    names = _names(desk)
    return names.get(folded(told)) or names.get(folded(told.rpartition(".")[2]), "")


def _names(desk: Desk) -> dict[str, str]:
    """Return the tables and columns in full, by what two spellings of them have in common."""
    names = {}
    for table in desk.known.tables:
        names[folded(table.name.name)] = table.name.name
        for column in table.columns:
            full = f"{table.name.name}.{column.name}"
            names.setdefault(folded(column.name), full)
            names[folded(full)] = full
    return names


def _odds(noun: str, column: str, desk: Desk, sent: list[SentPart]) -> float:
    """Return how surely the column holds the noun; even odds where the server does not tell."""
    prompt = meaning_prompt(noun, column, desk.model)
    sent += prompt.parts
    return desk.model.odds(prompt.messages, ("yes", "no")) or 0.0
