"""What two columns' names say: whether one refers to the rows of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streamlink_magic.records import Column, TableSchema

_KEY_WORDS = frozenset(
    ["id", "ids", "code", "key", "no", "nr", "num", "number", "uuid", "guid", "sk", "pk", "ssn"]
)
_FILLERS = frozenset(["ref", "tbl", "table", "dim", "fact", "stg", "master", "of", "the", "in"])
_SHORTEST, _LONGEST = 3, 5


@dataclass(frozen=True, slots=True)
class NameMatch:
    """How strongly names speak for a reference, and why.

    Attributes
    ----------
    strength
        4: the name says table and key. 3: it says one of them, and a role or a number beside
        it. 2: it names the table or a key, and values must say the rest. 1: merely the same name.
    """

    strength: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Names:
    """The words of a column, of its target, and of the target's table.

    ``own`` is 2 where the target is called as its table's key, 1 where it is a key by its name
    and stands first, 0 otherwise.
    """

    column: tuple[str, ...]
    key: tuple[str, ...]
    table: tuple[str, ...]
    own: int


def match_names(
    table: TableSchema, column: Column, other: TableSchema, target: Column
) -> NameMatch | None:
    """Return what the names say about ``table.column`` referring to ``other.target``.

    Examples
    --------
    >>> from streamlink_magic.testing import table
    >>> cities, lands = table("city", "CountryCode string"), table("countries", "Code string")
    >>> match_names(cities, cities.columns[0], lands, lands.columns[0]).reason
    'CountryCode names the table countries and its key Code'
    """
    owner, key = _table_words(other.name.name), _words(target.name)
    names = _Names(_numberless(_words(column.name)), key, owner, _own(target, key, other, owner))
    rules = dict(_RULES)
    if _names_own_table(names.column, table):
        # the key of its own table refers to nothing but another table's key of the same name
        rules = {_same_key: _RULES[_same_key]} if names.own == 2 else {}  # noqa: PLR2004
    for rule, reason in rules.items():
        if strength := rule(names):
            told = reason.format(column=column.name, table=other.name.name, target=target.name)
            return NameMatch(strength, told)
    return None


def _words(name: str) -> tuple[str, ...]:
    words = words_of(name)
    last = words[-1] if words else ""
    # ``singerid`` is one word to an eye that looks for case and underscores
    if last.endswith("id") and len(last) > _SHORTEST and last not in _KEY_WORDS:
        return (*words[:-1], last[:-2], "id")
    return tuple(words)


def _table_words(table: str) -> tuple[str, ...]:
    words = words_of(table)
    return tuple(word for word in words if word not in _FILLERS) or tuple(words)


def _numberless(words: tuple[str, ...]) -> tuple[str, ...]:
    """Drop a trailing number: ``club_id_1`` is one of several club ids."""
    while len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    return words


def _entity(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _KEY_WORDS)


def _is_key(words: Sequence[str]) -> bool:
    return bool(words) and words[-1] in _KEY_WORDS


def _own(target: Column, key: Sequence[str], other: TableSchema, owner: Sequence[str]) -> int:
    if other.primary_key:
        return 2 if [one.casefold() for one in other.primary_key] == [target.name.casefold()] else 0
    if not _is_key(key):
        return 0
    entity = _entity(key)
    if not entity or _names_table(entity, owner):
        return 2
    return int(other.columns[0].name == target.name)


def _names_own_table(name: Sequence[str], table: TableSchema) -> bool:
    entity = _entity(name)
    return _is_key(name) and (not entity or entity == _table_words(table.name.name))


def _names_table(entity: Sequence[str], owner: Sequence[str]) -> bool:
    """Return whether the words are a table's name, its end, or an abbreviation of it."""
    if not entity:
        return False
    if tuple(owner[-len(entity) :]) == tuple(entity) or "".join(entity) == "".join(owner):
        return True
    return len(entity) == len(owner) == 1 and abbreviates(entity[0], owner[0])


def abbreviates(short: str, word: str) -> bool:
    """Return whether a word is a beginning of another, or some of its letters in order.

    >>> abbreviates("dept", "department"), abbreviates("stu", "student")
    (True, True)
    """
    if not _SHORTEST <= len(short) <= min(_LONGEST, len(word) - 1) or short[0] != word[0]:
        return False
    letters = iter(word)
    return word.startswith(short) or all(letter in letters for letter in short)


def _same_key(names: _Names) -> int:
    if names.column != names.key or not _is_key(names.key) or not _entity(names.key):
        return 0  # ``id`` in both tables: each identifies its own rows
    if names.own < 2:  # noqa: PLR2004
        return 2
    return 4 if _entity(names.key) == names.table else 3


def _table_and_key(names: _Names) -> int:
    fits = names.own == 2 and _is_key(names.column)  # noqa: PLR2004
    return 4 if fits and _names_table(_entity(names.column), names.table) else 0


def _role_and_key(names: _Names) -> int:
    """``reported_by_staff_id`` refers to ``staff.staff_id``, ``home_team_id`` to ``team.id``."""
    if not names.own or not _is_key(names.column):
        return 0
    entity = _entity(names.column)
    by_key = len(names.key) > 1 and names.column[-len(names.key) :] == names.key
    by_table = entity[-len(names.table) :] == names.table
    return names.own + 1 if by_key or by_table else 0


def _table_alone(names: _Names) -> int:
    """``Department`` refers to ``department.DepartmentID``, ``winning_pilot`` to a pilot."""
    if not names.own or _is_key(names.column):
        return 0
    if names.column == names.table:
        return names.own + 1
    ends = names.column[-len(names.table) :] == names.table
    return 2 if ends or _names_table(names.column, names.table) else 0


def _same_name(names: _Names) -> int:
    return 1 if names.column == names.key and _entity(names.key) else 0


_RULES: Mapping[Callable[[_Names], int], str] = {
    _same_key: "both are called {target}",
    _table_and_key: "{column} names the table {table} and its key {target}",
    _role_and_key: "{column} ends in the key {target} of {table}",
    _table_alone: "{column} names the table {table}",
    _same_name: "both are called {target}",
}
