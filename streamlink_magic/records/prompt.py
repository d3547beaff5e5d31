"""What goes to the model, and what comes back from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlink_magic.records.catalog import TableSchema


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class SentPart:
    """A stretch of the prompt and what class of information it is.

    ``kind`` is one of: rules, schema, values, comments, examples, terms, turns, cells, error,
    question.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages for the model, byte-stable at the front.

    Attributes
    ----------
    messages
        What is sent.
    tokens
        Their length in the model's own tokens.
    parts
        The same bytes by class, for the view that shows what left the kernel.
    tables
        The tables whose schemas it holds.
    """

    messages: tuple[Message, ...]
    tokens: int
    parts: tuple[SentPart, ...]
    tables: tuple[TableSchema, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token of an answer, and the natural logarithm of how likely the model held it."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote.

    Attributes
    ----------
    finish_reason
        ``stop`` when it ended by itself, ``length`` when it was cut.
    logprobs
        Its tokens in their order; empty where the server does not tell how likely they were.
    """

    text: str
    model: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """How surely the model wrote the names and values of a statement.

    Attributes
    ----------
    logprob
        The natural logarithm of how likely it held all of them together; at most 0.
    wavered
        Those that it held less likely than not, in their order.
    """

    logprob: float
    wavered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SqlDraft:
    """One SQL statement, not yet checked.

    Attributes
    ----------
    repairs
        What was mended in it, a sentence each.
    first_choice
        Whether the model wrote what it holds likeliest, and did not draw at random.
    naming
        How surely it named what it reads, before anything was mended; None where that is not
        known.
    """

    sql: str
    completion: Completion
    repairs: tuple[str, ...] = ()
    first_choice: bool = False
    naming: Naming | None = None
