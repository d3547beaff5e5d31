"""Entries as JSON: every byte comes back, and what is none is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.errors import ReplayError
from streamlink_magic.replay.drift import Drift, request_drift, result_drift
from streamlink_magic.replay.entry import Entry, Failure, Model, Outcome, from_json, to_json
from streamlink_magic.replay.request import Request, request_key

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = Outcome((("n", "bigint"), ("name", "string")), 3, more=False, ordered=False, digest="d")
ENTRY = Entry(
    key=request_key("How many?", (), ("before",)),
    question="How many?",
    sql="SELECT count(*) AS n FROM song",
    model=Model("m", "sha256:1"),
    after=("before",),
    parameters={"seed": "0"},
    prompt={"rules": "r", "schema": "s"},
    schema={"shop.song": {"id": "int", "title": "string"}},
    checks=(("ok", "Well supported."),),
    result=RESULT,
)


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        Entry("k", "q", "", Model("m"), failure=Failure("NoSqlError", "none", "ask otherwise")),
        Entry("k", "q", "s", Model("m"), drift=(Drift("schema", "changed"),)),
    ],
)
def test_an_entry_survives_json(entry: Entry) -> None:
    """What is saved in a notebook is what was recorded, to the byte."""
    text = json.dumps(to_json(entry))
    assert from_json(json.loads(text)) == entry
    assert json.dumps(to_json(from_json(json.loads(text)))) == text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found | {"version": 2},
        lambda found: found | {"sql": 7},
        lambda found: found | {"surprise": 1},
        lambda found: found | {"checks": [["ok"]]},
        lambda found: found | {"result": {"count": "3"}},
        lambda found: {name: one for name, one in found.items() if name != "model"},
        lambda _: [],
        lambda _: None,
    ],
)
def test_what_is_no_entry_is_refused(spoil: Callable[[Any], Any]) -> None:
    """Neither a later version nor a field of another kind gets through, and the fix is told."""
    with pytest.raises(ReplayError) as caught:
        from_json(spoil(to_json(ENTRY)))
    assert "record" in str(caught.value)


def test_a_key_is_the_same_for_ever() -> None:
    """These bytes are in saved notebooks: a release that changes them loses their answers."""
    assert request_key("How many?", (), ()) == "8f784b25f5a5e8f598a319d225280fa6"
    followed = request_key("And in 五月?", ("Song",), ("How many?",))
    assert followed == "d1fcb6835388c7b0c895f2746261acb2"


def test_a_key_heeds_words_tables_and_what_came_before() -> None:
    """Spaces and the case of table names are no difference; order of questions is one."""
    key = request_key("How many?", ("a", "b"), ("x", "y"))
    assert key == request_key(" How  many?\n", ("B", "a"), ("x", " y"))
    others = {
        request_key("how many?", ("a", "b"), ("x", "y")),
        request_key("How many?", ("a",), ("x", "y")),
        request_key("How many?", ("a", "b"), ("y", "x")),
        request_key("How many?", ("a", "b"), ()),
        request_key("How many?", (), ("a", "b", "x", "y")),
    }
    assert len(others | {key}) == 6


def now(**changes: Any) -> Request:  # noqa: ANN401
    """Return a request as the entry recorded it, with changes."""
    fields = {"prompt": ENTRY.prompt, "schema": ENTRY.schema} | changes
    return Request(ENTRY.key, ENTRY.question, (), ENTRY.after, **fields)


@pytest.mark.parametrize(
    ("request_now", "told"),
    [
        (now(), []),
        (now(schema={}), ["not among the tables"]),
        (now(schema={"shop.song": {"id": "int", "name": "string"}}), ["title is gone"]),
        (now(schema={"shop.song": {"id": "bigint", "title": "string"}}), ["is bigint, was int"]),
        (now(schema={"shop.song": {}}), []),  # its columns have not been read: nothing is known
        (now(prompt={"rules": "other", "schema": "s"}), ["different: the rules."]),
        (now(prompt={"rules": "r", "schema": "s", "terms": "t"}), ["the glossary terms"]),
        (now(prompt={"rules": "r", "schema": "s", "cells": "c"}), ["other cells"]),
        (now(prompt={"rules": "r", "schema": "s", "cells": "c"}, unknown={"cells"}), []),
    ],
)
def test_a_request_that_changed_is_told(request_now: Request, told: list[str]) -> None:
    """Each column and each class of information that is another now is named."""
    found = list(request_drift(ENTRY, request_now))
    assert len(found) == len(told)
    assert all(part in one.text for part, one in zip(told, found, strict=True))


def outcome(**changes: Any) -> Outcome:  # noqa: ANN401
    """Return the recorded result with changes."""
    fields = {
        "columns": RESULT.columns,
        "count": RESULT.count,
        "more": RESULT.more,
        "ordered": RESULT.ordered,
        "digest": RESULT.digest,
    }
    return Outcome(**(fields | changes))


CUT, CUT_SORTED = (
    outcome(more=True, count=50),
    outcome(more=True, count=50, ordered=True),
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (RESULT, RESULT, ""),
        (RESULT, outcome(digest="e"), "values in the result's 3 rows"),
        (RESULT, outcome(count=4, digest="e"), "has 4 rows, 3 rows when recorded"),
        (RESULT, outcome(columns=(("m", "bigint"), ("name", "string"))), "m bigint, was n bigint"),
        (RESULT, outcome(columns=(("n", "bigint"),), digest="d"), "1, were 2"),
        (CUT, outcome(more=True, count=50, digest="e"), ""),  # any fifty rows would do
        (
            CUT_SORTED,
            outcome(more=True, count=50, ordered=True, digest="e"),
            "first rows have changed",
        ),
        (CUT, outcome(count=50), "when recorded"),
        (None, RESULT, ""),
        (RESULT, None, ""),
    ],
)
def test_a_result_that_changed_is_told(
    before: Outcome | None, after: Outcome | None, told: str
) -> None:
    """Values, sizes, names and types; not the choice of rows that the query leaves to Spark."""
    found = " ".join(one.text for one in result_drift(before, after))
    assert told in found
    assert bool(found) == bool(told)
