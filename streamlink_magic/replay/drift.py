"""What is not as it was when an answer was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streamlink_magic.replay.entry import Entry, Outcome
    from streamlink_magic.replay.request import Request

KINDS = ("schema", "prompt", "verdict", "result")
_PARTS = {
    "rules": "the rules",
    "schema": "the tables or their comments",
    "examples": "the solved examples",
    "terms": "the glossary terms",
    "turns": "the SQL of the question before",
    "cells": "the notebook's other cells",
}
_LISTED = 4


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. ``kind`` is ``schema``, ``prompt``, ``verdict`` or ``result``."""

    kind: str
    text: str


def request_drift(entry: Entry, request: Request) -> Iterator[Drift]:
    """Yield what makes the request of now another than the recorded one."""
    for table, columns in sorted(entry.schema.items()):
        now = request.schema.get(table)
        if now is None:
            yield Drift("schema", f"Table {table} is not among the tables any more.")
        elif now and (told := _columns_told(columns, now)):
            yield Drift("schema", f"Table {table} has changed: {told}.")
    parts = sorted(
        _PARTS.get(kind, kind)
        for kind in (entry.prompt.keys() | request.prompt.keys()) - request.unknown
        if entry.prompt.get(kind) != request.prompt.get(kind)
    )
    if parts:
        yield Drift(
            "prompt", f"The model would be asked otherwise now; different: {', '.join(parts)}."
        )


def _columns_told(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    gone = [f"column {name} is gone" for name in before if name not in now]
    new = [f"column {name} is new" for name in now if name not in before]
    other = [
        f"column {name} is {now[name]}, was {kind}"
        for name, kind in before.items()
        if now.get(name, kind) != kind
    ]
    told = [*gone, *other, *new]
    more = [f"and {len(told) - _LISTED} more"] if len(told) > _LISTED else []
    return ", ".join(told[:_LISTED] + more)


def result_drift(before: Outcome | None, now: Outcome | None) -> Iterator[Drift]:
    """Yield how a result differs from the recorded one, where both can be compared."""
    if before is None or now is None:
        return
    if told := _shape_told(before, now):
        yield Drift("result", f"The result's columns have changed: {told}.")
    if before.more and now.more:
        # Which rows come first is Spark's choice unless the query orders them.
        changed = before.ordered and before.count == now.count and before.digest != now.digest
        if changed:
            yield Drift("result", "The first rows have changed.")
    elif (before.count, before.more) != (now.count, now.more):
        yield Drift("result", f"The result has {_size(now)}, {_size(before)} when recorded.")
    elif before.digest != now.digest:
        rows = "row has" if before.count == 1 else f"{before.count:,} rows have"
        yield Drift("result", f"The values in the result's {rows} changed.")


def _shape_told(before: Outcome, now: Outcome) -> str:
    if len(before.columns) != len(now.columns):
        return f"{len(now.columns)}, were {len(before.columns)}"
    pairs = zip(before.columns, now.columns, strict=True)
    told = [f"{' '.join(new)}, was {' '.join(old)}" for old, new in pairs if old != new]
    return "; ".join(told[:_LISTED])


def _size(outcome: Outcome) -> str:
    return f"{'more than ' if outcome.more else ''}{outcome.count:,} rows"
