"""Taking a result batch by batch, and no more of it than a number of bytes.

``toArrow`` holds everything before it hands anything over. Here what lies beyond the limit is
dropped as it arrives, so that the notebook's process holds the limit and one batch at most. What
Spark itself holds of a result is bounded by ``spark.driver.maxResultSize``.
"""

# ruff: noqa: ANN401, SLF001  PySpark's and pyarrow's objects: no types, and the way in is private

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.recognize import is_connect
from streamlink_magic.errors import ExecutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Fetched:
    """The rows that were kept, as an Arrow table, and whether the byte limit cut them."""

    table: Any
    cut: bool = False


def fetch_within(
    dataframe: Any, byte_limit: float, arrived: Callable[[int], None] = lambda _: None
) -> Fetched:
    """Return the first rows of a DataFrame that together take no more than so many bytes.

    Parameters
    ----------
    arrived
        Is told how many rows each batch brings.

    Raises
    ------
    ExecutionError
        When the first row alone takes more.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    take = _of_connect if is_connect(dataframe) else _of_classic
    bounded = _Bounded(byte_limit, arrived)
    found = list(take(dataframe, bounded))
    if found and found[0] is None:
        # Later partitions came first and left no room for the front. That only happens to the
        # few rows of a query that bounds itself; Spark's own limit is bound enough for them.
        bounded = _Bounded(math.inf)
        found = list(take(dataframe, bounded))
    batches, cut = _trimmed(found, byte_limit)
    schema = to_arrow_schema(
        dataframe.schema, error_on_duplicated_field_names_in_struct=True, timezone="UTC"
    )
    table = pa.Table.from_batches(batches, schema=bounded.schema) if bounded.schema else None
    return Fetched((schema.empty_table() if table is None else table).cast(schema), cut)


class _Bounded:
    """Keeps batches in the order in which they arrive, as long as there is room.

    Attributes
    ----------
    schema
        The batches' own; None until one came or a stream told it.
    """

    def __init__(self, byte_limit: float, arrived: Callable[[int], None] = lambda _: None) -> None:
        self._limit = byte_limit
        self._arrived = arrived
        self._held = 0
        self.schema: Any = None

    @property
    def full(self) -> bool:
        """Whether the limit is passed; the batch that passed it was the last to be kept."""
        return self._held > self._limit

    def take(self, batch: Any) -> Any:
        """Return the batch, or None where there is no room for it."""
        if self.full:
            return None
        self.schema = self.schema or batch.schema
        self._held += batch.nbytes
        self._arrived(batch.num_rows)
        return batch


def _trimmed(batches: Sequence[Any], byte_limit: float) -> tuple[list[Any], bool]:
    """Return the batches up to the limit, the last one cut to the row, and whether one was."""
    kept: list[Any] = []
    room = byte_limit
    for batch in batches:
        rows = 0 if batch is None else _rows_within(batch, room)
        if batch is not None and rows == batch.num_rows:
            kept.append(batch)
            room -= batch.nbytes
            continue
        if rows:
            kept.append(batch.slice(0, rows))
        if not any(one.num_rows for one in kept):
            raise _too_large(byte_limit)
        return kept, True
    return kept, False


def _rows_within(batch: Any, room: float) -> int:
    """Return how many of a batch's first rows take no more than so many bytes."""
    fits, beyond = 0, batch.num_rows + 1
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        if batch.slice(0, middle).nbytes <= room:
            fits = middle
        else:
            beyond = middle
    return fits


def _of_classic(dataframe: Any, bounded: _Bounded) -> Iterator[Any]:
    """Yield the batches in the result's order, None for those that were dropped."""
    from pyspark.errors.exceptions.captured import unwrap_spark_exception
    from pyspark.util import _load_from_socket

    port, secret, serving = dataframe._jdf.collectAsArrowToPython()
    try:
        with _load_from_socket((port, secret), _InOrder(bounded)) as batches:
            found = list(batches)
    finally:
        with unwrap_spark_exception():
            serving.getResult()  # waits for the job, and raises what it failed with
    yield from found


class _InOrder:
    """Reads Spark's stream: batches as partitions finish, then the order that they belong in."""

    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def load_stream(self, stream: Any) -> Iterator[Any]:
        import pyarrow as pa
        from pyspark.serializers import read_int

        reader = pa.ipc.open_stream(stream)
        self._bounded.schema = reader.schema
        arrived = [self._bounded.take(batch) for batch in reader]
        count = read_int(stream)  # -1 when the job failed
        order = [read_int(stream) for _ in range(count)]
        yield from (arrived[place] for place in order)


def _of_connect(dataframe: Any, bounded: _Bounded) -> Iterator[Any]:
    """Yield the batches that the server sends, and end the call once there is no more room."""
    client = dataframe.sparkSession.client
    plan = dataframe._plan
    parts = client.to_table_as_iterator(plan.to_proto(client), plan.observations)
    try:
        for part in parts:
            for batch in part.to_batches() if hasattr(part, "to_batches") else ():
                yield bounded.take(batch)
                if bounded.full:
                    yield None  # there may be more; the caller looks no further
                    return
    finally:
        parts.close()


def _too_large(byte_limit: float) -> ExecutionError:
    return ExecutionError(
        f"The first row alone holds more than {size_text(byte_limit)}.",
        "Ask for a part of its long values, such as left(column, 1000), or for their length; "
        "or allow more: %config AskMagics.result_bytes = 268435456",
    )


def size_text(count: float) -> str:
    """Return a number of bytes as people read it.

    >>> size_text(64 * 1024 * 1024), size_text(2_000)
    ('64 MiB', '2,000 bytes')
    """
    mebibyte = 1024 * 1024
    return f"{count / mebibyte:,.0f} MiB" if count >= mebibyte else f"{count:,.0f} bytes"
