"""The contest between servers: who is asked when, and what the figures mean."""

from collections.abc import Iterator, Sequence

import pytest

from streamlink_magic.bench.contest import hold_contest, table_rows, time_answer
from streamlink_magic.bench.serve import BenchRequest, bench_serve
from streamlink_magic.errors import ServingError
from streamlink_magic.records import Completion, Message
from streamlink_magic.testing import FakeClock, FakeModel

PROMPTS = [[Message("user", text)] for text in ("one", "two", "three")]


def _no_rest() -> None:
    """Fakes have no threads that go on spinning."""


class Named(FakeModel):
    """Writes its name into a shared list at each call."""

    def __init__(self, name: str, calls: list[str]) -> None:
        super().__init__()
        self.name = name
        self.calls = calls

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Note who was asked what."""
        self.calls.append(f"{self.name} {messages[0].content}")
        return super().stream(messages, max_tokens=max_tokens, grammar=grammar)


def test_servers_take_turns_at_every_question() -> None:
    """What else the machine does meets all alike; each turn waits until the last one rests."""
    calls: list[str] = []
    models = {name: Named(name, calls) for name in ("a", "b")}
    hold_contest(models, PROMPTS, rest=lambda: calls.append("rest"))
    turns = ["rest", "a two", "rest", "b two", "rest", "a three", "rest", "b three"]
    assert calls == ["a one", "b one", *turns]


def test_an_answers_times_are_those_of_its_first_and_last_piece() -> None:
    """The clock is read at the start, at the first piece and at the end."""
    timing = time_answer(FakeModel(answers=["SELECT 1"]), PROMPTS[0], FakeClock(step=1.0))
    assert (timing.first_s, timing.total_s) == (1.0, 2.0)


def test_ratios_are_to_the_first_server() -> None:
    """The table has a row for each server and a column for each number of users."""
    standings = hold_contest(
        {name: Named(name, []) for name in ("a", "b")}, PROMPTS, users=(2,), rest=_no_rest
    )
    header, first, second = table_rows(standings)
    assert header[-1] == "questions/s, 2 at once"
    assert (first[0], first[4], second[0]) == ("a", "1.00", "b")
    assert all(one.users[2] > 0 for one in standings)


def test_an_unknown_way_of_serving_starts_nothing() -> None:
    """The names are listed."""
    with pytest.raises(ServingError, match="int9") as caught:
        bench_serve(BenchRequest(("int9",)), lambda *_: None, lambda _: None)
    assert "int8-all-cores" in caught.value.hint
