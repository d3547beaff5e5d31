"""Names that are near to each other: spelled otherwise, or said with other words."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streamlink_magic.catalog.nearness import folded
from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_CUTOFF = 0.86


def spelled_otherwise(name: str, names: Iterable[str]) -> str | None:
    """Return the one name with the same letters and digits.

    >>> spelled_otherwise("pet_type", ["PetType", "PetID"])
    'PetType'
    """
    return _only(one for one in names if folded(one) == folded(name))


def near_name(name: str, names: Sequence[str], table: str = "") -> str | None:
    """Return the one name that is near: by the table's name, by its words, by its letters.

    Parameters
    ----------
    table
        The table of the names: ``singer_name`` is ``name`` of ``singer``, and the other way.

    Examples
    --------
    >>> near_name("id", ["singer_id", "song_id", "title"], table="singer")
    'singer_id'
    >>> near_name("country_name", ["Country", "Capital"])
    'Country'
    """
    return same_name(name, names, table) or _by_rules(
        (_fewer_or_more_words, _same_letters_nearly), name, names, table
    )


def same_name(name: str, names: Sequence[str], table: str = "") -> str | None:
    """Return the one name that says the same: with the table's name or without, in other order.

    >>> same_name("singer_name", ["name", "net_worth"], table="singers")
    'name'
    """
    return _by_rules((_with_table, _same_words), name, names, table)


def _by_rules(
    rules: Sequence[Callable[[str, Sequence[str], str], Iterator[str]]],
    name: str,
    names: Sequence[str],
    table: str,
) -> str | None:
    for rule in rules:
        found = list(dict.fromkeys(rule(name, names, table)))
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _with_table(name: str, names: Sequence[str], table: str) -> Iterator[str]:
    owners = {folded(table), "".join(words_of(table))} - {""}
    for one in names:
        for longer, shorter in ((folded(one), folded(name)), (folded(name), folded(one))):
            if any(longer == owner + shorter for owner in owners):
                yield one


def _same_words(name: str, names: Sequence[str], table: str) -> Iterator[str]:  # noqa: ARG001
    asked = sorted(words_of(name))
    yield from (one for one in names if sorted(words_of(one)) == asked)


def _fewer_or_more_words(name: str, names: Sequence[str], table: str) -> Iterator[str]:  # noqa: ARG001
    asked = set(words_of(name))
    for one in names:
        said = set(words_of(one))
        if asked and said and (asked < said or said < asked):
            yield one


def _same_letters_nearly(name: str, names: Sequence[str], table: str) -> Iterator[str]:  # noqa: ARG001
    spelled = {folded(one): one for one in names}
    swapped = [one for one in spelled if sorted(one) == sorted(folded(name))]
    near = swapped or difflib.get_close_matches(folded(name), spelled, n=2, cutoff=_CUTOFF)
    yield from (spelled[one] for one in near)


def _only(found: Iterable[str]) -> str | None:
    distinct = list(dict.fromkeys(found))
    return distinct[0] if len(distinct) == 1 else None
