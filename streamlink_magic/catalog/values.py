"""The values that columns hold: which of them a question mentions, and what is near a literal."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.records import ColumnValues, ValueHint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from streamlink_magic.records import Column, DataProfile, TableName, TableSample

INDEXED = 2000
SHOWN = 50
TEXT_CHARS = 100
_TEXT = ("string", "char", "varchar")
_RANGES = (
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "decimal",
    "double",
    "float",
    "date",
    "timestamp",
)
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORDS = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_LONGEST_WORDS = 12
_SHORT_WORD = 3
_PLACES = 4


def index_values(samples: Iterable[TableSample]) -> tuple[ColumnValues, ...]:
    """Return what the samples show of each column.

    Text columns of at most 2,000 distinct values keep all of them, the commonest first; a value
    of more than 100 characters is prose, and a column that holds one is not indexed. Numbers,
    dates and timestamps keep their range.
    """
    return tuple(found for sample in samples for found in _of_sample(sample))


def _of_sample(sample: TableSample) -> Iterator[ColumnValues]:
    columns = zip(*sample.rows, strict=True) if sample.rows else ((),) * len(sample.columns)
    for column, values in zip(sample.columns, columns, strict=True):
        known = [value for value in values if value is not None]
        if column.type.startswith(_TEXT):
            yield _texts(sample, column, known)
        elif column.type.startswith(_RANGES):
            yield _range(sample, column, known)


def _texts(sample: TableSample, column: Column, known: Sequence[object]) -> ColumnValues:
    counts = Counter(map(str, known))
    indexed = len(counts) <= INDEXED and all(len(text) <= TEXT_CHARS for text in counts)
    common = sorted(counts, key=lambda text: (-counts[text], text)) if indexed else ()
    return ColumnValues(
        table=sample.table,
        column=column.name,
        values=tuple(common),
        complete=sample.complete and indexed,
        distinct=len(counts),
        rows=len(sample.rows),
    )


def _range(sample: TableSample, column: Column, known: Sequence[object]) -> ColumnValues:
    ordered = sorted(known)  # type: ignore[type-var]  # one column holds one comparable type
    return ColumnValues(
        table=sample.table,
        column=column.name,
        complete=sample.complete,
        distinct=len(set(known)),
        rows=len(sample.rows),
        lowest=str(ordered[0]) if ordered else "",
        highest=str(ordered[-1]) if ordered else "",
    )


def is_category(column: ColumnValues, most: int = SHOWN) -> bool:
    """Return whether a text column has so few values that some may be shown.

    Each value must come twice on average, in whole tables of few rows less often: a column of
    names is no category.
    """
    return 0 < len(column.values) <= most and (
        2 * column.distinct <= column.rows or (column.complete and column.distinct <= 5)  # noqa: PLR2004
    )


def find_values(
    question: str, profile: DataProfile, tables: Iterable[TableName] | None = None
) -> tuple[ValueHint, ...]:
    """Return the values that a question mentions, in the order of the question.

    The longest stretch of words wins: of *New York City* the part *New York* is no mention of
    its own. Case, punctuation and a plural *s* may differ; a number is a mention only where it
    is spelled as the value.

    Parameters
    ----------
    tables
        Where to look; None looks everywhere.

    Examples
    --------
    >>> from streamlink_magic.records import ColumnValues, DataProfile, TableName
    >>> names = ColumnValues(TableName("airlines"), "name", ("JetBlue Airways", "Envoy Air"))
    >>> profile = DataProfile(values=(names,))
    >>> [hint.text for hint in find_values("How late is jetblue airways?", profile)]
    ["'JetBlue Airways' in airlines.name"]
    """
    wanted = None if tables is None else set(tables)
    places = _places(one for one in profile.values if wanted is None or one.table in wanted)
    found: list[tuple[int, ValueHint]] = []
    taken: list[tuple[int, int]] = []
    for start, end in _stretches(question):
        if any(start < stop and begin < end for begin, stop in taken):
            continue
        hints = list(_mentions(question[start:end], places))
        if hints:
            taken.append((start, end))
            found += [(start, hint) for hint in hints[:_PLACES]]
    return tuple(hint for _, hint in sorted(found, key=lambda each: each[0]))


def _mentions(words: str, places: Mapping[str, Sequence[_Place]]) -> Iterator[ValueHint]:
    """Yield where the words are a value, those spelled alike first."""
    key = folded(words)
    known = places.get(key) or places.get(key.removesuffix("s"), ())
    for place in sorted(known, key=lambda each: each.value != words):
        exact = place.value == words
        # a short word is a word of the language unless it is spelled as the code: *in* and IN
        if exact or len(place.value) > _SHORT_WORD or words == words.upper() != words.lower():
            yield ValueHint(words, place.column.table, place.column.column, place.value, exact)


@dataclass(frozen=True, slots=True)
class _Place:
    column: ColumnValues
    value: str


def _places(columns: Iterable[ColumnValues]) -> Mapping[str, Sequence[_Place]]:
    places: dict[str, list[_Place]] = {}
    for column in columns:
        for value in column.values:
            if _speaks(value):
                places.setdefault(folded(value), []).append(_Place(column, value))
    return places


def _speaks(value: str) -> bool:
    """Return whether finding a value in a question means anything: *a* and *5* do not."""
    return sum(map(str.isalpha, value)) > 1


def _stretches(question: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of words of a question, the longest first."""
    words = [match.span() for match in _WORDS.finditer(question)]
    for count in range(min(_LONGEST_WORDS, len(words)), 0, -1):
        for first in range(len(words) - count + 1):
            yield words[first][0], words[first + count - 1][1]


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
    if meaning := _TRUTHS.get(literal.casefold()):
        if all(value.casefold() in _TRUTHS for value in values):
            yield from (value for value in values if _TRUTHS[value.casefold()] == meaning)
    elif all(len(value) <= _SHORT_WORD and value == value.upper() for value in values):
        yield from (value for value in values if _is_code(value, literal))
    elif len(literal) <= _SHORT_WORD:
        yield from (value for value in values if _is_code(literal, value))


def _is_code(code: str, meaning: str) -> bool:
    words = [word.casefold() for word in _WORDS.findall(meaning)]
    initials = "".join(word[0] for word in words if word not in _LITTLE_WORDS)
    short = code.casefold()
    if not short.isalpha() or len(short) >= len(meaning):
        return False
    return short == initials if len(words) > 1 else words[:1] != [] and words[0].startswith(short)


def _begun(literal: str, values: Sequence[str]) -> Iterator[str]:
    begin = [word.casefold() for word in _WORDS.findall(literal)]
    if sum(map(len, begin)) > _SHORT_WORD:
        for value in values:
            if [word.casefold() for word in _WORDS.findall(value)][: len(begin)] == begin:
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
