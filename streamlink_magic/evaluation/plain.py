"""The plain zero-shot baseline: the schema as DDL, the question, one answer.

It is what a careful person would send without any of the product's steps, so that a step's worth
can be told as a difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.records import Message, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.records import TableSchema

_SYSTEM = "You are an expert in Apache Spark SQL."
_TASK = """These tables exist:

{tables}

Question: {question}

Return only one Spark SQL query that answers the question."""

_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def plain_messages(tables: Sequence[TableSchema], question: str) -> tuple[Message, ...]:
    """Return the messages of the plain baseline.

    Parameters
    ----------
    tables
        Every table of the question's database.
    question
        The question as it stands in the set.
    """
    ddl = "\n\n".join(_create_table(table) for table in tables)
    return (
        Message("system", _SYSTEM),
        Message("user", _TASK.format(tables=ddl, question=question)),
    )


def _create_table(table: TableSchema) -> str:
    lines = [f"{_name(column.name)} {column.type}" for column in table.columns]
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({_names(table.primary_key)})")
    for key in table.foreign_keys:
        target = f"{_name(key.table)} ({_names(key.references)})"
        lines.append(f"FOREIGN KEY ({_names(key.columns)}) REFERENCES {target}")
    body = ",\n".join(f"  {line}" for line in lines)
    return f"CREATE TABLE {_name(table.name.name)} (\n{body}\n);"


def _name(part: str) -> str:
    return part if _WORD.fullmatch(part) else quote_name(part)


def _names(parts: Iterable[str]) -> str:
    return ", ".join(_name(part) for part in parts)
