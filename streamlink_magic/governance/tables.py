"""One table of a policy file, taken apart key by key; what is left over is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Table:
    """The keys below one ``[name]`` of a document.

    Parameters
    ----------
    name
        The table's name; empty is the document itself.
    """

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        self._name = name
        self._left = dict(values)
        self._known: set[str] = set()

    def table(self, key: str) -> Table:
        """Take a table; one that is not there is empty."""
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(key, "a table")
        return Table(key, value or {})

    def names(self, key: str) -> tuple[str, ...] | None:
        """Take a list of texts; None where there is none."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def text(self, key: str) -> str:
        """Take a text; empty where there is none."""
        value = self._take(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self._wrong(key, "a text")
        return value or ""

    def switch(self, key: str) -> bool | None:
        """Take true or false; None where there is neither."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def number(self, key: str) -> float | None:
        """Take a number that is not negative; None where there is none."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise self._wrong(key, "a number from 0 on")
        return value

    def numbers(self, keys: Collection[str]) -> dict[str, float]:
        """Take those of some numbers that are there."""
        found = {key: self.number(key) for key in sorted(keys)}
        return {key: value for key, value in found.items() if value is not None}

    def require_empty(self) -> None:
        """Refuse what was not taken: a misspelt ceiling must not be taken for none.

        Raises
        ------
        PolicyError
            When something is left.
        """
        for key in self._left:
            known = ", ".join(sorted(self._known))
            raise PolicyError(f"{self._place(key)} is unknown.", f"There are: {known}.")

    def _take(self, key: str) -> object:
        self._known.add(key)
        return self._left.pop(key, None)

    def _place(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _wrong(self, key: str, wanted: str) -> PolicyError:
        return PolicyError(f"{self._place(key)} is not {wanted}.")
