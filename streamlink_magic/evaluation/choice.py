"""Which questions of a set are asked: by id, or a sample that stays the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.jsonl import read_records, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.evaluation.benchmark import BenchQuestion

_IDS_SHOWN = 3


def read_ids(path: Path | str) -> tuple[str, ...]:
    """Read a list of question ids.

    Parameters
    ----------
    path
        A file with one id a line, or JSON Lines whose objects have an ``id``.

    Raises
    ------
    EvaluationError
        When the file is missing, empty or malformed.
    """
    file = Path(path)
    text = read_text(file)
    if text.lstrip().startswith("{"):
        ids = [entry.text("id") for entry in read_records(file)]
    else:
        ids = [line.strip() for line in text.split("\n") if line.strip()]
    if not ids:
        raise EvaluationError(f"{path} holds no ids.", "Write one question id a line.")
    return tuple(dict.fromkeys(ids))


def choose(
    questions: Sequence[BenchQuestion],
    ids: Sequence[str] | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> tuple[BenchQuestion, ...]:
    """Choose questions by id, then a sample of them, in the order of the set.

    The sample is the same on every machine, and a larger one with the same seed holds the
    smaller, so that a run can be extended.

    Parameters
    ----------
    ids
        Only these; None means all.
    limit
        At most so many; None means all.
    seed
        Another seed gives another sample.

    Raises
    ------
    EvaluationError
        When an id is not one of the set, or the limit is below one.
    """
    chosen = tuple(questions) if ids is None else _with_ids(questions, ids)
    if limit is None or limit >= len(chosen):
        return chosen
    if limit < 1:
        raise EvaluationError(
            f"A limit of {limit} leaves no question.", "Give a limit of 1 or more."
        )
    ranked = sorted(chosen, key=lambda question: _rank(seed, question.id))
    kept = {question.id for question in ranked[:limit]}
    return tuple(question for question in chosen if question.id in kept)


def _with_ids(questions: Sequence[BenchQuestion], ids: Sequence[str]) -> tuple[BenchQuestion, ...]:
    wanted = set(ids)
    unknown = sorted(wanted - {question.id for question in questions})
    if unknown:
        more = ", ..." if len(unknown) > _IDS_SHOWN else ""
        some = ", ".join(unknown[:_IDS_SHOWN]) + more
        message = f"{len(unknown)} of {len(wanted)} ids are not in the set: {some}."
        raise EvaluationError(message, "Name ids of this set, or the set that they are from.")
    return tuple(question for question in questions if question.id in wanted)


def _rank(seed: int, question_id: str) -> bytes:
    # A digest, unlike a random generator, does not depend on how many questions there are
    return hashlib.sha256(f"{seed}:{question_id}".encode()).digest()
