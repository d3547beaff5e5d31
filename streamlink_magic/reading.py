"""Parts of an answer that read well by themselves, as the value of a cell."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from streamlink_magic.errors import AskUsageError
from streamlink_magic.steps.render import format_value, page, render_grid, render_rows
from streamlink_magic.steps.render.order import is_missing, rank_values

if TYPE_CHECKING:
    from typing import Self

    from streamlink_magic.records import QueryResult
    from streamlink_magic.steps.render import Listing

_Item = TypeVar("_Item")
_NAMED = 12


class Items(tuple[_Item, ...], Generic[_Item]):  # noqa: SLOT001  a tuple takes no slots
    """A tuple that a notebook and a terminal show as a table.

    Parameters
    ----------
    items
        What it holds.
    listing
        How it is shown.
    """

    listing: Listing

    def __new__(cls, items: tuple[_Item, ...], listing: Listing) -> Self:
        """Return the tuple with its table."""
        made = super().__new__(cls, items)
        made.listing = listing
        return made

    def __repr__(self) -> str:
        return repr(self.listing)

    def _repr_html_(self) -> str:
        return self.listing._repr_html_()


class Words(str):
    """A text that a cell shows as it reads, not as Python spells it.

    Parameters
    ----------
    text
        The words.
    html
        The same, escaped, with what plain text cannot show.
    """

    __slots__ = ("html",)
    html: str

    def __new__(cls, text: str, html: str = "") -> Self:
        """Return the text with its other form."""
        made = super().__new__(cls, text)
        made.html = html
        return made

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str | None:
        return page(self.html) if self.html else None


class Table:
    """Rows of an answer, arranged anew; it is the same plain table, so that it outlives the kernel.

    Parameters
    ----------
    result
        The rows.
    """

    def __init__(self, result: QueryResult) -> None:
        self.result = result

    def __repr__(self) -> str:
        return render_rows(self.result)

    def _repr_html_(self) -> str:
        return page(render_grid(self.result))


def arrange(
    result: QueryResult, *, sort: str = "", descending: bool = False, contains: str = ""
) -> QueryResult:
    """Return the fetched rows that hold a text, in the order of a column; null and NaN come last.

    Raises
    ------
    AskUsageError
        When there is no such column.

    Examples
    --------
    >>> from streamlink_magic.records import Column, QueryResult
    >>> pets = QueryResult((Column("name", "string"),), (("Rex",), ("Ada",)))
    >>> arrange(pets, sort="name").rows
    (('Ada',), ('Rex',))
    """
    wanted = contains.casefold()
    rows = [row for row in result.rows if not wanted or _holds(row, wanted)]
    if sort:
        index = _index(result, sort)
        missing = [row for row in rows if is_missing(row[index])]
        known = [row for row in rows if not is_missing(row[index])]
        ranked = zip(rank_values([row[index] for row in known]), known, strict=True)
        known = [row for _, row in sorted(ranked, key=itemgetter(0), reverse=descending)]
        rows = [*known, *missing]
    return replace(result, rows=tuple(rows))


def _holds(row: tuple[object, ...], wanted: str) -> bool:
    return any(wanted in format_value(value).casefold() for value in row)


def _index(result: QueryResult, name: str) -> int:
    names = [column.name for column in result.columns]
    if name not in names:
        listed = ", ".join(names[:_NAMED])
        raise AskUsageError(f"There is no column {name!r} in this answer; there are: {listed}")
    return names.index(name)
