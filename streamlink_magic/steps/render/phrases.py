"""The sentences that every form of an answer shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlink_magic.records import AnswerView, PhaseTime, QueryResult, SentPart, Verdict

# Below, one decimal would tell 0.1 s or nothing at all.
_TENTH_S = 0.095
REPLAYED = "⟲"
MARKS = {"ok": "✓", "note": "·", "warning": "⚠"}
KINDS = {
    "rules": "Rules",
    "schema": "Table and column names",
    "values": "Table and column names with some values",
    "comments": "Comments of tables and columns",
    "examples": "Solved examples",
    "turns": "Earlier questions and their SQL",
    "cells": "Source of notebook cells",
    "terms": "Glossary terms",
    "error": "Spark's error",
    "question": "Question",
}
NEVER_SENT = "Rows of results and outputs of cells: never sent."
_KB, _MB = 1000, 1_000_000


def badge(verdict: Verdict) -> str:
    """Return what the guard found, in one line."""
    if not verdict.allowed:
        clause = f" at «{verdict.clause}»" if verdict.clause else ""
        reason = f": {verdict.why}" if verdict.why else ""
        return f"not proven read-only: rule {verdict.rule}{clause}{reason}"
    reads = f"reads {', '.join(verdict.tables)}" if verdict.tables else "reads no table"
    if verdict.rule == "approved-by-user":
        return f"not proven: run on your word; {reads}"
    if verdict.rule == "ok-by-name":
        return f"read-only: by Spark's parser and the catalog, name by name; {reads}"
    return f"read-only: proven by Spark's parser and analyser; {reads}"


def row_count(result: QueryResult, shown: int) -> str:
    """Return how many of the rows are shown, never claiming a total that nobody counted."""
    fetched = len(result.rows)
    if not result.more:
        total = f"{fetched:,} {'row' if fetched == 1 else 'rows'}"
        return total if shown == fetched else f"{shown:,} of {total}"
    if result.cut_at:
        told = f"the first {fetched:,} {'row' if fetched == 1 else 'rows'}, cut at {result.cut_at}"
        return told if shown == fetched else f"{shown:,} of {told}"
    return f"{shown:,} of more than {fetched:,} rows; only the first {fetched:,} were fetched"


def how(view: AnswerView, *, linked: bool = False) -> tuple[str, ...]:
    """Return what was remembered, the explanation's steps, and the repairs that none tells.

    Parameters
    ----------
    linked
        Whether the words of the question that a step answers stand behind it.
    """
    untold = (f"Corrected after the model wrote it: {fix}" for fix in untold_repairs(view))
    steps = linked_steps(view) if linked else view.explanation.steps
    return (*view.notes, *steps, *untold)


def untold_repairs(view: AnswerView) -> tuple[str, ...]:
    """Return the repairs that no note and no step tells."""
    told = (*view.notes, *view.explanation.steps)
    return tuple(fix for fix in view.repairs if not any(fix in step for step in told))


def linked_steps(view: AnswerView) -> tuple[str, ...]:
    """Return the steps, each with the words of the question that it answers behind it."""
    explanation = view.explanation
    words: dict[int, list[str]] = {}
    for link in explanation.links:
        for step in link.steps:
            words.setdefault(step, []).append(view.question[link.start : link.end])
    return tuple(
        f"{step} [{', '.join(words[index])}]" if index in words else step
        for index, step in enumerate(explanation.steps)
    )


def sent_by_kind(parts: tuple[SentPart, ...]) -> dict[str, list[str]]:
    """Return the texts that left the kernel by what they are, in the order they were sent."""
    grouped: dict[str, list[str]] = {}
    for part in parts:
        grouped.setdefault(KINDS.get(part.kind, part.kind), []).append(part.text)
    return grouped


def sent_bytes(parts: tuple[SentPart, ...]) -> int:
    """Return how many bytes left the kernel, in UTF-8."""
    return sum(byte_count(part.text) for part in parts)


def byte_count(text: str) -> int:
    """Return the length of a text in UTF-8; half a surrogate pair counts as it would be sent."""
    return len(text.encode("utf-8", "surrogatepass"))


def size(count: int) -> str:
    """Return a number of bytes as people read it: ``812 bytes``, ``5.2 kB``."""
    if count < _KB:
        return f"{count} bytes"
    return f"{count / _KB:.1f} kB" if count < _MB else f"{count / _MB:.1f} MB"


def seconds(value: float) -> str:
    """Return a duration as people read it: ``0.04 s``, ``3.2 s``, ``2 min 5 s``."""
    if value < _TENTH_S:
        return f"{value:.2f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{value:.1f} s"


def times(phases: tuple[PhaseTime, ...]) -> str:
    """Return the phases and their total in one line."""
    if not phases:
        return ""
    each = " · ".join(f"{phase.phase} {seconds(phase.seconds)}" for phase in phases)
    return f"{each} · total {seconds(sum(phase.seconds for phase in phases))}"


def source(view: AnswerView) -> str:
    """Return the model and the tokens of the answer, as far as they are known."""
    known = (view.model, f"{view.tokens:,} tokens" if view.tokens else "")
    return " · ".join(part for part in known if part)
