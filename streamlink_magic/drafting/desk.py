"""What drafting works with for one question, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.steps.trust import unexplained_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.drafting.translating import Translation
    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.records import (
        AskContext,
        GuardedQuery,
        Prompt,
        QueryResult,
        SentPart,
        SqlDraft,
        Verdict,
    )
    from streamlink_magic.settings import Settings
    from streamlink_magic.steps.repair import Known
    from streamlink_magic.steps.vote import Reading


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafting works with, for one question.

    Attributes
    ----------
    known
        What repairs may draw on.
    run
        Whether drafts may be run to compare what they return.
    before
        The statement that a follow-up changes; a draft that repeats it changed nothing.
    grammar
        What answers are bound to where the settings say so.
    closed
        Names that the policy closes; Spark's messages may hold them.
    explained
        Words that the glossary explains.
    whole
        Whether every table that there is was looked at, so that one can say what none holds.
    translated
        Whether the question's words are the model's own, who put it into English.
    other
        The same question over the same tables in another form, for a part of the drafts.
    """

    prompt: Prompt
    known: Known
    model: ChatModel
    workbench: Workbench
    settings: Settings
    progress: Progress
    run: bool = True
    before: str = ""
    grammar: str = ""
    closed: frozenset[str] = frozenset()
    explained: frozenset[str] = frozenset()
    whole: bool = False
    translated: bool = False
    other: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """SQL that the guard has looked at: proven to read only, or not provable here.

    Attributes
    ----------
    absent
        Warnings of texts in its conditions that no row has.
    result
        Its first rows, where they were needed to choose it.
    readings
        The ways to read the question that the drafts show, the likeliest first.
    drawn
        How many drafts there were, those that could not be used included.
    alone
        Why no further drafts could be had.
    badge
        How far the answer is to be trusted: ``well supported``, ``check this`` or
        ``do not trust``; empty where that was not looked at.
    signals
        What the badge rests on, as numbers by name.
    other
        The prompt in another form that drafts were drawn over, too.
    english
        The question as it was put into English first.
    beside
        What else the model was sent, to find what the question speaks of.
    """

    draft: SqlDraft
    prompt: Prompt
    verdict: Verdict
    query: GuardedQuery | None
    model_calls: int
    absent: tuple[str, ...] = ()
    result: QueryResult | None = None
    readings: tuple[Reading, ...] = ()
    drawn: int = 1
    alone: str = ""
    badge: str = ""
    signals: Mapping[str, float] = field(default_factory=dict)
    unexplained: tuple[str, ...] = ()
    context: AskContext | None = None
    other: Prompt | None = None
    english: Translation | None = None
    beside: tuple[SentPart, ...] = ()


def grammar_for(desk: Desk, answer: str) -> str:
    """Return what an answer is bound to: the first one, the samples, or one asked for again."""
    return desk.grammar if desk.settings.grammar in {"always", answer} else ""


def explain_words(known: Known) -> tuple[tuple[str, ...], int]:
    """Return the question's words that nothing explains, and how many name data at all."""
    return unexplained_words(known.question, known.tables, known.profile)
