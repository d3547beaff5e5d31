"""Lists of names, written the way they read best: as words."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text.

    >>> sorted(words("b a"))
    ['a', 'b']
    """
    return frozenset(text.split())


def classes(package: str, text: str) -> frozenset[str]:
    """Return the words of a text as full names of classes of a package."""
    return frozenset(f"{package}.{name}" for name in text.split())
