"""An answer, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.records.catalog import Column, TableSchema
    from streamlink_magic.records.chart import ChartSpec
    from streamlink_magic.records.guarded import Verdict
    from streamlink_magic.records.prompt import SentPart


@dataclass(frozen=True, slots=True)
class Vote:
    """One way to read a question: its statement, how many drafts agree, what speaks for it."""

    sql: str
    count: int
    weight: float


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The first rows of a result.

    Attributes
    ----------
    columns
        Names and types, in order; names may repeat.
    rows
        Python values, at most the row limit.
    more
        True when the result holds more rows than these.
    seconds
        How long Spark worked.
    arrow
        The same rows as a ``pyarrow.Table``.
    cut_at
        The limit of bytes at which the rows were cut, as people read it; empty where they were
        not.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    more: bool = False
    seconds: float = 0.0
    arrow: object = field(default=None, repr=False, compare=False)
    cut_at: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One look at the answer. ``level`` is ``ok``, ``note`` or ``warning``.

    Attributes
    ----------
    badge
        Whether this is the answer's standing as a whole, to be shown beside it.
    """

    level: str
    text: str
    badge: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A stretch of the question, from ``start`` to ``end``, and the steps that answer it."""

    start: int
    end: int
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in words: a headline, then how it was made, a sentence an item.

    Attributes
    ----------
    links
        Stretches of the question, in their order, with the indexes of the steps they belong to.
    """

    headline: str
    steps: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """How long one phase took, in seconds."""

    phase: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Bundle:
    """An output's data and metadata, by mime type."""

    data: Mapping[str, Any]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """All that a reader is shown, in any form.

    ``result`` is None when the SQL was not run; ``status`` then says why.

    Attributes
    ----------
    notes
        What else went into the answer: an earlier question, glossary terms, kept answers.
    read
        The schemas of the tables that the SQL reads.
    follows
        Whether the question edited the one before it.
    recorded
        Where the SQL came from when no model was asked; empty when one was.
    chart
        The picture that fits the result; None where none does.
    """

    question: str
    sql: str
    verdict: Verdict
    explanation: Explanation
    result: QueryResult | None = None
    checks: tuple[Check, ...] = ()
    repairs: tuple[str, ...] = ()
    sent: tuple[SentPart, ...] = ()
    times: tuple[PhaseTime, ...] = ()
    model: str = ""
    tokens: int = 0
    status: str = ""
    notes: tuple[str, ...] = ()
    read: tuple[TableSchema, ...] = field(default=(), repr=False)
    follows: bool = False
    recorded: str = ""
    chart: ChartSpec | None = None
