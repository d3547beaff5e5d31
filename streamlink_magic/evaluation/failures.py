"""Why an answer is wrong, in classes that can be compared between tools.

Our own are ``refused`` (the guard would not run it), ``unanswerable`` (the product said that no
table holds what was asked) and ``gold_failed`` (the set's fault). Questions that the tables hold
no answer to are ``answered`` all the same, or ``failed`` (with an error that does not say why).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.errors import InvalidSqlError, QueryTimeoutError, UnsafeSqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN_COLUMN = "unknown_column"
UNKNOWN_TABLE = "unknown_table"
PARSE_ERROR = "parse_error"
OTHER_RUNTIME = "other_runtime"
TIMEOUT = "timeout"
WRONG_RESULT = "wrong_result"
MISSING = "missing"
REFUSED = "refused"
UNANSWERABLE = "unanswerable"
ANSWERED = "answered"
FAILED = "failed"
GOLD_FAILED = "gold_failed"

_COLUMN_CONDITIONS = (
    "UNRESOLVED_COLUMN",
    "UNRESOLVED_FIELD",
    "UNRESOLVED_MAP_KEY",
    "UNRESOLVED_USING_COLUMN",
    "FIELD_NOT_FOUND",
    "MISSING_COLUMN",
    "COLUMN_NOT_FOUND",
    "CANNOT_RESOLVE_STAR",
)
_TABLE_CONDITIONS = (
    "TABLE_OR_VIEW_NOT_FOUND",
    "SCHEMA_NOT_FOUND",
    "DATABASE_NOT_FOUND",
    "CATALOG_NOT_FOUND",
    "REQUIRES_SINGLE_PART_NAMESPACE",
)
_PARSE_CONDITIONS = ("PARSE_", "INVALID_IDENTIFIER", "INVALID_SQL_SYNTAX")
_CLASSES = (
    (_COLUMN_CONDITIONS, UNKNOWN_COLUMN),
    (_TABLE_CONDITIONS, UNKNOWN_TABLE),
    (_PARSE_CONDITIONS, PARSE_ERROR),
)

# Spark writes [CONDITION.SUBCONDITION] in front of its messages
_CONDITION = re.compile(r"\[([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\.[A-Z0-9_]+)*\]")


def classify(error: Exception) -> str:
    """Return the class of failure that an error stands for.

    A broken rule of the guard's is a refusal. Else Spark's own name of the error decides,
    wherever in the chain of causes it stands.
    """
    if isinstance(error, UnsafeSqlError):
        return REFUSED
    if any(isinstance(link, QueryTimeoutError) for link in _chain(error)):
        return TIMEOUT
    found = condition(error)
    for prefixes, name in _CLASSES:
        if found.startswith(prefixes):
            return name
    parsing = any(type(link).__name__ == "ParseException" for link in _chain(error))
    return PARSE_ERROR if parsing else OTHER_RUNTIME


def condition(error: BaseException) -> str:
    """Return Spark's name of an error, empty when it has none."""
    for link in _chain(error):
        match = _CONDITION.search(str(link))
        name = _given_condition(link) or (match.group(1) if match else "")
        if name:
            return name
    return ""


def _given_condition(link: BaseException) -> str:
    """Return the name as the guard's error or as Spark's own exception gives it."""
    if isinstance(link, InvalidSqlError):
        return link.condition
    getter = getattr(link, "getCondition", None)
    return str(getter() or "") if callable(getter) else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
