"""Several servers answer the same questions, one after another in turn."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.records import Completion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streamlink_magic.protocols import ChatModel, Clock
    from streamlink_magic.records import Message

_ANSWER_TOKENS = 200
# A server's threads go on spinning for a while after an answer, and would take the cores from the
# one whose turn is next: without a rest its first token came up to 0.6 s later.
_REST_S = 1.0


@dataclass(frozen=True, slots=True)
class Timing:
    """One answer.

    Attributes
    ----------
    first_s
        Seconds to the first piece of text.
    total_s
        Seconds to the last.
    tokens
        How many tokens it has.
    """

    first_s: float
    total_s: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What one server came to.

    Attributes
    ----------
    name
        The server.
    first_s, total_s
        Median seconds to the first and to the last piece of an answer.
    tokens_s
        Tokens a second while it writes, over all answers.
    users
        Questions a second, by how many were asked at once.
    """

    name: str
    first_s: float
    total_s: float
    tokens_s: float
    users: Mapping[int, float]


def time_answer(
    model: ChatModel, messages: Sequence[Message], clock: Clock = time.perf_counter
) -> Timing:
    """Ask once and take the times.

    Raises
    ------
    ModelError
        When the server fails.
    """
    begun = clock()
    first, tokens = 0.0, 0
    for piece in model.stream(messages, max_tokens=_ANSWER_TOKENS):
        if isinstance(piece, Completion):
            tokens = piece.completion_tokens
        else:
            first = first or clock() - begun
    return Timing(first, clock() - begun, tokens)


def _rest() -> None:
    time.sleep(_REST_S)


def hold_contest(
    models: Mapping[str, ChatModel],
    prompts: Sequence[Sequence[Message]],
    *,
    users: Sequence[int] = (),
    tell: Callable[[str], None] = lambda _: None,
    rest: Callable[[], None] = _rest,
) -> tuple[Standing, ...]:
    """Let every server answer every prompt, taking turns, and return how each did.

    Taking turns spreads what else the machine does over all of them. The first prompt is not
    timed: with it every server gets the schema into its cache, as in a notebook. Each of the
    others is asked once, since a server may remember answers that it has given.

    Parameters
    ----------
    models
        The servers by name.
    prompts
        The messages of each question, at least two.
    users
        How many questions at once are tried in the end; empty tries none.
    tell
        Is told what is under way.
    rest
        Called before each turn, so that the server before has come to rest.
    """
    first, *others = prompts
    for name, model in models.items():
        tell(f"Warming up {name}")
        time_answer(model, first)
    timings: dict[str, list[Timing]] = {name: [] for name in models}
    for place, messages in enumerate(others, start=1):
        tell(f"Question {place} of {len(others)}")
        for name, model in models.items():
            rest()
            timings[name].append(time_answer(model, messages))
    rates = {name: _rates(name, models[name], prompts, users, tell) for name in models}
    return tuple(_standing(name, timings[name], rates[name]) for name in models)


def _rates(
    name: str,
    model: ChatModel,
    prompts: Sequence[Sequence[Message]],
    users: Sequence[int],
    tell: Callable[[str], None],
) -> dict[int, float]:
    rates = {}
    for count in users:
        tell(f"{name}: {count} at once")
        asked = [prompts[number % len(prompts)] for number in range(max(count, len(prompts)))]
        begun = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda messages: time_answer(model, messages), asked))
        rates[count] = len(asked) / (time.perf_counter() - begun)
    return rates


def _standing(name: str, timings: Sequence[Timing], users: Mapping[int, float]) -> Standing:
    writing = sum(one.total_s - one.first_s for one in timings)
    return Standing(
        name=name,
        first_s=statistics.median(one.first_s for one in timings),
        total_s=statistics.median(one.total_s for one in timings),
        tokens_s=sum(max(one.tokens - 1, 0) for one in timings) / writing if writing else 0.0,
        users=users,
    )


def table_rows(standings: Sequence[Standing]) -> tuple[tuple[str, ...], ...]:
    """Return the standings as rows of text, a header first; times as ratios to the first row's."""
    counts = tuple(standings[0].users) if standings else ()
    header = ("server", "tokens/s", "first token", "an answer", "ratio")
    rows = [header + tuple(f"questions/s, {count} at once" for count in counts)]
    for one in standings:
        ratio = one.total_s / standings[0].total_s if standings[0].total_s else 0.0
        figures = (f"{one.tokens_s:.1f}", f"{one.first_s:.2f} s", f"{one.total_s:.2f} s")
        rates = tuple(f"{one.users[count]:.2f}" for count in counts)
        rows.append((one.name, *figures, f"{ratio:.2f}", *rates))
    return tuple(rows)
