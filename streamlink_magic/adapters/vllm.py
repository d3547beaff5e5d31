"""The wire to a vLLM server: OpenAI's chat completions, plus vLLM's own tokenizer call."""

from __future__ import annotations

import math
import re
import weakref
from collections import defaultdict
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import (
    ModelTimeoutError,
    ServerRefusedError,
    ServerUnreachableError,
)
from streamlink_magic.records import Completion, Message, TokenLogprob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from openai import OpenAI

_STOP = ["```", ";\n"]  # ends of an opened code fence, or of the first statement in it
_RETRIES = 2
_TOLD_TOKENS = 10
_UNTOLD = 1e-6  # stands for a token that is not among the likeliest
_GRAMMAR, _LOGPROBS = "structured_outputs", "logprobs"
_REFUSALS = {_GRAMMAR: r"grammar|structured.?output|guidance", _LOGPROBS: r"log.?prob"}
_NO_PROXY: dict[str, None] = {"all://": None, "http://": None, "https://": None}
_HINTS = {
    400: "Ask with fewer tables (--tables), or raise the server's --max-model-len.",
    401: "Set the right key: STREAMLINK_API_KEY, or %config AskMagics.api_key = '…'",
    403: "Ask the server's admin for access, or use another key (STREAMLINK_API_KEY).",
    404: "Check %config AskMagics.base_url (it ends with /v1) and AskMagics.model.",
    429: "The server is busy: wait a moment and run the cell again.",
}
_REDIRECTS = range(300, 400)
_REDIRECT_HINT = (
    "It wants the question sent elsewhere, which is not done: name the right address yourself, "
    "%config AskMagics.base_url = 'https://host/v1'"
)
_SERVER_HINT = "Look into the server's log (streamlink doctor names it), then run the cell again."


@dataclass(frozen=True, slots=True)
class _Wish:
    """A field of the request that a server may refuse: it is asked without then."""

    field: str
    text: str = ""

    def value(self) -> object:
        return {"grammar": self.text} if self.text else True

    def is_named_in(self, refusal: str) -> bool:
        return bool(re.search(_REFUSALS[self.field], refusal, re.IGNORECASE))


