"""Take exactly one SQL statement from what the model wrote."""

from __future__ import annotations

import re
from typing import Any

import sqlglot
from sqlglot.errors import SqlglotError

from streamlink_magic.errors import NoSqlError

_FENCED = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)


def extract_sql(answer: str) -> str:
    r"""Return the one SQL statement in a model's answer, without its semicolon.

    Raises
    ------
    NoSqlError
        When there is none, or more than one.

    Examples
    --------
    >>> extract_sql("```sql\\nSELECT 1;\\n``` This returns one.")
    'SELECT 1'
    """
    fenced = _FENCED.search(answer)
    text = (fenced.group(1) if fenced else answer).strip()
    statements = _statements(text)
    if not statements:
        raise NoSqlError(
            "The model wrote no SQL for this question.",
            "Say which tables hold the answer (--tables a,b), or ask in other words.",
        )
    if len(statements) > 1:
        raise NoSqlError(
            f"The model wrote {len(statements)} statements; one is wanted.",
            "Ask one thing at a time.",
        )
    return statements[0]


def _statements(text: str) -> list[str]:
    """Split at semicolons outside of quotes and comments; comments alone are no statement."""
    try:
        tokens = sqlglot.tokenize(text, read="spark")
    except SqlglotError:
        return [text]  # Spark's own parser will say what is wrong with it
    groups: list[list[Any]] = [[]]
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            groups.append([])
        else:
            groups[-1].append(token)
    filled = [group for group in groups if group]
    if len(filled) == 1:
        return [text.rstrip().removesuffix(";").rstrip()]
    return [text[group[0].start : group[-1].end + 1] for group in filled]
