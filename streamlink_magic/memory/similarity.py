"""How like two questions are in what they ask, whatever they ask it of.

Values and the words of the schema are masked first, so that "How many flights left from JFK?" and
"How many orders came from Oslo?" meet: what counts for the SQL is the shape. Then the cosine of
TF-IDF weights over words and pairs of words. The masking follows DAIL-SQL (Gao et al., 2023,
https://arxiv.org/abs/2308.15363), which selects examples by masked question similarity.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.records import TableSchema

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|(?<!\w)'[^']*'(?!\w)")
_WORD = re.compile(r"[\u3400-\u9fff]|\d[\d.,:/-]*|[^\W\d_]+(?:'[^\W\d_]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]\Z")
_SENTENCE_START = re.compile(r"(?:\A|[.?!:]\s)\W*\Z")
_VALUE, _NAME = "<value>", "<name>"
_SHAPE_WEIGHT = 0.75


def schema_words(tables: Iterable[TableSchema]) -> frozenset[str]:
    """Return the words that the names of tables and columns are made of."""
    return frozenset(
        word
        for table in tables
        for name in (table.name.name, *(column.name for column in table.columns))
        for word in words_of(name)
    )


@lru_cache(maxsize=20_000)  # the kept questions are the same for every question asked
def masked_words(question: str, schema: frozenset[str]) -> tuple[str, ...]:
    """Return the question's words with values and schema words masked, runs of one mask joined.

    Numbers, quoted text and names written with a capital count as values. A Chinese character
    is a word.

    Examples
    --------
    >>> masked_words("How many flights left from JFK in 2013?", frozenset({"flight"}))
    ('how', 'many', '<name>', 'left', 'from', '<value>', 'in', '<value>')
    """
    text = _QUOTED.sub(" 0 ", question)
    masked: list[str] = []
    for found in _WORD.finditer(text):
        word = _masked(found, text, schema)
        if word not in {_VALUE, _NAME} or masked[-1:] != [word]:
            masked.append(word)
    return tuple(masked)


def _masked(found: re.Match[str], text: str, schema: frozenset[str]) -> str:
    word = found.group()
    if word[0].isdigit():
        return _VALUE
    stems = words_of(word)
    if stems and all(stem in schema for stem in stems):
        return _NAME
    starts = _SENTENCE_START.search(text[: found.start()])
    if word[0].isupper() and not starts:
        return _VALUE
    return stems[0] if stems and not _HAN.match(word) else word


def _plain_words(question: str) -> list[str]:
    return [found.group().casefold() for found in _WORD.finditer(question)]


def similarities(
    question: str, others: Sequence[str], schemas: Sequence[frozenset[str]], own: frozenset[str]
) -> list[float]:
    """Return how like each other question is, from 0 to 1.

    Three quarters of it is the likeness of the masked questions, one quarter that of the words
    as they stand, so that among equal shapes those about the same things come first.

    Parameters
    ----------
    others
        The questions to compare with.
    schemas
        The words of the schema that each of them was asked of.
    own
        The words of the schema that the question is asked of.
    """
    masked = [masked_words(one, words) for one, words in zip(others, schemas, strict=True)]
    shapes = _cosines(masked_words(question, own), masked)
    plain = _cosines(_plain_words(question), [_plain_words(one) for one in others])
    return [
        _SHAPE_WEIGHT * shape + (1 - _SHAPE_WEIGHT) * words
        for shape, words in zip(shapes, plain, strict=True)
    ]


def _cosines(question: Sequence[str], others: Sequence[Sequence[str]]) -> list[float]:
    counted = [_features(words) for words in (question, *others)]
    seen = Counter(feature for features in counted for feature in features)
    rarity = {one: 1 + math.log((1 + len(counted)) / (1 + count)) for one, count in seen.items()}
    weighted = [
        {feature: count * rarity[feature] for feature, count in features.items()}
        for features in counted
    ]
    return [_cosine(weighted[0], other) for other in weighted[1:]]


def _features(words: Sequence[str]) -> Counter[str]:
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return Counter([*words, *pairs])


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    length = math.hypot(*one.values()) * math.hypot(*other.values())
    shared = sum(weight * other.get(feature, 0.0) for feature, weight in one.items())
    return shared / length if length else 0.0
