"""Let the model write several answers, side by side."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from streamlink_magic.errors import ModelError, NoSqlError
from streamlink_magic.steps.generate.write import draft_of, generate_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from streamlink_magic.protocols import ChatModel, Clock, Progress
    from streamlink_magic.records import Completion, Prompt, SqlDraft

TEMPERATURE = 0.8
_GRACE, _GRACE_S = 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Drafts:
    """What the model wrote for one prompt.

    Attributes
    ----------
    first
        Its own first choice, or why that is no SQL.
    others
        Further drafts; those that are no SQL are left out.
    alone
        Why there are fewer others than were wanted; empty where the server failed in none.
    first_took_s
        How long the first choice took, in seconds.
    """

    first: SqlDraft | NoSqlError
    others: tuple[SqlDraft, ...] = ()
    alone: str = ""
    first_took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Further:
    """Drafts that were drawn, and why there are fewer than were wanted, if there are."""

    others: tuple[SqlDraft, ...] = ()
    alone: str = ""


@dataclass(frozen=True, slots=True)
class Draw:
    """Further answers to draw.

    Attributes
    ----------
    prompt
        Over which prompt: the same question may be put with its tables in another form.
    count
        How many.
    temperature
        How freely; 0 is the model's first choice.
    """

    prompt: Prompt
    count: int
    temperature: float = TEMPERATURE


def generate_drafts(
    prompt: Prompt,
    model: ChatModel,
    *,
    draws: Sequence[Draw],
    max_tokens: int,
    progress: Progress,
    grammar: str = "",
    sample_grammar: str = "",
    clock: Clock = time.monotonic,
) -> Drafts:
    """Return the model's first choice, and further drafts that are written beside it.

    A server on a CPU is held up by reading its weights: five answers at once take little longer
    than one. When the first choice is written, those that are not done get half as long again:
    an answer that rambles on is seldom the right one.

    Parameters
    ----------
    draws
        The further drafts.
    max_tokens
        Longest answer, in tokens.
    grammar, sample_grammar
        What the first choice and the further drafts are bound to; empty leaves them free.

    Raises
    ------
    ModelError
        When the server failed.
    """
    with _drawing(model, draws, max_tokens, sample_grammar) as drawing:
        begun = clock()
        first = _first(prompt, model, max_tokens, progress, grammar)
        took_s = clock() - begun
        further = drawing.end_within(max(_GRACE_S, _GRACE * took_s))
    return Drafts(first, further.others, further.alone, took_s)


def draw_more(
    model: ChatModel,
    *,
    draws: Sequence[Draw],
    max_tokens: int,
    first_took_s: float,
    grammar: str = "",
) -> Further:
    """Return further drafts; those that are not done in time are given up.

    Parameters
    ----------
    draws
        The further drafts.
    max_tokens
        Longest answer, in tokens.
    first_took_s
        How long the first choice took, in seconds: they get half as long again.
    grammar
        What they are bound to; empty leaves them free.
    """
    with _drawing(model, draws, max_tokens, grammar) as drawing:
        return drawing.end_within(max(_GRACE_S, (1 + _GRACE) * first_took_s))


@contextmanager
def _drawing(
    model: ChatModel, draws: Sequence[Draw], max_tokens: int, grammar: str
) -> Iterator[_Drawing]:
    """Draw in the background; leaving it, by an interrupt too, ends what the server writes."""
    stopped = Event()
    with ThreadPoolExecutor(max(len(draws), 1), thread_name_prefix="streamlink-sample") as pool:
        try:
            yield _Drawing(
                [
                    pool.submit(_sample, draw, model, max_tokens, stopped, grammar=grammar)
                    for draw in draws
                ],
                stopped,
            )
        finally:
            stopped.set()


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Drafts that are being written."""

    running: Sequence[Future[Further]]
    stopped: Event

    def end_within(self, seconds: float) -> Further:
        """Return what is written by then."""
        wait(self.running, timeout=seconds)
        self.stopped.set()
        drawn = [one.result() for one in self.running]
        others = tuple(draft for one in drawn for draft in one.others)
        return Further(others, next((one.alone for one in drawn if one.alone), ""))


def _first(
    prompt: Prompt, model: ChatModel, max_tokens: int, progress: Progress, grammar: str
) -> SqlDraft | NoSqlError:
    try:
        return generate_sql(
            prompt, model, max_tokens=max_tokens, progress=progress, grammar=grammar
        )
    except NoSqlError as error:
        return error


def _sample(
    draw: Draw, model: ChatModel, max_tokens: int, stopped: Event, *, grammar: str
) -> Further:
    try:
        drawn = model.sample(
            draw.prompt.messages,
            count=draw.count,
            temperature=draw.temperature,
            max_tokens=max_tokens,
            stopped=stopped,
            grammar=grammar,
        )
    except ModelError as error:
        return Further(alone=error.message)
    return Further(tuple(draft for one in drawn for draft in _drafts(one, draw)))


def _drafts(completion: Completion, draw: Draw) -> Iterator[SqlDraft]:
    """Yield the draft of an answer that ended by itself and holds one statement."""
    if completion.finish_reason == "stop":
        with suppress(NoSqlError):
            yield draft_of(completion, first_choice=draw.temperature == 0)
