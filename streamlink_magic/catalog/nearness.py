"""Texts that say the same in another spelling, and the value nearest to a literal."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from streamlink_magic.records import ColumnValues

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORDS = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
"""Words; each character of a script without spaces is one."""
_SHORT_WORD = 3


def folded(text: str) -> str:
    """Return a text without case, punctuation, spaces: what two spellings have in common.

    >>> folded("JetBlue-Airways ") == folded("jetblue airways")
    True
    """
    return "".join(character for character in text.casefold() if character.isalnum())


@dataclass(frozen=True, slots=True)
class NearValue:
    """The value of a column that a literal probably stands for.

    Attributes
    ----------
    how
        ``spelling``: the same letters and digits. ``code``: one is the code or the beginning of
        the other. ``part``: the literal is the first words of the value. ``near``: some letters
        differ.
    """

    value: str
    how: str


def nearest_value(literal: str, column: ColumnValues) -> NearValue | None:
    """Return the column's value nearest to a literal; None when there is none, or several.

    Two texts whose digits differ are never near: *737-300* is not *737-400*.

    Examples
    --------
    >>> from streamlink_magic.records import ColumnValues, TableName
    >>> sexes = ColumnValues(TableName("people"), "sex", ("F", "M"), complete=True)
    >>> nearest_value("female", sexes)
    NearValue(value='F', how='code')
    """
    for how, rule in _NEARNESS.items():
        near = set(rule(literal, column.values))
        if near:
            return NearValue(near.pop(), how) if len(near) == 1 else None
    return None


def _spelled_alike(literal: str, values: Sequence[str]) -> Iterator[str]:
    wanted = folded(literal)
    yield from (value for value in values if wanted and folded(value) == wanted)


def _coded(literal: str, values: Sequence[str]) -> Iterator[str]:
    """Yield the codes of a literal where all values are codes, or what a code stands for."""
    meaning = _TRUTHS.get(literal.casefold())
    if meaning and all(value.casefold() in _TRUTHS for value in values):
        yield from (value for value in values if _TRUTHS[value.casefold()] == meaning)
    elif meaning and len(literal) > 1:
        return
    elif all(len(value) <= _SHORT_WORD and value == value.upper() for value in values):
        yield from (value for value in values if _is_code(value, literal))
    elif len(literal) <= _SHORT_WORD:
        yield from (value for value in values if _is_code(literal, value))


def _is_code(code: str, meaning: str) -> bool:
    words = [word.casefold() for word in WORDS.findall(meaning)]
    initials = "".join(word[0] for word in words if word not in _LITTLE_WORDS)
    short = code.casefold()
    if not short.isalpha() or len(short) >= len(meaning):
        return False
    return short == initials if len(words) > 1 else words[:1] != [] and words[0].startswith(short)


def _begun(literal: str, values: Sequence[str]) -> Iterator[str]:
    begin = [word.casefold() for word in WORDS.findall(literal)]
    if sum(map(len, begin)) > _SHORT_WORD:
        for value in values:
            if [word.casefold() for word in WORDS.findall(value)][: len(begin)] == begin:
                yield value


def _like(literal: str, values: Sequence[str]) -> Iterator[str]:
    digits = re.findall(r"\d+", literal)
    alike = [value for value in values if re.findall(r"\d+", value) == digits]
    spelled = {value.casefold(): value for value in alike}
    near = difflib.get_close_matches(literal.casefold(), spelled, n=2, cutoff=_CUTOFF)
    yield from (spelled[one] for one in near)


_CUTOFF = 0.84
_LITTLE_WORDS = frozenset(["of", "the", "and", "de"])
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "t", "y", "1"), "yes"),
    **dict.fromkeys(("false", "no", "f", "n", "0"), "no"),
}
_NEARNESS: Mapping[str, Callable[[str, Sequence[str]], Iterator[str]]] = {
    "spelling": _spelled_alike,
    "code": _coded,
    "part": _begun,
    "near": _like,
}
