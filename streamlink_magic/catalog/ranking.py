"""Which tables a question is probably about, by the words they share."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.records import TableSchema

_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAME_WEIGHT, _COLUMN_WEIGHT, _COMMENT_WEIGHT = 3.0, 1.0, 0.5


def words_of(text: str) -> list[str]:
    """Return the words of a text or name: lower case, camelCase split, plural *s* dropped.

    >>> words_of("airTime of flight_delays")
    ['air', 'time', 'of', 'flight', 'delay']
    """
    split = _CAMEL.sub(" ", text.replace("_", " "))
    return [_stem(word.lower()) for word in _WORDS.findall(split)]


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):  # noqa: PLR2004  "ties" → "ty" reads as a word
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word  # noqa: PLR2004


def rank_tables(
    question: str, tables: Sequence[TableSchema], also: Iterable[str] = ()
) -> tuple[TableSchema, ...]:
    """Return the tables, the likeliest first; equals keep their order.

    A word counts by how rare it is among the tables (inverse document frequency), and more in a
    table's name than in a column or a comment.

    Parameters
    ----------
    question
        The question's text.
    tables
        Tables, described or not.
    also
        Further texts that hint at tables, such as the SQL of earlier turns.
    """
    asked = Counter(words_of(question))
    for text in also:
        asked.update(words_of(text))
    weighted = [_weights(table) for table in tables]
    rarity = _rarity(weighted)
    scores = [
        sum(weight * rarity[word] for word, weight in weights.items() if word in asked)
        for weights in weighted
    ]
    order = sorted(range(len(tables)), key=lambda index: (-scores[index], index))
    return tuple(tables[index] for index in order)


def _weights(table: TableSchema) -> dict[str, float]:
    weights: dict[str, float] = {}
    for text, weight in _texts(table):
        for word in words_of(text):
            weights[word] = max(weight, weights.get(word, 0.0))
    return weights


def _texts(table: TableSchema) -> Iterable[tuple[str, float]]:
    yield table.comment, _COMMENT_WEIGHT
    for column in table.columns:
        yield column.comment, _COMMENT_WEIGHT
        yield column.name, _COLUMN_WEIGHT
    yield table.name.name, _NAME_WEIGHT


def _rarity(weighted: Sequence[dict[str, float]]) -> dict[str, float]:
    seen = Counter(word for weights in weighted for word in weights)
    return {word: math.log(1 + len(weighted) / count) for word, count in seen.items()}
