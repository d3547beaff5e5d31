"""What a notebook has asked, by number, without the rows of the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import AskUsageError

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView

_KEPT = 100


class AskHistory:
    """The last hundred answers of a notebook, numbered from 1 in the order they were asked.

    Examples
    --------
    >>> AskHistory().entries
    {}
    """

    def __init__(self) -> None:
        self._views: dict[int, AnswerView] = {}
        self._asked = 0

    @property
    def entries(self) -> dict[int, AnswerView]:
        """The answers by number, oldest first."""
        return dict(self._views)

    def add(self, view: AnswerView) -> int:
        """Take an answer in and return its number; the rows are not held on to."""
        self._asked += 1
        self._views[self._asked] = replace(view, result=None)
        self._views.pop(self._asked - _KEPT, None)
        return self._asked

    def update(self, number: int, view: AnswerView) -> None:
        """Take in how an answer stands now, such as after it ran."""
        if number in self._views:
            self._views[number] = replace(view, result=None)

    def find(self, number: int | None = None) -> AnswerView:
        """Return an answer; without a number the last one.

        Raises
        ------
        AskUsageError
            When there is none.
        """
        if not self._views:
            raise AskUsageError("Nothing has been asked in this notebook yet: %ask How many …?")
        wanted = self._asked if number is None else number
        if wanted not in self._views:
            raise AskUsageError(
                f"There is no answer {wanted}; there are {min(self._views)} to {self._asked}: "
                "%streamlink history"
            )
        return self._views[wanted]
