"""Which model server to ask: the one that was named, or the local one."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING

from streamlink_magic.adapters.vllm import VllmModel
from streamlink_magic.errors import ReplayMissError, ServerUnreachableError
from streamlink_magic.governance.endpoints import is_among

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from streamlink_magic.protocols import Progress
    from streamlink_magic.records import Completion, Message
    from streamlink_magic.settings import Settings


class LateModel:
    """A ``ChatModel`` that is looked for when it is needed first: what needs none works without.

    Parameters
    ----------
    settings, progress
        As ``find_model`` takes them.
    """

    def __init__(self, settings: Settings, progress: Progress | None) -> None:
        self._settings = settings
        self._progress = progress

    @cached_property
    def _found(self) -> VllmModel:
        return find_model(self._settings, self._progress)

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        return self._found.name

    @property
    def context_tokens(self) -> int:
        """The model's context length in tokens."""
        return self._found.context_tokens

    @property
    def digest(self) -> str:
        """What names the model's weights (see ``ChatModel.digest``)."""
        return self._found.digest

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the messages in the model's own tokens."""
        return self._found.count_tokens(messages)

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Yield text as it is written (see ``ChatModel.stream``)."""
        return self._found.stream(messages, max_tokens=max_tokens, grammar=grammar)

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
        """Return answers drawn at random (see ``ChatModel.sample``)."""
        return self._found.sample(
            messages,
            count=count,
            temperature=temperature,
            max_tokens=max_tokens,
            stopped=stopped,
            grammar=grammar,
        )

    def odds(self, messages: Sequence[Message], words: tuple[str, str]) -> float | None:
        """Return how surely it answers so (see ``ChatModel.odds``)."""
        return self._found.odds(messages, words)


def find_model(settings: Settings, progress: Progress | None) -> VllmModel:
    """Return the model to ask.

    A named ``base_url`` is taken as it is. Otherwise the local server answers that
    ``streamlink serve`` started; one that was prepared before and is not running is started.

    Parameters
    ----------
    progress
        Is told how the start proceeds. None means: do not start anything.

    Raises
    ------
    ServerUnreachableError
        When no server was named and none can be started at once.
    ReplayMissError
        When the settings say that no model is asked.
    """
    if settings.replay == "replay":
        raise ReplayMissError(
            "Replay is on: no model is asked.",
            "To ask one: %config AskMagics.replay = 'record'",
        )
    if settings.base_url:
        return VllmModel(
            settings.base_url,
            settings.api_key or _hub_token(settings),
            model=settings.model,
            timeout_s=settings.answer_timeout_s,
            digest_of=_digest_of,
        )
    return _local(settings, progress)


def _hub_token(settings: Settings) -> str:
    """Return the token that the hub gave this kernel, for the one endpoint that may see it."""
    named = settings.hub_token_for
    meant = bool(named) and is_among(settings.base_url, [named])
    return os.environ.get("JUPYTERHUB_API_TOKEN", "") if meant else ""


def _tell(progress: Progress, message: str, _fraction: float | None = None, /) -> None:
    progress("server", message)


def _digest_of(folder: str) -> str:
    from streamlink_magic.serving.identity import weights_digest

    return weights_digest(folder)


def _local(settings: Settings, progress: Progress | None) -> VllmModel:
    from streamlink_magic.serving import (  # most kernels name a server and need none of it
        ServeOptions,
        find_server,
        is_prepared,
        start_server,
    )

    endpoint = find_server()
    if endpoint is None and progress is not None and is_prepared(ServeOptions()):
        endpoint = start_server(ServeOptions(), progress=partial(_tell, progress))
    if endpoint is None:
        raise ServerUnreachableError(
            "No model server is known.",
            "Start one on this machine: streamlink serve (the first time it downloads the "
            "model), or name one: %config AskMagics.base_url = 'http://host:port/v1'",
        )
    return VllmModel(
        endpoint.base_url,
        endpoint.api_key,
        model=settings.model,
        timeout_s=settings.answer_timeout_s,
        digest_of=_digest_of,
    )
