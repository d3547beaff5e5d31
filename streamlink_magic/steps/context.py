"""Gather what a prompt may draw on: catalog, DataFrame variables, cells, earlier turns."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from streamlink_magic.errors import CatalogError, QuestionError
from streamlink_magic.memory.followups import turns_followed
from streamlink_magic.memory.glossary import terms_in
from streamlink_magic.memory.recall import NOTHING_KEPT, Memory, recall_examples
from streamlink_magic.records import (
    AskContext,
    CatalogSnapshot,
    DataFrameVariable,
    NotebookSnapshot,
    Question,
    TableName,
    TableSchema,
    Turn,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.catalog.cache import CatalogCache
    from streamlink_magic.memory.recall import Vet
    from streamlink_magic.protocols import CatalogReader
    from streamlink_magic.settings import Settings

_CELL_CHARS = 600


def _unvetted(_sql: str) -> str:
    return "nothing vetted it"


def gather_context(
    question: Question,
    *,
    notebook: NotebookSnapshot,
    reader: CatalogReader,
    cache: CatalogCache,
    turns: Sequence[Turn],
    settings: Settings,
    memory: Memory = NOTHING_KEPT,
    vet: Vet = _unvetted,
) -> AskContext:
    """Return the context of one question.

    DataFrame variables count as tables when the question or ``--tables`` names them, or when
    the catalog has no table at all. Earlier questions are there only for one that follows on.

    Parameters
    ----------
    memory
        Kept answers and the glossary.
    vet
        The guard's word on a kept answer's SQL. Without it no kept answer is used.

    Raises
    ------
    QuestionError
        When the question is empty or longer than ``settings.question_chars``.
    CatalogError
        When there is nothing to ask about.
    """
    check_question(question, settings.question_chars)
    terms = terms_in(question.text, memory.terms)
    recent = tuple(turns)[-settings.turns :] if settings.turns else ()
    hints = (turn.sql for turn in recent), (term.condition for term in terms)
    catalog = cache.snapshot(
        reader,
        hints=(question.text, *chain.from_iterable(hints)),
        named=question.tables,
        deadline_s=settings.catalog_deadline_s,
        age_s=settings.catalog_age_s,
    )
    catalog = with_dataframes(catalog, notebook.dataframes, question)
    if not catalog.tables:
        raise CatalogError(
            f"No table, view or DataFrame variable is visible in database "
            f"{catalog.current_database!r}.",
            "Make one visible: df.createOrReplaceTempView('name'), or "
            "spark.catalog.setCurrentDatabase('…'), or %config AskMagics.databases = ['…']",
        )
    cells = _mentioning(notebook.cells, catalog.tables, settings.cells)
    if not settings.send_values:
        names = {table.name.name for table in catalog.tables}
        cells = tuple(mask_literals(cell, keep=names) for cell in cells)
    followed = turns_followed(question.text, turns, catalog.tables, settings.turns)
    examples = recall_examples(
        question.text, catalog.tables, memory.kept, vet=vet, limit=settings.examples
    )
    return AskContext(
        question=question,
        catalog=catalog,
        cells=cells,
        cells_known=notebook.cells_known,
        turns=followed,
        terms=terms,
        examples=() if followed else examples,  # the query to edit is the best example
        notes=memory.problems,
        profile=cache.profile,
    )


def check_question(question: Question, limit_chars: int) -> None:
    """Raise ``QuestionError`` for a question that is empty or too long."""
    if not question.text.strip():
        raise QuestionError(
            "The question is empty.",
            "Write it below %%ask, or behind %ask: %ask How many rows has each table?",
        )
    if len(question.text) > limit_chars:
        raise QuestionError(
            f"The question has {len(question.text):,} characters; the limit is {limit_chars:,}.",
            "Shorten it: put long lists into a DataFrame and ask about that.",
        )


def with_dataframes(
    catalog: CatalogSnapshot, dataframes: Sequence[DataFrameVariable], question: Question
) -> CatalogSnapshot:
    """Return the catalog with the DataFrame variables that the question is about.

    A table of the same name wins, since that is what the name means in SQL.
    """
    taken = {table.name.name.casefold() for table in catalog.tables}
    asked = {word.casefold() for word in re.findall(r"\w+", question.text)}
    asked |= {name.casefold() for name in question.tables}
    chosen = tuple(
        TableSchema(TableName(frame.name), kind="dataframe", columns=frame.columns)
        for frame in dataframes
        if frame.name.casefold() not in taken
        and (frame.name.casefold() in asked or not catalog.tables)
    )
    return replace(catalog, tables=(*catalog.tables, *chosen)) if chosen else catalog


def _mentioning(cells: Sequence[str], tables: Sequence[TableSchema], limit: int) -> tuple[str, ...]:
    names = "|".join(re.escape(table.name.name) for table in tables)
    pattern = re.compile(rf"(?<!\w)({names})(?!\w)", re.IGNORECASE)
    chosen = [cell[:_CELL_CHARS] for cell in cells if pattern.search(cell)]
    return tuple(chosen[-limit:]) if limit else ()


def mask_literals(source: str, keep: set[str] | frozenset[str] = frozenset()) -> str:
    """Return Python source with strings, numbers and comments replaced by a placeholder.

    Text that is not Python (SQL in a cell magic, a half-written cell) loses every line that
    holds a quote or a digit, since nothing tells what is a value there.

    Parameters
    ----------
    keep
        Strings that stay, such as the names of tables.

    Examples
    --------
    >>> mask_literals("spark.table('pets').where('age > 3').limit(5)", keep={"pets"})
    "spark.table('pets').where(…).limit(…)"
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        lines = (line for line in source.splitlines() if not re.search(r"[\"'\d]", line))
        return "\n".join(lines)
    return _masked(source, [token for token in tokens if _is_value(token, keep)])


def _is_value(token: tokenize.TokenInfo, keep: set[str] | frozenset[str]) -> bool:
    # From Python 3.12 on the text of an f-string is a token of its own.
    kinds = {tokenize.STRING, tokenize.NUMBER, tokenize.COMMENT}
    kinds.add(getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
    return token.type in kinds and token.string.strip("'\"") not in keep


def _masked(source: str, values: Sequence[tokenize.TokenInfo]) -> str:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in reversed(values):
        begin = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        source = source[:begin] + "…" + source[end:]
    return source
