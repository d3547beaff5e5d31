"""Which words of the question each step answers, found by what both of them say.

A link is a reading aid, no proof: a step that shares a word with the question is linked to it,
whether the word is the name of a column, a value, a number or another word for what the step does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of
from streamlink_magic.records.answer import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\w+(?:['\u2019]\w+)?")
_SHORTEST = 3
_LONG = 5
# Words of the steps' own wording, and of questions, that name nothing.
_EMPTY = frozenset(
    """
    a about above all an and any are as at be both build by column compute condition did do does
    each either find first for from get give group had has have how i in is it join keep kind list
    many match me more no not of on one only or order other read result row second show that the
    their them then there these they this those to use value was were what when where which who
    whose will with
    """.split()  # noqa: SIM905  one word a line says no more
)
_NUMBERS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve".split(),  # noqa: SIM905
        range(1, 13),
        strict=True,
    )
) | {"twenty": 20, "fifty": 50, "hundred": 100}
_MONTHS = dict(
    zip(
        """
        january february march april may june july august september october november december
        """.split(),  # noqa: SIM905
        range(1, 13),
        strict=True,
    )
)
_SEASONS = {
    "spring": {3, 4, 5},
    "summer": {6, 7, 8},
    "autumn": {9, 10, 11},
    "fall": {9, 10, 11},
    "winter": {12, 1, 2},
}
_GROUPS = "one group for each"
_TABLE = re.compile(r"\b\w+\.(?=\w)")
_MOST = "most worst best highest largest biggest top longest oldest latest greatest busiest max"
_LEAST = "least fewest lowest smallest best shortest earliest youngest cheapest min"
# What a step says, and the words of a question that ask for it.
_ASKED_BY = {
    "the number of": "many number count often",
    "the average of": "average mean avg typical",
    "the total of": "total sum altogether overall",
    "the median of": "median",
    "the largest ": f"maximum last newest {_MOST}",
    "the smallest ": f"minimum first {_LEAST}",
    "(largest first)": f"descending {_MOST}",
    "(smallest first)": f"ascending alphabetical alphabetically {_LEAST}",
    "Takes the first ": "top first",
    "Takes the first row": f"{_MOST} {_LEAST}",
    _GROUPS: "each per every by",
    "different": "different distinct unique",
    "repeated rows": "different distinct unique",
    "is more than": "more over above exceeding greater later older longer after",
    "is at least": "least more over from since",
    "is less than": "less fewer under below earlier younger shorter before",
    "is at most": "most less under until",
    "is not": "not never no without except other",
    "no match": "not never no without except",
    "there is no": "not never no without except",
    "is between": "between from",
    "is null": "no without missing unknown empty",
}


def link_words(question: str, steps: Sequence[str]) -> tuple[Link, ...]:
    """Return the stretches of a question with the steps that answer them, in their order.

    Examples
    --------
    >>> steps = ("Reads flights.", "Computes the average of arr_delay.")
    >>> link_words("What is the mean arrival delay?", steps)
    (Link(start=12, end=30, steps=(1,)),)
    """
    told = [_Step(step) for step in steps]
    words = list(_WORD.finditer(question))
    found = [tuple(n for n, step in enumerate(told) if step.answers(one.group())) for one in words]
    spans = [(one.start(), one.end(), steps) for one, steps in zip(words, found, strict=True)]
    return tuple(_joined(question, [span for span in spans if span[2]]))


def _joined(question: str, spans: Sequence[tuple[int, int, tuple[int, ...]]]) -> Iterator[Link]:
    """Put neighbours of the same steps together."""
    open_link: Link | None = None
    for start, end, steps in spans:
        if open_link and open_link.steps == steps and not question[open_link.end : start].strip():
            open_link = Link(open_link.start, end, steps)
            continue
        if open_link:
            yield open_link
        open_link = Link(start, end, steps)
    if open_link:
        yield open_link


class _Step:
    """The words that one step answers."""

    def __init__(self, text: str) -> None:
        # The table's name before a column is linked where the table is read or grouped by.
        own = set(words_of(text if _GROUPS in text else _TABLE.sub("", text)))
        self._names = {word for word in own if word not in _EMPTY}
        self._numbers = {int(word) for word in own if word.isdecimal()}
        self._asked = {
            word for phrase, words in _ASKED_BY.items() if phrase in text for word in words.split()
        }
        self._months = "month" in own

    def answers(self, word: str) -> bool:
        """Return whether a word of the question is one that this step is about."""
        lower = word.lower()
        if lower in self._asked:
            return True
        if lower in _NUMBERS:
            return _NUMBERS[lower] in self._numbers
        if self._months and lower in _MONTHS:
            return _MONTHS[lower] in self._numbers
        if self._months and lower in _SEASONS:
            return _SEASONS[lower] == self._numbers
        stems = [stem for stem in words_of(word) if stem not in _EMPTY]
        return bool(stems) and all(map(self._names_it, stems))

    def _names_it(self, stem: str) -> bool:
        if stem in self._names:
            return True
        # Names are shortened: arr_delay is the arrival delay.
        return len(stem) >= _LONG and any(
            len(name) >= _SHORTEST and stem.startswith(name) for name in self._names
        )
