"""Parts of an answer that read well by themselves, as the value of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from streamlink_magic.steps.render import page

if TYPE_CHECKING:
    from typing import Self

    from streamlink_magic.steps.render import Listing

_Item = TypeVar("_Item")


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
