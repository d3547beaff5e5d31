"""The Spark catalog through cheap calls: ``SHOW TABLES`` and ``DESCRIBE ... AS JSON``.

``spark.catalog.listTables()`` loads each table's metadata and costs 20 to 30 times as much as
``SHOW TABLES`` (150 Hive tables: 12.2 s against 0.4 s, measured on Spark 4.3).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamlink_magic.records import Column, TableName, TableSchema, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_COMMENT_CHARS = 2000


class SparkCatalog:
    """Implements ``CatalogReader`` on a session of either kind.

    Parameters
    ----------
    spark
        A live session.
    databases
        The databases to list; empty means the current one.
    """

    def __init__(self, spark: Any, databases: Sequence[str] = ()) -> None:  # noqa: ANN401
        self._spark = spark
        self._databases = tuple(databases)

    def current_database(self) -> str:
        """Return the session's current database."""
        return str(self._spark.catalog.currentDatabase())

    def list_tables(self) -> Sequence[TableSchema]:
        """Return tables, views and temporary views by name, without columns."""
        found: dict[TableName, TableSchema] = {}
        for database in self._databases or (self.current_database(),):
            for row in self._spark.sql(f"SHOW TABLES IN {quote_name(database)}").collect():
                table = _listed(row.namespace, row.tableName, temporary=row.isTemporary)
                found[table.name] = table
        return tuple(found[name] for name in sorted(found))

    def describe(self, table: TableSchema) -> TableSchema:
        """Return the table with its columns and comments, or with why it cannot be read."""
        try:
            if table.kind == "temp view":
                columns = columns_of(self._spark.table(table.name.sql).schema)
                return replace(table, columns=columns)
            query = f"DESCRIBE TABLE EXTENDED {table.name.sql} AS JSON"
            return _described(table, json.loads(self._spark.sql(query).collect()[0][0]))
        except Exception as error:  # noqa: BLE001  one bad table must not hide the others
            return replace(table, unreadable=_first_line(error))


def _listed(database: str, name: str, *, temporary: bool) -> TableSchema:
    if temporary:
        return TableSchema(TableName(name, database=database), kind="temp view")
    return TableSchema(TableName(name, database=database))


def _described(table: TableSchema, facts: Mapping[str, Any]) -> TableSchema:
    columns = tuple(
        Column(
            name=column["name"],
            type=type_text(column["type"]),
            comment=str(column.get("comment") or "")[:_COMMENT_CHARS],
        )
        for column in facts.get("columns", ())
    )
    return replace(
        table,
        kind="view" if facts.get("type") == "VIEW" else "table",
        columns=columns,
        comment=str(facts.get("comment") or "")[:_COMMENT_CHARS],
        unreadable="" if columns else "it has no columns",
    )


def columns_of(schema: Any) -> tuple[Column, ...]:  # noqa: ANN401
    """Return the columns of a Spark ``StructType``."""
    return tuple(
        Column(
            name=column.name,
            type=column.dataType.simpleString(),
            comment=str((column.metadata or {}).get("comment", ""))[:_COMMENT_CHARS],
        )
        for column in schema.fields
    )


def type_text(described: Mapping[str, Any]) -> str:
    """Return the type that ``DESCRIBE ... AS JSON`` spelled out, as Spark SQL writes it.

    >>> type_text({"name": "array", "element_type": {"name": "decimal", "precision": 9}})
    'array<decimal(9,0)>'
    """
    name = str(described.get("name", "unknown"))
    if name == "array":
        return f"array<{type_text(described['element_type'])}>"
    if name == "map":
        return f"map<{type_text(described['key_type'])},{type_text(described['value_type'])}>"
    if name == "struct":
        return f"struct<{','.join(_fields(described['fields']))}>"
    if name == "decimal":
        return f"decimal({described.get('precision', 10)},{described.get('scale', 0)})"
    if name in {"char", "varchar"}:
        return f"{name}({described.get('length', '')})"
    return {"timestamp_ltz": "timestamp"}.get(name, name)


def _fields(fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in fields:
        yield f"{one['name']}:{type_text(one['type'])}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__
