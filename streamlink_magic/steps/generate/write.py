"""Let the model write one answer."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from streamlink_magic.errors import NoSqlError
from streamlink_magic.records import Completion, SqlDraft
from streamlink_magic.steps.generate.extract import extract_sql
from streamlink_magic.steps.generate.likelihood import weigh_naming

if TYPE_CHECKING:
    from streamlink_magic.protocols import ChatModel, Progress
    from streamlink_magic.records import Prompt


def generate_sql(
    prompt: Prompt, model: ChatModel, *, max_tokens: int, progress: Progress, grammar: str = ""
) -> SqlDraft:
    """Return the statement that the model wrote.

    Parameters
    ----------
    max_tokens
        Longest answer, in tokens.
    progress
        Is told the SQL as it grows.
    grammar
        What the answer is bound to, as Lark text; empty leaves it free.

    Raises
    ------
    NoSqlError
        When the answer was cut, holds no SQL, or holds several statements.
    ModelError
        When the server failed.
    """
    written = ""
    completion: Completion | None = None
    # Closing the stream, on an interrupt too, makes the server stop generating.
    with closing(  # type: ignore[type-var]
        model.stream(prompt.messages, max_tokens=max_tokens, grammar=grammar)
    ) as stream:
        for piece in stream:
            if isinstance(piece, Completion):
                completion = piece
            else:
                written += piece
                progress("model", written)
    if completion is None:
        raise NoSqlError("The model's answer did not end.", "Run the cell again.")
    if completion.finish_reason == "length":
        raise NoSqlError(
            f"The model's answer was cut at {max_tokens} tokens.",
            "Ask for less at once, or allow more: %config AskMagics.answer_tokens = 1024",
        )
    return draft_of(completion, first_choice=True)


def generate_line(prompt: Prompt, model: ChatModel, *, max_tokens: int) -> str:
    """Return the first line that the model writes; empty when its answer was cut before its end.

    Raises
    ------
    ModelError
        When the server failed.
    """
    written = ""
    with closing(  # type: ignore[type-var]
        model.stream(prompt.messages, max_tokens=max_tokens)
    ) as stream:
        for piece in stream:
            if isinstance(piece, Completion):
                return "" if piece.finish_reason == "length" else written.strip()
            written += piece
            if "\n" in written.lstrip():
                break
    return written.strip().partition("\n")[0].strip()


def draft_of(completion: Completion, *, first_choice: bool) -> SqlDraft:
    """Return the statement in an answer, and how surely the model named what it reads.

    Raises
    ------
    NoSqlError
        When it holds none, or several.
    """
    sql = extract_sql(completion.text)
    naming = weigh_naming(sql, completion.logprobs)
    return SqlDraft(sql, completion, first_choice=first_choice, naming=naming)
