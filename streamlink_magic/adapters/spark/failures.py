"""What Spark says when it fails: its own first line, and nothing printed beside it."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# PySpark prints every error that has a place in the SQL, as JSON with the whole Java stack.
_PRINTERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
_PY4J = "An error occurred while calling"


def first_line(error: BaseException, limit: int = 300) -> str:
    r"""Return what went wrong in one line, without py4j's own words before it.

    >>> first_line(ValueError("An error occurred while calling o1.sql.\n: [OOPS] Bad.\n\tat x"))
    '[OOPS] Bad.'
    """
    lines = [line.strip() for line in str(error).strip().splitlines()]
    if len(lines) > 1 and lines[0].startswith(_PY4J):
        lines[0] = lines[1].removeprefix(":").strip()
    return (lines[0] if lines else "")[:limit] or type(error).__name__


@dataclass(frozen=True, slots=True)
class Complaint:
    """What Spark raised in a cell of the user's own.

    Attributes
    ----------
    message
        Spark's first line.
    condition
        Spark's name for it, such as ``DIVIDE_BY_ZERO``; empty where it has none.
    fragment
        The part of the SQL that it points at; empty where it points at none.
    """

    message: str
    condition: str = ""
    fragment: str = ""


def complaint_of(error: BaseException | None) -> Complaint | None:
    """Return what Spark complained of; None for an error that is not Spark's."""
    while error is not None and not _is_spark(error):
        error = error.__cause__
    if error is None:
        return None
    spark: Any = error
    condition = getattr(spark, "getCondition", lambda: "")() or ""
    contexts: Any = getattr(spark, "getQueryContext", list)() or []
    fragments = [str(one.fragment()) for one in contexts if hasattr(one, "fragment")]
    return Complaint(first_line(error), str(condition), next(iter(fragments), ""))


def _is_spark(error: BaseException) -> bool:
    """Return whether an error comes from Spark, told without importing it."""
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(error).__mro__}
    return bool(kinds & {("pyspark", "PySparkException"), ("py4j", "Py4JJavaError")})


@contextmanager
def unprinted() -> Iterator[None]:
    """Keep PySpark from printing the errors of this thread: the caller tells them."""
    from pyspark.logger import PySparkLogger

    mute = _OtherThreads()
    printers = [PySparkLogger.getLogger(name) for name in _PRINTERS]
    for printer in printers:
        printer.addFilter(mute)
    try:
        yield
    finally:
        for printer in printers:
            printer.removeFilter(mute)


class _OtherThreads(logging.Filter):
    """Lets pass what other threads log; theirs is not ours to hide."""

    def __init__(self) -> None:
        super().__init__()
        self._mine = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._mine
