"""How one statement became another, in words."""

from __future__ import annotations

import difflib
import re

_WORDS = re.compile(r"\w+|[^\w\s]+")
_CHANGES = 6


def changes_between(before: str, after: str) -> tuple[str, ...]:
    """Return in words how one statement became another, word by word.

    Examples
    --------
    >>> changes_between("SELECT wing FROM pets", "SELECT wings FROM pets LIMIT 3")
    ('«wing» became «wings».', '«LIMIT 3» was added.')
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    left_words, right_words = ([word.casefold() for word in words] for words in (old, new))
    matcher = difflib.SequenceMatcher(a=left_words, b=right_words, autojunk=False)
    told: list[str] = []
    for kind, left, right, start, end in matcher.get_opcodes():
        was, now = " ".join(old[left:right]), " ".join(new[start:end])
        if kind == "replace":
            told.append(f"«{was}» became «{now}».")
        elif kind == "delete":
            told.append(f"«{was}» was taken out.")
        elif kind == "insert":
            told.append(f"«{now}» was added.")
    more = len(told) - _CHANGES
    return (*told[:_CHANGES], *((f"{more} more changes are in the SQL.",) if more > 0 else ()))
