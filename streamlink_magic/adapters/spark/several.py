"""Calling into one JVM from several threads at once."""

# ruff: noqa: ANN401, SLF001  what py4j hands over has no types, and the way to it is private

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_threads(
    session: Any, work: Callable[[_Item], _Result], items: Iterable[_Item], *, threads: int
) -> Iterator[_Result]:
    """Yield what the work makes of each item, in the order of the items.

    After an error or an interrupt no further item is begun; those in work are waited for.

    Parameters
    ----------
    session
        A classic session: its settings, some of which change what a text means, are those of
        every thread.
    """
    enter = partial(_enter, session)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="streamlink", initializer=enter)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _enter(session: Any) -> None:
    sessions = session._jvm.org.apache.spark.sql.classic.SparkSession
    sessions.setActiveSession(session._jsparkSession)
