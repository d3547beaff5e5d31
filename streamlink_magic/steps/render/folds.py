"""What a reader may want to open below an answer: SQL, how, checks, sent, plan, times."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.highlight import highlight_sql
from streamlink_magic.steps.render.markup import fold, lines, listed, muted, noticed, pre, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import AnswerView


def render_folds(view: AnswerView) -> str:
    """Return all parts that hold something; the SQL stands open."""
    sent = phrases.size(phrases.sent_bytes(view.sent))
    return "".join(
        (
            fold("SQL", pre(highlight_sql(view.sql)) if view.sql else "", opened=True),
            fold("How", how_html(view)),
            fold("Checks", "".join(map(noticed, view.checks))),
            fold(f"Sent to the model · {sent}", sent_html(view)),
            fold("Plan", listed(map(text, view.verdict.plan), ordered=False)),
            fold("Times", _times(view)),
        )
    )


def how_html(view: AnswerView) -> str:
    """Return the steps of an answer, each tied to the words of the question that it answers."""
    remembered = listed(map(text, view.notes), ordered=False)
    repairs = listed(map(text, phrases.untold_repairs(view)), ordered=False)
    return "".join(
        (
            _asked(view),
            listed(map(text, view.explanation.steps)),
            muted("Remembered") + remembered if remembered else "",
            muted("Corrected after the model wrote it") + repairs if repairs else "",
        )
    )


def _asked(view: AnswerView) -> str:
    """Return the question; behind each linked stretch stand the numbers of its steps."""
    if not view.explanation.links:
        return ""
    told = "The small numbers are the steps that speak of these words."
    question = f'<div dir="auto" style="margin:2px 0">{"".join(_stretches(view))}</div>'
    return f"{question}{muted(told)}"


def _stretches(view: AnswerView) -> Iterator[str]:
    done = 0
    for link in view.explanation.links:
        numbers = ",".join(str(step + 1) for step in link.steps)
        yield text(view.question[done : link.start])
        yield f"<b>{text(view.question[link.start : link.end])}</b><sup>{numbers}</sup>"
        done = link.end
    yield text(view.question[done:])


def sent_html(view: AnswerView) -> str:
    """Return every byte that left the kernel by what it is, each class with its size."""
    if not view.sent:
        return ""
    parts = [
        fold(
            f"{text(kind)} · {phrases.size(sum(map(phrases.byte_count, texts)))}",
            "".join(map(_once, *zip(*Counter(texts).items(), strict=True))),
        )
        for kind, texts in phrases.sent_by_kind(view.sent).items()
    ]
    return f"{''.join(parts)}{muted(phrases.NEVER_SENT)}"


def _once(part: str, count: int) -> str:
    """Return a text that was sent, once however often it was: the prompt has two forms."""
    again = muted(f"sent {count} times") if count > 1 else ""
    return f"{pre(lines(part))}{again}"


def _times(view: AnswerView) -> str:
    told = (phrases.times(view.times), phrases.source(view))
    return "".join(f"<div>{text(line)}</div>" for line in told if line)
