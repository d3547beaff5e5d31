"""What memory has to say about one question: terms, examples, and what is wrong with its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlglot
from sqlglot.errors import SqlglotError

from streamlink_magic.catalog.profile import JoinCorrections
from streamlink_magic.errors import MemoryFileError, OutsidePolicyError
from streamlink_magic.memory.fingerprint import find_tables
from streamlink_magic.memory.glossary import Glossary, load_glossary
from streamlink_magic.memory.joins import load_joins
from streamlink_magic.memory.kept import Kept, load_kept
from streamlink_magic.memory.patterns import choose_patterns
from streamlink_magic.memory.similarity import schema_words, similarities
from streamlink_magic.records import Example
from streamlink_magic.settings import MEMORY_LAYERS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from streamlink_magic.memory.entries import KeptAnswer
    from streamlink_magic.records import TableSchema, Term
    from streamlink_magic.settings import Settings

Vet = Callable[[str], str]
"""Says why a statement must not be used: the guard's reason, or nothing when it may."""

_AS_FOUND = JoinCorrections()
_LIKE_ENOUGH = 0.4
_TRIED = 8
_QUESTION_CHARS = 400
_SQL_CHARS = 1_500


@dataclass(frozen=True, slots=True)
class Memory:
    """What the files of one project hold; ``problems`` tells which of their lines do not count."""

    kept: tuple[KeptAnswer, ...] = ()
    terms: tuple[Term, ...] = ()
    joins: JoinCorrections = _AS_FOUND
    problems: tuple[str, ...] = ()


NOTHING_KEPT = Memory()


def glossary_path(memory_path: str) -> Path:
    """Return where the glossary lies: beside the kept answers."""
    return Path(memory_path).with_name("terms.toml")


def joins_path(memory_path: str) -> Path:
    """Return where the joins that users corrected are: beside the kept answers."""
    return Path(memory_path).with_name("joins.jsonl")


def memory_file(settings: Settings, layer: str) -> Path:
    """Return the file of a layer of the memory: ``kept``, ``terms`` or ``joins``.

    Raises
    ------
    MemoryFileError
        When memory is switched off.
    OutsidePolicyError
        When the policy file closes the layer.
    """
    if layer not in settings.memory_layers:
        raise OutsidePolicyError(
            f"The policy file closes this layer of the memory: {layer}.",
            "%streamlink status tells what it allows; ask the admin for more.",
        )
    if not settings.memory_path:
        raise MemoryFileError(
            "Memory is switched off.",
            "Name its file: %config AskMagics.memory_path = '.streamlink/kept.jsonl'",
        )
    beside = {"terms": glossary_path, "joins": joins_path}
    return beside.get(layer, Path)(settings.memory_path)


def read_memory(memory_path: str, layers: Collection[str] = MEMORY_LAYERS) -> Memory:
    """Return what is remembered; an empty path remembers nothing.

    Parameters
    ----------
    layers
        What may be read: ``kept``, ``terms``, ``joins``.

    Raises
    ------
    MemoryFileError
        When a file as a whole cannot be read.
    """
    if not memory_path:
        return Memory()
    kept = load_kept(Path(memory_path)) if "kept" in layers else Kept()
    glossary = load_glossary(glossary_path(memory_path)) if "terms" in layers else Glossary()
    joins, broken = load_joins(joins_path(memory_path)) if "joins" in layers else (_AS_FOUND, ())
    problems = (*kept.problems, *glossary.problems, *broken)
    return Memory(kept.entries, glossary.terms, joins, problems)


def recall_examples(
    question: str,
    tables: Sequence[TableSchema],
    kept: Sequence[KeptAnswer],
    *,
    vet: Vet,
    limit: int,
) -> tuple[Example, ...]:
    """Return solved questions like this one, the most similar last, where a model heeds it most.

    Kept answers come first. Each is vetted again before it is used, since files travel, tables
    change and policies differ. Where none fits, the built-in patterns serve.

    Parameters
    ----------
    tables
        What can be asked about; an answer over any other table is left out.
    vet
        The guard's word on a statement.
    limit
        At most so many.
    """
    if limit < 1:
        return ()
    likeliest = _likeliest(question, tables, kept)[:_TRIED]
    sound: list[KeptAnswer] = []
    for entry in likeliest:
        if len(sound) < limit and _without_comments(entry.sql) and not vet(entry.sql):
            sound.append(entry)
    if not sound:
        return choose_patterns(question, limit)
    return tuple(
        Example(one.question, _without_comments(one.sql), "kept", one.id) for one in reversed(sound)
    )


def _without_comments(sql: str) -> str:
    """Return the statement without comments: they could carry words meant for the model."""
    if "--" not in sql and "/*" not in sql:
        return sql
    try:
        return sqlglot.transpile(sql, read="spark", write="spark", comments=False)[0]
    except (SqlglotError, RecursionError):
        return ""


def _likeliest(
    question: str, tables: Sequence[TableSchema], kept: Sequence[KeptAnswer]
) -> list[KeptAnswer]:
    """Return the answers that are like the question, the likest first."""
    words: dict[tuple[str, ...], frozenset[str] | None] = {}  # many answers read the same tables
    for names in {entry.tables for entry in kept}:
        found = find_tables(names, tables)
        words[names] = None if found is None else schema_words(found)
    usable = [
        (entry, schema)
        for entry in kept
        if len(entry.question) <= _QUESTION_CHARS and len(entry.sql) <= _SQL_CHARS
        if (schema := words[entry.tables]) is not None
    ]
    scores = similarities(
        question,
        [entry.question for entry, _ in usable],
        [schema for _, schema in usable],
        schema_words(tables) if usable else frozenset(),
    )
    ranked = sorted(zip(scores, usable, strict=True), key=lambda one: -one[0])
    return [entry for score, (entry, _) in ranked if score >= _LIKE_ENOUGH]
