"""Build the prompt: rules and schema first and byte-stable, the question last."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import rank_tables
from streamlink_magic.errors import QuestionError
from streamlink_magic.prompts import load
from streamlink_magic.records import (
    LinkedContext,
    Message,
    Prompt,
    SentPart,
    TableName,
    TableSchema,
    quote_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.protocols import ChatModel

_COMMENT_CHARS = 160
_ERROR_CHARS = 600
_NAME_CHARS = 200
_TYPE_CHARS = 1_000
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
# Chat templates turn these into the marks between messages.
_MARKS = re.compile(r"<(?=\|)|(?<=\|)>")
# Where data lie and how they are reached is nobody's business but Spark's.
_PLACES = re.compile(
    r"\b(?:jdbc:|[a-z][a-z0-9+.-]*:/)[^\s'\"`,;)\]]+|(?<![\w.`/])/(?:[\w.=-]+/)+[\w.=-]*",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"\b((?:password|passwd|pwd|secret|token|api_?key|access_?key|credential)s?\W{1,4})[^\s,;)]+",
    re.IGNORECASE,
)
_OPENING = SentPart("opening", "```sql\n")
# Words that Spark's ANSI mode reserves and that people do use as names.
_RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "cross",
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "distinct",
        "else",
        "end",
        "escape",
        "except",
        "false",
        "fetch",
        "filter",
        "for",
        "foreign",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "in",
        "inner",
        "intersect",
        "into",
        "is",
        "join",
        "leading",
        "left",
        "natural",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "overlaps",
        "primary",
        "references",
        "right",
        "select",
        "session_user",
        "some",
        "table",
        "then",
        "time",
        "to",
        "trailing",
        "union",
        "unique",
        "unknown",
        "user",
        "using",
        "when",
        "where",
        "with",
        "within",
    ]
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one message: who says it, and what class of information it is."""

    role: str
    part: SentPart


def build_prompt(linked: LinkedContext, model: ChatModel, *, budget_tokens: int) -> Prompt:
    """Return the prompt for the linked context, within a hard budget of tokens.

    Whatever does not fit is left out in this order: cells, earlier turns, the tables that have
    least to do with the question.

    Parameters
    ----------
    budget_tokens
        The most that the prompt may measure, in the model's own tokens.

    Raises
    ------
    QuestionError
        When not even one table and the question fit.
    """
    tokens = 0
    for candidate in _ever_smaller(linked):
        pieces = _pieces(candidate)
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
    message = _redacted(error)[:_ERROR_CHARS]
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
        opening,
    )
    return replace(
        prompt,
        messages=messages,
        tokens=model.count_tokens(messages),
        parts=(*prompt.parts, said, asked, _OPENING),
    )


def _redacted(error: str) -> str:
    """Return an error's text as one line of data that holds no place and no secret.

    >>> _redacted("no file s3://bucket/part-0, password=xyz")
    'no file (a place), password=(a secret)'
    """
    line = _plain(error).replace("```", "'" * 3)
    return _SECRETS.sub(r"\1(a secret)", _PLACES.sub("(a place)", line))


def _plain(text: str) -> str:
    """Return text on one line, without hidden characters and marks between messages."""
    return _MARKS.sub(" ", _UNPRINTABLE.sub(" ", text))


def prefix_messages(tables: Sequence[TableSchema], database: str) -> tuple[Message, ...]:
    """Return the part of every prompt that does not depend on the question."""
    return _messages([_Piece("system", part) for part in _front(tables, database)])


def _front(tables: Sequence[TableSchema], database: str) -> Iterator[SentPart]:
    yield SentPart("rules", load("rules") + "\n")
    stable = [table for table in tables if table.kind != "dataframe"]
    for table in stable:
        yield SentPart("schema", "\n" + schema_text(table, database) + "\n")


def _pieces(linked: LinkedContext) -> list[_Piece]:
    context = linked.context
    database = context.catalog.current_database
    pieces = [_Piece("system", part) for part in _front(linked.tables, database)]
    for table in linked.tables:
        if table.kind == "dataframe":  # behind the stable front, since variables come and go
            text = "\n" + schema_text(table, database) + "\n"
            pieces.append(_Piece("system", SentPart("schema", text)))
    for name, meaning in context.terms:
        pieces.append(_Piece("system", SentPart("terms", f"\n{name} means: {meaning}")))
    for turn in context.turns:
        pieces.append(_Piece("user", SentPart("turns", turn.question)))
        pieces.append(_Piece("assistant", SentPart("turns", f"```sql\n{turn.sql}\n```")))
    for cell in context.cells:
        text = f"A cell of my notebook, for reference:\n{_MARKS.sub(' ', cell)}\n\n"
        pieces.append(_Piece("user", SentPart("cells", text)))
    pieces.append(_Piece("user", SentPart("question", context.question.text.strip())))
    pieces.append(_Piece("assistant", _OPENING))
    return pieces


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
    yield (linked := replace(linked, context=replace(linked.context, turns=())))
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


def schema_text(table: TableSchema, database: str) -> str:
    """Return a table as a ``CREATE TABLE`` statement, the form that code models know best.

    Parameters
    ----------
    database
        The current database, whose name is left out of the tables' names.
    """
    lines = [_column_text(column.name, column.type, column.comment) for column in table.columns]
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({_names(table.primary_key)})")
    for key in table.foreign_keys:
        target = f"{plain_name(key.table)} ({_names(key.references)})"
        lines.append(f"FOREIGN KEY ({_names(key.columns)}) REFERENCES {target}")
    body = ",\n".join(f"  {line}" for line in lines)
    return (
        f"CREATE TABLE {_table_name(table.name, database)} (\n{body}\n){_comment(table.comment)};"
    )


def _column_text(name: str, type_text: str, comment: str) -> str:
    kind = _plain(type_text)[:_TYPE_CHARS]  # the fields of a struct have free names
    return f"{plain_name(name)} {kind}{_comment(comment)}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(plain_name, names))


def _table_name(name: TableName, database: str) -> str:
    current = name.database.casefold() == database.casefold()  # Spark's names ignore case
    parts = (name.name,) if current else name.parts
    return ".".join(map(plain_name, parts))


def plain_name(name: str) -> str:
    """Return a name as SQL takes it, in backticks only where it needs them.

    >>> plain_name("dep_delay"), plain_name("order"), plain_name("unit price")
    ('dep_delay', '`order`', '`unit price`')
    """
    if len(name) <= _NAME_CHARS and _PLAIN_NAME.match(name) and name.lower() not in _RESERVED:
        return name
    # What is changed here is a name that no model could write anyway.
    return quote_name(_plain(name)[:_NAME_CHARS])


def _comment(text: str) -> str:
    """Return a comment as a quoted literal: one line, capped, its quotes doubled."""
    clean = _plain(text).strip()
    if not clean:
        return ""
    cut = clean if len(clean) <= _COMMENT_CHARS else clean[:_COMMENT_CHARS] + "…"
    return " COMMENT '" + cut.replace("'", "''") + "'"
