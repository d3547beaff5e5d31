"""The values that columns hold, and which of them a question mentions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.catalog.nearness import WORDS, folded
from streamlink_magic.records import ColumnValues, ValueHint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
_LONGEST_WORDS = 12
_SHORT_WORD = 3
_QUOTES = "'\"`“”«»「」"
# They hold a question together: a row that holds the text "in" is not meant by them.
_GRAMMAR_WORDS = frozenset(
    """
    a all also an and any are as at be been both but by can did do does each every for from had has
    have how if in into is it its me more most no non nor not of off on one only or out over per so
    some than that the their them then there these they this those to under up was we were what
    when where which who whom whose why will with you your
    """.split()  # noqa: SIM905
)
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
        nulls=len(sample.rows) - len(known),
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
        if question[start:end] in _GRAMMAR_WORDS and not _quoted(question, start, end):
            continue
        hints = list(_mentions(question[start:end], places))
        if hints:
            taken.append((start, end))
            found += [(start, hint) for hint in hints[:_PLACES]]
    return tuple(hint for _, hint in sorted(found, key=lambda each: each[0]))


def _quoted(question: str, start: int, end: int) -> bool:
    """Return whether a stretch stands in quotes, so that it is meant as a text."""
    before, after = question[start - 1 : start], question[end : end + 1]
    return before in _QUOTES and after in _QUOTES and bool(before and after)


def _mentions(words: str, places: Mapping[str, Sequence[_Place]]) -> Iterator[ValueHint]:
    """Yield where the words are a value, those spelled alike first."""
    key = folded(words)
    known = places.get(key) or places.get(key.removesuffix("s"), ())
    for place in sorted(known, key=lambda each: each.value != words):
        exact = place.value == words
        if exact or len(place.value) > _SHORT_WORD or _is_no_mere_word(words, place.value):
            yield ValueHint(words, place.column.table, place.column.column, place.value, exact)


def _is_no_mere_word(words: str, value: str) -> bool:
    """Return whether a short code is meant, and not a word of the language: IN, not *in*."""
    shouted = words == words.upper() != words.lower()
    return shouted or (value.islower() and len(value) == _SHORT_WORD)


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
    return sum(map(str.isalpha, value)) > 1 or not value.isascii()


def _stretches(question: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of words of a question, the longest first."""
    words = [match.span() for match in WORDS.finditer(question)]
    for count in range(min(_LONGEST_WORDS, len(words)), 0, -1):
        for first in range(len(words) - count + 1):
            yield words[first][0], words[first + count - 1][1]
