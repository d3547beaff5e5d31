"""Our own solved questions, one a kind of query, for a memory that holds nothing fitting."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache

from streamlink_magic.prompts import load_lines
from streamlink_magic.records import Example

_SHOWN = 2
_PLAIN = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of query, with an example of it over invented tables.

    Attributes
    ----------
    cues
        Words of a question that call for it. ``…`` stands for any words between two.
    """

    name: str
    question: str
    sql: str
    cues: tuple[str, ...]


@cache
def load_patterns() -> tuple[Pattern, ...]:
    """Return the library, ``prompts/patterns.jsonl``, in its own order."""
    records = map(json.loads, load_lines("patterns"))
    return tuple(Pattern(**(one | {"cues": tuple(one["cues"])})) for one in records)


def choose_patterns(question: str, limit: int) -> tuple[Example, ...]:
    """Return the patterns that the question's words call for, at most two, the fittest last.

    A longer cue is a surer one: "not … any" tells more than "not".

    Examples
    --------
    >>> [one.key for one in choose_patterns("Which shops have never sold a lamp?", 1)]
    ['anti-join']
    """
    scored = [(_score(question, pattern), pattern) for pattern in load_patterns()]
    ranked = sorted((one for one in scored if one[0]), key=lambda one: -one[0])
    chosen = [pattern for _, pattern in ranked[: min(limit, _SHOWN)]]
    return tuple(Example(one.question, one.sql, "pattern", one.name) for one in reversed(chosen))


def _score(question: str, pattern: Pattern) -> int:
    return max((len(cue) for cue in pattern.cues if _cue(cue).search(question)), default=0)


@cache
def _cue(cue: str) -> re.Pattern[str]:
    """Return the cue as an expression: whole words of English, any place in Chinese."""
    parts = [re.escape(part.strip()).replace(r"\ ", r"\s+") for part in cue.split("…")]
    edge = r"\b" if _PLAIN.search(cue) else ""
    return re.compile(
        edge + r"\b.{1,60}?\b".join(parts) + edge if edge else ".{0,30}?".join(parts), re.IGNORECASE
    )
