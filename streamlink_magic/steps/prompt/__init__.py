"""Build the prompt: rules and schema first and byte-stable, the question last."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from streamlink_magic.catalog.ranking import rank_tables
from streamlink_magic.catalog.values import find_values
from streamlink_magic.errors import QuestionError
from streamlink_magic.prompts import load
from streamlink_magic.records import (
    DataProfile,
    LinkedContext,
    Message,
    Prompt,
    SentPart,
    TableSchema,
)
from streamlink_magic.steps.prompt.lookup import lookup_prompt, meaning_prompt
from streamlink_magic.steps.prompt.names import MARKS, as_data, plain_name, redacted
from streamlink_magic.steps.prompt.schema import (
    columns_text,
    joins_text,
    schema_text,
    shows_values,
)
from streamlink_magic.steps.prompt.translation import needs_translation, translation_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.protocols import ChatModel
    from streamlink_magic.records import AskContext, Example, Term, ValueHint

__all__ = [
    "SchemaForm",
    "build_prompt",
    "lookup_prompt",
    "meaning_prompt",
    "needs_translation",
    "prefix_messages",
    "retry_prompt",
    "translation_prompt",
]

_EXAMPLE_CHARS = 400
_SQL_CHARS = 1_500
_ERROR_CHARS = 600
_HINTS = 6
_HINT_CHARS = 160
_OPENING = SentPart("opening", "```sql\n")

SchemaForm = Literal["create", "columns"]
"""How tables are written in a prompt."""

_TEXTS = {"create": schema_text, "columns": columns_text}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one message: who says it, and what class of information it is."""

    role: str
    part: SentPart


def build_prompt(
    linked: LinkedContext, model: ChatModel, *, budget_tokens: int, form: SchemaForm = "create"
) -> Prompt:
    """Return the prompt for the linked context, within a hard budget of tokens.

    Whatever does not fit is left out in this order: cells, examples, earlier turns but for the
    one that a follow-up edits, the tables that have least to do with the question.

    Parameters
    ----------
    budget_tokens
        The most that the prompt may measure, in the model's own tokens.
    form
        How tables are written: as ``CREATE TABLE``, or as lists of full column names and joins.

    Raises
    ------
    QuestionError
        When not even one table and the question fit.
    """
    tokens = 0
    for candidate in _ever_smaller(linked):
        pieces = _pieces(candidate, form)
        messages = _messages(pieces)
        tokens = model.count_tokens(messages)
        if tokens <= budget_tokens:
            return Prompt(
                messages=messages,
                tokens=tokens,
                parts=tuple(piece.part for piece in pieces),
                tables=candidate.tables,
            )
    raise QuestionError(
        f"The question and its smallest table take {tokens:,} tokens; "
        f"the prompt may hold {budget_tokens:,}.",
        "Shorten the question, or serve the model with a longer context: "
        "streamlink serve --max-model-len 16384, then %config AskMagics.prompt_tokens = 12000",
    )


def retry_prompt(prompt: Prompt, sql: str, error: str, model: ChatModel) -> Prompt:
    """Return the prompt that shows the model its draft and Spark's message about it.

    Parameters
    ----------
    error
        Spark's message; control characters, code fences, paths, addresses and secrets are taken
        out, and 600 characters kept.
    """
    message = redacted(error)[:_ERROR_CHARS]
    said = SentPart("turns", f"{sql}\n```")
    names = ", ".join(plain_name(table.name.name) for table in prompt.tables)
    words = load("retry").replace("{tables}", names).replace("{error}", message)
    asked = SentPart("error", words)
    front = prompt.messages[:-1]
    opening = prompt.messages[-1]
    messages = (
        *front,
        Message("assistant", opening.content + said.text),
        Message("user", asked.text),
        Message("assistant", _OPENING.text),
    )
    return replace(
        prompt,
        messages=messages,
        tokens=model.count_tokens(messages),
        parts=(*prompt.parts, said, asked, _OPENING),
    )


def prefix_messages(
    tables: Sequence[TableSchema],
    database: str,
    profile: DataProfile,
    form: SchemaForm = "create",
) -> tuple[Message, ...]:
    """Return the part of every prompt that does not depend on the question."""
    return _messages([_Piece("system", part) for part in _front(tables, database, profile, form)])


def _front(
    tables: Sequence[TableSchema], database: str, profile: DataProfile, form: SchemaForm
) -> Iterator[SentPart]:
    yield SentPart("rules", load("rules") + "\n")
    stable = [table for table in tables if table.kind != "dataframe"]
    for table in stable:
        text = "\n" + _TEXTS[form](table, database, profile) + "\n"
        yield SentPart("values" if shows_values(table, profile) else "schema", text)
    if form == "columns":
        joins = joins_text(stable, database, profile)
        if joins:
            yield SentPart("schema", f"\n{load('joins')}\n{joins}\n")
        yield SentPart("rules", f"\n{load('columns')}\n")


