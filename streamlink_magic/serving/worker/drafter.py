"""Guess the next tokens of an answer from what was written before: ``drafter.AnswerDrafter``.

SQL repeats itself: names come from the schema in the prompt, phrases from the solved examples and
from earlier answers. The guesses are checked by the model in the same pass that writes the next
token, so that a right one saves a pass and a wrong one changes nothing (speculative decoding with
prompt lookup; Leviathan et al. 2022, arXiv:2211.17192, and the suffix decoding of Oliaro et al.
2024, arXiv:2411.04975, on which the memory of earlier answers is modelled). On a CPU a pass over
six tokens takes as long as one over a single token, since both read the same weights.

Loaded by vLLM in its own environment, as ``method="custom_class"``.
"""

from __future__ import annotations

from typing import Any

LONGEST = 6
PASS_TOKENS = 6
REMEMBERED = 200_000


class Phrases:
    """What followed the last few tokens, wherever they stood before."""

    def __init__(self) -> None:
        self._next: dict[tuple[int, ...], int] = {}

    def learn(self, tokens: list[int], start: int = 1) -> None:
        """Remember what follows each stretch that ends before ``tokens[start]`` or later."""
        for place in range(max(start, 1), len(tokens)):
            for length in range(1, min(LONGEST, place) + 1):
                self._next[tuple(tokens[place - length : place])] = tokens[place]

    def follow(self, tokens: list[int], length: int) -> int | None:
        """Return what followed the last ``length`` tokens the last time."""
        return self._next.get(tuple(tokens[-length:])) if len(tokens) >= length else None

    def __len__(self) -> int:
        """Return how many stretches are remembered."""
        return len(self._next)


class Row:
    """One answer under way: its tokens so far, and the phrases of its own prompt."""

    def __init__(self, tokens: list[int]) -> None:
        self.tokens = tokens
        self.phrases = Phrases()
        self.phrases.learn(tokens)

    def goes_on_as(self, tokens: list[int], written: int) -> bool:
        """Return whether these tokens are this answer's with so many more."""
        before = len(tokens) - written
        return len(self.tokens) == before and self.tokens[-LONGEST:] == tokens[:before][-LONGEST:]

    def extend(self, written: list[int]) -> None:
        """Take what the model wrote."""
        start = len(self.tokens)
        self.tokens += written
        self.phrases.learn(self.tokens, start)


class AnswerDrafter:
    """What vLLM asks for guesses.

    Parameters
    ----------
    vllm_config
        vLLM's configuration; the most tokens to guess are taken from it.
    """

    def __init__(self, vllm_config: Any) -> None:  # noqa: ANN401  vLLM's own
        self._most = vllm_config.speculative_config.num_speculative_tokens
        self._room = vllm_config.model_config.max_model_len
        self._rows: dict[int, Row] = {}
        self._answers = Phrases()

    def propose(
        self,
        sampled_token_ids: list[list[int]],
        num_tokens_no_spec: Any,  # noqa: ANN401  a numpy array
        token_ids_cpu: Any,  # noqa: ANN401  a numpy array
        slot_mappings: object = None,  # noqa: ARG002  vLLM's own
    ) -> list[list[int]]:
        """Return guesses for each answer; none where a pass is full without them."""
        active = sum(bool(written) for written in sampled_token_ids)
        count = min(self._most, PASS_TOKENS // max(active, 1) - 1)
        guesses: list[list[int]] = []
        for number, written in enumerate(sampled_token_ids):
            length = int(num_tokens_no_spec[number])
            if not written or length + count >= self._room:
                guesses.append([])
                continue
            row = self._row(number, token_ids_cpu[number, :length].tolist(), written)
            guesses.append(self._guess(row, count))
        return guesses

    def load_model(self, *_: object, **__: object) -> None:
        """Do nothing: there is no second model."""

    def _row(self, number: int, tokens: list[int], written: list[int]) -> Row:
        row = self._rows.get(number)
        if row is None or not row.goes_on_as(tokens, len(written)):
            row = self._rows[number] = Row(tokens)
        else:
            row.extend(list(written))
        if len(self._answers) > REMEMBERED:
            self._answers = Phrases()
        recent = row.tokens[-LONGEST - len(written) :]
        self._answers.learn(recent, len(recent) - len(written))
        return row

    def _guess(self, row: Row, count: int) -> list[int]:
        tokens = row.tokens[-LONGEST:]
        guessed: list[int] = []
        for _ in range(max(count, 0)):
            following = self._next(row, tokens)
            if following is None:
                break
            guessed.append(following)
            tokens = [*tokens[1 - LONGEST :], following]
        return guessed

    def _next(self, row: Row, tokens: list[int]) -> int | None:
        """Return the likeliest next token: after the longest stretch, the own prompt first."""
        for length in range(min(LONGEST, len(tokens)), 0, -1):
            following = row.phrases.follow(tokens, length)
            if following is None and length > 1:
                following = self._answers.follow(tokens, length)
            if following is not None:
                return following
        return None