class VllmModel:
    """Implements ``ChatModel`` on any OpenAI-compatible vLLM endpoint.

    Parameters
    ----------
    base_url
        The address, up to and with ``/v1``.
    api_key
        The key; any text where the server wants none.
    model
        The model's name on the server; empty means the first that it lists.
    timeout_s
        Longest wait for the next piece of an answer, in seconds.
    digest_of
        Returns the digest of the weights in a folder of this machine; empty for none of ours.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        model: str = "",
        timeout_s: float = 120.0,
        digest_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._api_key = api_key or "none"
        self._wanted = model
        self._timeout_s = timeout_s
        self._digest_of = digest_of
        self._refused: set[_Wish] = set()  # what the server did not take

    def __repr__(self) -> str:
        return f"VllmModel({self.base_url!r}, model={self._wanted!r})"

    @cached_property
    def _client(self) -> OpenAI:
        from openai import DefaultHttpxClient, OpenAI  # half a second, only needed from here on

        # What is sent goes to the server that was named, and through nobody else's hands.
        wire = DefaultHttpxClient(follow_redirects=False, mounts=_NO_PROXY)
        weakref.finalize(self, wire.close)
        return OpenAI(
            base_url=self.base_url,
            api_key=self._api_key,
            timeout=self._timeout_s,
            max_retries=_RETRIES,
            http_client=wire,
        )

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        return str(self._card.id)

    @property
    def digest(self) -> str:
        """The digest of the weights, where the server took them from a folder of ours."""
        return self._digest_of(str(getattr(self._card, "root", None) or ""))

    @property
    def context_tokens(self) -> int:
        """The context length that the server serves, in tokens."""
        return int(getattr(self._card, "max_model_len", None) or 4096)

    def names(self) -> tuple[str, ...]:
        """Return every model that the server lists."""
        with self._errors():
            return tuple(card.id for card in self._client.models.list().data)

    @cached_property
    def _card(self) -> Any:  # noqa: ANN401
        with self._errors():
            cards = self._client.models.list().data
        for card in cards:
            if self._wanted in {"", card.id}:
                return card
        raise ServerRefusedError(
            f"The server at {self.base_url} has no model {self._wanted!r}.",
            f"It has: {', '.join(card.id for card in cards) or 'none'}.",
            status=404,
        )

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the messages as vLLM's tokenizer counts it."""
        root = self.base_url.removesuffix("/v1")
        opened = messages[-1].role == "assistant"
        body = {"model": self.name, "messages": _wire(messages), **_opening(opened)}
        with self._errors():
            answer = self._client.post(f"{root}/tokenize", body=body, cast_to=object)
        return int(answer["count"])  # type: ignore[index]

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Yield the answer's pieces and then the whole ``Completion``.

        When the last message is the assistant's, the model goes on writing it. Closing the
        iterator closes the connection, on which vLLM ends the generation.
        """
        asked = self._chunks(messages, grammar, max_tokens=max_tokens, temperature=0.0, seed=0)
        with self._errors(), closing(asked) as chunks:  # type: ignore[type-var]
            yield from self._read(chunks)

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
        """Return answers drawn at random; vLLM reads the prompt once for all of them.

        They are streamed, so that closing the connection ends them on the server; those that had
        ended by then are returned. No seed is sent: vLLM 0.32 on a CPU ends as a whole
        ("CPU Generator does not use offset") when it reads a seeded prompt in pieces.
        """
        asked = self._chunks(
            messages, grammar, max_tokens=max_tokens, temperature=temperature, n=count
        )
        with self._errors(), closing(asked) as chunks:  # type: ignore[type-var]
            return self._collect(chunks, stopped)

    def _chunks(
        self, messages: Sequence[Message], grammar: str, **options: object
    ) -> Iterator[Any]:
        """Yield an answer's chunks; what the server does not take it is asked without."""
        from openai import APIError

        wishes = [one for one in _wishes(grammar) if one not in self._refused]
        begun = False
        while True:
            try:
                with closing(self._create(messages, wishes, options)) as chunks:
                    for chunk in chunks:
                        begun = True
                        yield chunk
            except APIError as error:  # by its status, or in the first event of the stream
                refused = [one for one in wishes if one.is_named_in(str(error))]
                if begun or not refused:
                    raise
                self._refused.update(refused)
                wishes = [one for one in wishes if one not in refused]
            else:
                return

    def _create(
        self, messages: Sequence[Message], wishes: Iterable[_Wish], options: Mapping[str, object]
    ) -> Any:  # noqa: ANN401
        opened = messages[-1].role == "assistant"
        return self._client.chat.completions.create(  # type: ignore[call-overload]
            model=self.name,
            messages=_wire(messages),
            stop=_STOP if opened else None,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={**_opening(opened), **{one.field: one.value() for one in wishes}},
            **options,
        )

    def _collect(self, chunks: Any, stopped: Event) -> tuple[Completion, ...]:  # noqa: ANN401
        texts: dict[int, str] = {}
        reasons: dict[int, str] = {}
        told: dict[int, list[TokenLogprob]] = defaultdict(list)
        usage = None
        for chunk in chunks:
            if stopped.is_set():
                break
            usage = chunk.usage or usage
            for choice in chunk.choices:
                texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
                told[choice.index] += _logprobs(choice)
                if choice.finish_reason:
                    reasons[choice.index] = choice.finish_reason
        written = usage.completion_tokens if usage else 0
        ended = [number for number in sorted(texts) if number in reasons]
        return tuple(
            Completion(
                texts[number],
                self.name,
                finish_reason=reasons[number],
                # The server counts all of them together.
                completion_tokens=written if number == ended[0] else 0,
                logprobs=tuple(told[number]),
            )
            for number in ended
        )

    def _read(self, chunks: Any) -> Iterator[str | Completion]:  # noqa: ANN401
        pieces: list[str] = []
        told: list[TokenLogprob] = []
        reason, usage = "", None
        for chunk in chunks:
            usage = chunk.usage or usage
            for choice in chunk.choices:
                reason = choice.finish_reason or reason
                told += _logprobs(choice)
                if choice.delta.content:
                    pieces.append(choice.delta.content)
                    yield choice.delta.content
        if not reason:
            raise self._died()
        yield Completion(
            text="".join(pieces),
            model=self.name,
            finish_reason=reason,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
            logprobs=tuple(told),
        )

    def odds(self, messages: Sequence[Message], words: tuple[str, str]) -> float | None:
        """Return the log-odds of one first word over another, from one generated token.

        None where the server tells no probabilities, or of neither word.
        """
        with self._errors():
            answer = self._client.chat.completions.create(
                model=self.name,
                messages=_wire(messages),  # type: ignore[arg-type]
                max_tokens=1,
                temperature=0.0,
                logprobs=True,
                top_logprobs=_TOLD_TOKENS,
            )
        told = answer.choices[0].logprobs if answer.choices else None
        if told is None or not told.content:
            return None
        likely = [
            (one.token.strip().casefold(), one.logprob) for one in told.content[0].top_logprobs
        ]
        first, second = (_chance(likely, word) for word in words)
        return math.log(first / second) if first > _UNTOLD or second > _UNTOLD else None

    def warm(self, messages: Sequence[Message]) -> None:
        """Let the server compute and cache a prompt's prefix; one token is generated."""
        with self._errors():
            self._client.chat.completions.create(
                model=self.name,
                messages=_wire(messages),  # type: ignore[arg-type]
                max_tokens=1,
                temperature=0.0,
            )

    def _died(self) -> ServerUnreachableError:
        return ServerUnreachableError(
            f"The model server at {self.base_url} stopped in the middle of its answer.",
            "Start it again: streamlink serve. Its log says why: streamlink doctor names the file.",
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the client's exceptions into ours, each with its fix."""
        import openai

        try:
            yield
        except openai.APITimeoutError as error:
            raise ModelTimeoutError(
                f"The model server was silent for {self._timeout_s:g} s.",
                "Try again, or wait longer: %config AskMagics.answer_timeout_s = 300",
            ) from error
        except openai.APIConnectionError as error:
            raise ServerUnreachableError(
                f"No model server answers at {self.base_url}.",
                "Start one with: streamlink serve, or name another: "
                "%config AskMagics.base_url = 'http://host:port/v1'",
            ) from error
        except openai.APIStatusError as error:
            status = error.status_code
            raise ServerRefusedError(
                f"The model server answered {status}: {_reason(error)}",
                _REDIRECT_HINT if status in _REDIRECTS else _HINTS.get(status, _SERVER_HINT),
                status=status,
            ) from error
        except openai.APIError as error:  # an error event in the middle of a stream
            raise self._died() from error


def _wishes(grammar: str) -> Iterator[_Wish]:
    yield _Wish(_LOGPROBS)
    if grammar:
        yield _Wish(_GRAMMAR, grammar)


def _logprobs(choice: Any) -> Iterator[TokenLogprob]:  # noqa: ANN401
    """Yield the tokens of a piece with their log-probabilities, where the server tells them."""
    for one in (choice.logprobs and choice.logprobs.content) or ():
        yield TokenLogprob(one.token, one.logprob)


def _wire(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _chance(likely: Sequence[tuple[str, float]], word: str) -> float:
    """Return how likely a word is, in any case and with or without a space before it."""
    return _UNTOLD + sum(math.exp(chance) for token, chance in likely if token == word)


def _opening(opened: bool) -> dict[str, bool]:  # noqa: FBT001  one flag is all it takes
    return {"continue_final_message": opened, "add_generation_prompt": not opened}


def _reason(error: Any) -> str:  # noqa: ANN401
    body = error.body if isinstance(error.body, dict) else {}
    text = str(body.get("message") or body.get("error") or error.message)
    return text.strip().split("\n", 1)[0][:300]
