"""Between a Spark DataFrame and Python values: what Arrow carries, and what becomes text first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.batches import fetch_within

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.adapters.spark.batches import Fetched

_NO_COLUMNS = "nothing"


def fetch_arrow(
    dataframe: Any,  # noqa: ANN401
    limit: int,
    byte_limit: float,
    *,
    arrived: Callable[[int], None] = lambda _: None,
) -> Fetched:
    """Return the first rows as an Arrow table whose timestamps are in the session's time zone.

    At most ``limit`` rows come, and no more bytes than the other limit. Columns that Arrow
    cannot carry (intervals of months, structs with a name twice) or that would arrive as bytes
    (variants) are made text by Spark. ``arrived`` is told of rows as they come.
    """
    fields = dataframe.schema.fields
    first = dataframe.limit(limit)
    if not fields:
        # A table without columns does not know how many rows it has, unless it had one.
        bare = fetch_within(first.selectExpr(f"1 AS {_NO_COLUMNS}"), byte_limit, arrived)
        return replace(bare, table=bare.table.select([]))
    if any(not _carried(field.dataType) for field in fields):
        first = _with_text(first, fields)
    zone = dataframe.sparkSession.conf.get("spark.sql.session.timeZone")
    fetched = fetch_within(first, byte_limit, arrived)
    return replace(fetched, table=_in_zone(fetched.table, zone))


def python_rows(table: Any) -> tuple[tuple[object, ...], ...]:  # noqa: ANN401
    """Return the rows of an Arrow table as Python values."""
    if not table.num_columns:
        return ((),) * int(table.num_rows)
    columns = [_python_values(column) for column in table.columns]
    return tuple(zip(*columns, strict=True))


def _carried(kind: Any) -> bool:  # noqa: ANN401
    """Return whether Arrow carries a Spark type as values that a reader can use."""
    fields = getattr(kind, "fields", ())
    if len({field.name for field in fields}) < len(fields):
        return False
    below = [field.dataType for field in fields]
    below += [
        getattr(kind, part)
        for part in ("elementType", "keyType", "valueType")
        if hasattr(kind, part)
    ]
    if below:
        return all(_carried(one) for one in below)
    text = kind.simpleString()
    return text not in {"interval", "variant"} and not text.startswith(
        ("interval year", "interval month")
    )


def _with_text(dataframe: Any, fields: Any) -> Any:  # noqa: ANN401
    # Names may repeat or hold anything, so columns are told apart by their position.
    places = [f"c{place}" for place in range(len(fields))]
    columns = dataframe.toDF(*places)
    chosen = [
        columns[place] if _carried(field.dataType) else columns[place].cast("string")
        for place, field in zip(places, fields, strict=True)
    ]
    return columns.select(*chosen).toDF(*(field.name for field in fields))


def _in_zone(table: Any, zone: str) -> Any:  # noqa: ANN401
    """Return the table with timestamps in the zone, where Python knows a zone of that name."""
    import pyarrow as pa

    try:
        pa.scalar(0, pa.timestamp("us", tz=zone)).as_py()
    except (ValueError, KeyError):
        return table

    def zoned(kind: Any) -> Any:  # noqa: ANN401
        is_instant = pa.types.is_timestamp(kind) and kind.tz
        return pa.timestamp(kind.unit, tz=zone) if is_instant else kind

    fields = [field.with_type(_mapped(field.type, zoned)) for field in table.schema]
    return table.cast(pa.schema(fields))


def _python_values(column: Any) -> list[object]:  # noqa: ANN401
    """Return a column's values; as text where they lie outside of Python's calendar."""
    import pyarrow as pa

    def text(kind: Any) -> Any:  # noqa: ANN401
        return pa.string() if pa.types.is_timestamp(kind) or pa.types.is_date(kind) else kind

    try:
        values: list[object] = column.to_pylist()
    except (OverflowError, ValueError):
        values = column.cast(_mapped(column.type, text)).to_pylist()
    return values


def _mapped(kind: Any, leaf: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    """Return an Arrow type with every type at its leaves replaced."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return pa.struct([one.with_type(_mapped(one.type, leaf)) for one in kind])
    if pa.types.is_map(kind):
        return pa.map_(_mapped(kind.key_type, leaf), _mapped(kind.item_type, leaf))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_mapped(kind.value_type, leaf)))
    return leaf(kind)