def _pieces(linked: LinkedContext, form: SchemaForm) -> list[_Piece]:
    context = linked.context
    database = context.catalog.current_database
    front = _front(linked.tables, database, context.profile, form)
    pieces = [_Piece("system", part) for part in front]
    for table in linked.tables:
        if table.kind == "dataframe":  # behind the stable front, since variables come and go
            text = "\n" + _TEXTS[form](table, database, DataProfile()) + "\n"
            pieces.append(_Piece("system", SentPart("schema", text)))
    if context.examples:
        pieces.append(_Piece("system", SentPart("examples", _examples_text(context.examples))))
    if context.terms:
        pieces.append(_Piece("system", SentPart("terms", _terms_text(context.terms))))
    for turn in context.turns[:-1]:
        pieces.append(_Piece("user", SentPart("turns", turn.question)))
        pieces.append(_Piece("assistant", SentPart("turns", f"```sql\n{turn.sql}\n```")))
    for cell in context.cells:
        text = f"A cell of my notebook, for reference:\n{MARKS.sub(' ', cell)}\n\n"
        pieces.append(_Piece("user", SentPart("cells", text)))
    pieces += _question_pieces(context)
    hints = find_values(context.question.text, context.profile, [t.name for t in linked.tables])
    if hints:
        pieces.append(_Piece("user", SentPart("values", _hints_text(hints))))
    if context.turns:
        said = f"The change asked for: {context.question.text.strip()} The new query:\n"
        pieces.append(_Piece("assistant", SentPart("question", said)))
    pieces.append(_Piece("assistant", _OPENING))
    return pieces


def _question_pieces(context: AskContext) -> Iterator[_Piece]:
    """Yield the question, framed as a change of the query before where it follows one.

    That query is shown as a text to rewrite: what a small model takes for its own words it says
    again.
    """
    question = SentPart("question", context.question.text.strip())
    if not context.turns:
        yield _Piece("user", question)
        return
    before, after = load("followup").split("{change}")
    turn = context.turns[-1]
    told = f'A query answered the question "{turn.question}":\n```sql\n{turn.sql}\n```\n'
    yield _Piece("user", SentPart("turns", told))
    yield _Piece("user", SentPart("rules", before))
    yield _Piece("user", question)
    yield _Piece("user", SentPart("rules", after))


def _examples_text(examples: Sequence[Example]) -> str:
    """Return solved questions, each on one line so that none of them can look like a rule."""
    lines = [load("examples")]
    for one in examples:
        lines.append(f"Question: {as_data(one.question, _EXAMPLE_CHARS)}")
        lines.append(f"SQL: {as_data(one.sql, _SQL_CHARS)}")
    return "\n" + "\n".join(lines) + "\n"


def _hints_text(hints: Sequence[ValueHint]) -> str:
    """Return which values of the data the question mentions, spelled as the data have them."""
    places = dict.fromkeys(as_data(hint.text, _HINT_CHARS) for hint in hints[:_HINTS])
    return f"\n\n{load('values')} {'; '.join(places)}."


def _terms_text(terms: Sequence[Term]) -> str:
    meanings = (
        f"{json.dumps(as_data(one.name, _EXAMPLE_CHARS), ensure_ascii=False)} means: "
        f"{as_data(one.condition, _EXAMPLE_CHARS)}\n"
        for one in terms
    )
    return f"\n{load('terms')}\n{''.join(meanings)}"


def _messages(pieces: Sequence[_Piece]) -> tuple[Message, ...]:
    messages: list[Message] = []
    for piece in pieces:
        if messages and messages[-1].role == piece.role:
            messages[-1] = Message(piece.role, messages[-1].content + piece.part.text)
        else:
            messages.append(Message(piece.role, piece.part.text))
    return tuple(messages)


def _ever_smaller(linked: LinkedContext) -> Iterator[LinkedContext]:
    yield linked
    yield (linked := replace(linked, context=replace(linked.context, cells=())))
    yield (linked := replace(linked, context=replace(linked.context, examples=())))
    last = linked.context.turns[-1:]  # what a follow-up edits stays: without it, it means nothing
    yield (linked := replace(linked, context=replace(linked.context, turns=last)))
    ranked = rank_tables(linked.context.question.text, linked.tables)
    keep = len(ranked)
    while keep > 1:
        keep = (keep + 1) // 2 if keep > 2 else 1  # noqa: PLR2004
        best = set(ranked[:keep])
        yield replace(
            linked,
            tables=tuple(table for table in linked.tables if table in best),
            left_out=linked.left_out + len(ranked) - keep,
        )
