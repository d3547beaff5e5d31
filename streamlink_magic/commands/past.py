"""What was asked in this notebook, and what of it left the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.commands.desk import number_in
from streamlink_magic.steps.render import Listing
from streamlink_magic.steps.render.phrases import KINDS, seconds

if TYPE_CHECKING:
    from streamlink_magic.commands.desk import Desk


def show_history(desk: Desk, _rest: str) -> Listing:
    """See what was asked in this notebook, by number."""
    rows = tuple(
        (
            str(number),
            view.question,
            view.sql,
            view.model,
            seconds(sum(time.seconds for time in view.times)),
        )
        for number, view in desk.asks.history.entries.items()
    )
    empty = () if rows else ("Nothing has been asked yet.",)
    return Listing("Asked in this notebook", ("n", "question", "SQL", "model", "took"), rows, empty)


def show_next(desk: Desk, _rest: str) -> Listing:
    """See questions that could come next; no model made them, and the catalog can answer them."""
    answer = desk.asks.last
    rows = tuple((f"%ask --next {n}", text) for n, text in enumerate(answer.suggestions, 1))
    empty = () if rows else ("Nothing in its tables suggests one.",)
    return Listing(f"After: {answer.question}", ("type", "to ask"), rows, empty)


def put_in_cell(desk: Desk, rest: str) -> Listing:
    """Put the SQL of the last answer, or of the one of that number, into a cell of its own."""
    view = desk.asks.history.find(number_in(rest, "%streamlink cell"))
    source = desk.asks.cell_of(view.sql, desk.settings)
    desk.asks.insert(source)
    return Listing("The SQL as a cell of its own", ("cell",), ((source,),))


def show_sent(desk: Desk, rest: str) -> Listing:
    """See every byte that left the kernel for the last question, or the one of that number."""
    view = desk.asks.history.find(number_in(rest, "%streamlink sent"))
    rows = tuple((KINDS.get(part.kind, part.kind), part.text) for part in view.sent)
    total = sum(len(part.text) for part in view.sent)
    return Listing(
        f"Sent to {view.model or 'the model'} for: {view.question}",
        ("what", "text"),
        rows,
        (f"{total:,} characters, in the order in which they were sent. No row of a result is.",),
    )
