"""A chat model whose tokens are counted."""

from __future__ import annotations

from contextlib import closing
from threading import Lock
from typing import TYPE_CHECKING

from streamlink_magic.records import Completion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from streamlink_magic.protocols import ChatModel
    from streamlink_magic.records import Message


class MeteredModel:
    """``ChatModel`` that counts what the server says it read and wrote.

    Drafts are drawn in several threads at once; nothing of them is lost.

    Attributes
    ----------
    prompt_tokens, completion_tokens
        So far, over every call.
    calls
        How often the model was asked.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.calls = 0
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        return self._model.name

    @property
    def digest(self) -> str:
        """The digest of its weights, where it is known."""
        return self._model.digest

    @property
    def context_tokens(self) -> int:
        """The model's context length in tokens."""
        return self._model.context_tokens

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the messages in the model's own tokens."""
        return self._model.count_tokens(messages)

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Yield what the model writes (see ``ChatModel``)."""
        self._called()
        asked = self._model.stream(messages, max_tokens=max_tokens, grammar=grammar)
        with closing(asked) as pieces:  # type: ignore[type-var]  # every model's is a generator
            for piece in pieces:
                if isinstance(piece, Completion):
                    self._count(piece)
                yield piece

    def sample(
        self,
        messages: Sequence[Message],
        *,
        count: int,
        temperature: float,
        max_tokens: int,
        stopped: Event,
        grammar: str = "",
    ) -> tuple[Completion, ...]:
        """Return what the model writes (see ``ChatModel``)."""
        self._called()
        drawn = self._model.sample(
            messages,
            count=count,
            temperature=temperature,
            max_tokens=max_tokens,
            stopped=stopped,
            grammar=grammar,
        )
        for one in drawn:
            self._count(one)
        return drawn

    def odds(self, messages: Sequence[Message], words: tuple[str, str]) -> float | None:
        """Return how surely it answers so (see ``ChatModel``)."""
        self._called()
        return self._model.odds(messages, words)

    def _called(self) -> None:
        with self._lock:
            self.calls += 1

    def _count(self, completion: Completion) -> None:
        with self._lock:
            self.prompt_tokens += completion.prompt_tokens
            self.completion_tokens += completion.completion_tokens
