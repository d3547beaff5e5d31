"""What of a request goes on to the model server, and what is set in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamlink_magic.gateway.refusals import Refused

if TYPE_CHECKING:
    from streamlink_magic.gateway.config import GatewayConfig

# What streamlink_magic sends and OpenAI's clients need. Whatever else a server may understand
# (templates, addresses of pictures to fetch, its scheduling) is not a user's to say.
_TEXT_FIELDS = frozenset({"model", "messages", "continue_final_message", "add_generation_prompt"})
_FIELDS = _TEXT_FIELDS | {
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "seed",
    "n",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "response_format",
    "structured_outputs",
    "priority",
    "logprobs",
    "top_logprobs",
}
_LENGTHS = ("max_tokens", "max_completion_tokens")
_INTERACTIVE, _BACKGROUND = 0, 1


@dataclass(frozen=True, slots=True)
class Body:
    """A request as it goes on.

    Attributes
    ----------
    content
        Its bytes.
    background
        Whether nobody waits for it.
    """

    content: bytes
    model: str
    background: bool = False


def chat_body(content: bytes, config: GatewayConfig, *, background: bool) -> Body:
    """Return a chat request with the gateway's limits in it.

    Raises
    ------
    Refused
        When it is no such request, or asks for what is not allowed.
    """
    request = _request(content, _FIELDS)
    model = _allowed_model(request, config)
    streamed = request.get("stream") is True
    for name in _LENGTHS:
        if name in request:
            request[name] = _at_most(request[name], config.answer_tokens, name)
    if not any(name in request for name in _LENGTHS):
        request["max_tokens"] = config.answer_tokens
    request["n"] = _at_most(request.get("n", 1), config.answers, "n")
    if streamed:
        # With each piece comes what was used so far: an answer that is stopped is counted too.
        request["stream_options"] = {"include_usage": True, "continuous_usage_stats": True}
    # Users may step back by themselves, but nobody forward.
    background = background or not streamed or request.pop("priority", 0) not in {0, None}
    request.pop("priority", None)
    if config.priority:
        request["priority"] = _BACKGROUND if background else _INTERACTIVE
    return Body(_encoded(request), model, background)


def tokenize_body(content: bytes, config: GatewayConfig) -> Body:
    """Return a request that counts tokens.

    Raises
    ------
    Refused
        When it is no such request.
    """
    request = _request(content, _TEXT_FIELDS)
    return Body(_encoded(request), _allowed_model(request, config), background=True)


def _request(content: bytes, fields: frozenset[str]) -> dict[str, Any]:
    request = _object(content)
    for name in sorted(request.keys() - fields):
        raise Refused(400, f"The field {name!r} is not passed on.")
    _require_text(request.get("messages"))
    return request


def _object(content: bytes) -> dict[str, Any]:
    try:
        request = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused(400, "The request is not JSON.") from None
    if not isinstance(request, dict):
        raise Refused(400, "The request is not a JSON object.")
    return request


def _encoded(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _require_text(messages: object) -> None:
    """Refuse messages that hold anything but text: a server would fetch a picture's address."""
    if not isinstance(messages, list) or not messages:
        raise Refused(400, "messages is not a list of messages.")
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        for part in parts:
            if not isinstance(part, dict) or part.keys() != {"type", "text"}:
                raise Refused(400, "A message holds something else than text.")
            if part["type"] != "text" or not isinstance(part["text"], str):
                raise Refused(400, "A message holds something else than text.")


def _allowed_model(request: dict[str, Any], config: GatewayConfig) -> str:
    model = request.get("model")
    if not isinstance(model, str):
        raise Refused(400, "model is missing.")
    if config.models and model not in config.models:
        raise Refused(403, f"The model {model!r} may not be asked here.")
    return model


def _at_most(value: object, most: int, name: str) -> int:
    if value is None:
        return most
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Refused(400, f"{name} is not a whole number from 1 on.")
    return min(value, most)
