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


def how(view: AnswerView) -> tuple[str, ...]:
    """Return what was remembered, the explanation's steps, and the repairs that none tells."""
    steps = (*view.notes, *view.explanation.steps)
    untold = (fix for fix in view.repairs if not any(fix in step for step in steps))
    return (*steps, *(f"Corrected after the model wrote it: {fix}" for fix in untold))


def sent_by_kind(parts: tuple[SentPart, ...]) -> dict[str, list[str]]:
    """Return the texts that left the kernel by what they are, in the order they were sent."""
    grouped: dict[str, list[str]] = {}
    for part in parts:
        grouped.setdefault(KINDS.get(part.kind, part.kind), []).append(part.text)
    return grouped


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
