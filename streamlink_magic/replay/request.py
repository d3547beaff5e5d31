"""What is asked, as far as it decides the answer, and a key for it that no machine changes."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from streamlink_magic.memory.fingerprint import fingerprint
from streamlink_magic.records import DataProfile
from streamlink_magic.replay.digest import text_digest
from streamlink_magic.steps.link import link_tables
from streamlink_magic.steps.prompt import build_prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from streamlink_magic.records import (
        AskContext,
        Completion,
        Message,
        SentPart,
        TableSchema,
    )

_KEY_CHARS, _PART_CHARS = 32, 16
_IN_KEY = frozenset({"question", "opening"})


@dataclass(frozen=True, slots=True)
class Request:
    """A question with all that its answer draws on.

    Attributes
    ----------
    key
        Follows from ``question``, ``tables`` and ``after`` alone.
    prompt, catalog, schema
        As in ``Entry``; ``schema`` has all tables of the catalog, without columns where they
        have not been read.
    unknown
        Parts of the prompt that cannot be compared here.
    """

    key: str
    question: str
    tables: tuple[str, ...]
    after: tuple[str, ...]
    prompt: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    schema: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


class Ruler:
    """A ``ChatModel`` that measures prompts and answers nothing: no server is behind it."""

    name = ""
    digest = ""
    context_tokens = 1_000_000

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Count a token for every four characters."""
        return sum(len(message.content) for message in messages) // 4

    def stream(
        self,
        messages: Sequence[Message],  # noqa: ARG002  the seam's
        *,
        max_tokens: int,  # noqa: ARG002
        grammar: str = "",  # noqa: ARG002
    ) -> Iterator[str | Completion]:
        """Refuse."""
        raise AssertionError("in replay no model is asked")

    def sample(
        self,
        messages: Sequence[Message],  # noqa: ARG002
        *,
        count: int,  # noqa: ARG002
        temperature: float,  # noqa: ARG002
        max_tokens: int,  # noqa: ARG002
        stopped: Event,  # noqa: ARG002
        grammar: str = "",  # noqa: ARG002
    ) -> tuple[Completion, ...]:
        """Refuse."""
        raise AssertionError("in replay no model is asked")

    def odds(
        self,
        messages: Sequence[Message],  # noqa: ARG002
        words: tuple[str, str],  # noqa: ARG002
    ) -> float | None:
        """Refuse."""
        raise AssertionError("in replay no model is asked")


def request_key(question: str, tables: Iterable[str], after: Iterable[str]) -> str:
    """Return a key of a question: the same on every machine, on every day, for everybody.

    Examples
    --------
    >>> request_key("How  many?", (), ()) == request_key(" How many?", (), ())
    True
    >>> request_key("And in May?", (), ("a",)) == request_key("And in May?", (), ("b",))
    False
    """
    asked = {
        "after": [squeezed(one) for one in after],
        "question": squeezed(question),
        "tables": sorted(one.casefold() for one in tables),
    }
    text = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    return text_digest(text)[:_KEY_CHARS]


def squeezed(text: str) -> str:
    """Return a text with its spaces and its spelling of accents made alike."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def describe_request(context: AskContext, *, budget_tokens: int) -> Request:
    """Return the request for a question in its context.

    Values of rows are left out: they are read in the background, so that whether a prompt has
    them is a matter of seconds. So is what only the model at hand decides, such as how many
    tables fit its context.
    """
    question, after = context.question, tuple(turn.question for turn in context.turns)
    plain = replace(context, profile=DataProfile())
    linked = link_tables(plain, budget_tokens=budget_tokens)
    prompt = build_prompt(linked, Ruler(), budget_tokens=budget_tokens)
    return Request(
        key=request_key(question.text, question.tables, after),
        question=squeezed(question.text),
        tables=tuple(sorted(one.casefold() for one in question.tables)),
        after=tuple(map(squeezed, after)),
        prompt=_digests(prompt.parts),
        catalog=fingerprint(prompt.tables),
        schema={table.name.dotted: _columns(table) for table in context.catalog.tables},
        unknown=frozenset() if context.cells_known else frozenset({"cells"}),
    )


def schema_of(tables: Iterable[TableSchema]) -> dict[str, dict[str, str]]:
    """Return columns and types by table, in the order of the names."""
    return {one.name.dotted: _columns(one) for one in sorted(tables, key=lambda one: one.name)}


def _columns(table: TableSchema) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}


def _digests(parts: Iterable[SentPart]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for part in parts:
        if part.kind not in _IN_KEY:
            texts.setdefault(part.kind, []).append(part.text)
    return {kind: text_digest("".join(texts[kind]))[:_PART_CHARS] for kind in sorted(texts)}
