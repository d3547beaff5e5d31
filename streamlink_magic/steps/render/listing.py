"""A readable table of texts: one record, shown as text in a terminal and as HTML elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

from wcwidth import wcwidth

from streamlink_magic.steps.render.values import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTH = 110
_NARROWEST = 16
_GAP = "  "
_LINE = "#88888866"
_CELL = f"padding:3px 10px;border-bottom:1px solid {_LINE};text-align:left;vertical-align:top"


@dataclass(frozen=True, slots=True, repr=False)
class Listing:
    """A titled table of texts. Nothing in it is live, whatever a name or a comment holds.

    Attributes
    ----------
    headings
        A heading a column.
    rows
        Texts, as many a row as there are headings; line breaks are kept.
    notes
        Sentences below the table.

    Examples
    --------
    >>> print(Listing("Pets", ("name", "age"), (("Rex", "3"),)))
    Pets
    <BLANKLINE>
    name  age
    ----  ---
    Rex   3
    """

    title: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        blocks = [visible(self.title), _table(self), "\n".join(map(visible, self.notes))]
        return "\n\n".join(block for block in blocks if block)

    def _repr_html_(self) -> str:
        notes = "".join(f"<div>{_text(note)}</div>" for note in self.notes)
        # MathJax would turn dollars in data into formulas; both names of its off switch are given.
        return (
            '<div class="mathjax_ignore tex2jax_ignore" style="line-height:1.45;max-width:100%">'
            f'<div dir="auto" style="font-weight:bold">{_text(self.title)}</div>'
            f"{_html_table(self)}{notes}</div>"
        )


def _text(text: str) -> str:
    return escape(visible(text, lines=True))


def _html_table(listing: Listing) -> str:
    if not listing.rows:
        return ""
    head = "".join(f'<th scope="col" style="{_CELL}">{_text(one)}</th>' for one in listing.headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in listing.rows)
    return (
        '<div tabindex="0" style="overflow:auto;max-height:480px;max-width:100%">'
        '<table style="border-collapse:collapse;margin:4px 0;font-size:95%">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    return f'<td dir="auto" style="{_CELL};white-space:pre-wrap">{_text(text)}</td>'


def _table(listing: Listing) -> str:
    if not listing.rows:
        return ""
    texts = [listing.headings, *listing.rows]
    cells = [[visible(text, lines=True).expandtabs(4) for text in row] for row in texts]
    widths = _widths(
        [[_width(line) for line in _longest(column)] for column in zip(*cells, strict=True)]
    )
    head, *rows = [list(_lines(row, widths)) for row in cells]
    rule = _GAP.join("-" * width for width in widths)
    return "\n".join([*head, rule, *(line for row in rows for line in row)])


def _longest(column: Sequence[str]) -> list[str]:
    return [line for text in column for line in text.split("\n")]


def _widths(columns: Sequence[Sequence[int]]) -> list[int]:
    """Return the columns' widths; the widest give way until the line fits."""
    widths = [max(column, default=1) or 1 for column in columns]
    room = _WIDTH - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [list(_wrapped(text, width)) for text, width in zip(row, widths, strict=True)]
    for line in zip_longest(*wrapped, fillvalue=""):
        padded = (
            text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)
        )
        yield _GAP.join(padded).rstrip()


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the text in lines that fit, broken at a space where there is one."""
    for paragraph in text.split("\n"):
        rest = paragraph
        while _width(rest) > width:
            fits = _fitting(rest, width)
            space = rest.rfind(" ", 1, fits + 1)
            cut = space if space > fits // 2 else fits
            yield rest[:cut]
            rest = rest[cut:].removeprefix(" ")
        yield rest


def _fitting(text: str, width: int) -> int:
    """Return how many characters fit, at least one."""
    for index, char in enumerate(text):
        width -= max(wcwidth(char), 0)
        if width < 0:
            return max(index, 1)
    return len(text)


def _width(text: str) -> int:
    """Return how many places a terminal gives the text: CJK characters take two."""
    return sum(max(wcwidth(char), 0) for char in text)
