"""The Spark catalog through cheap calls: ``SHOW TABLES`` and ``DESCRIBE ... AS JSON``.

``spark.catalog.listTables()`` loads each table's metadata and costs 20 to 30 times as much as
``SHOW TABLES`` (150 Hive tables: 12.2 s against 0.4 s, measured on Spark 4.3).
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.failures import first_line, unprinted
from streamlink_magic.errors import CatalogError
from streamlink_magic.records import Column, TableName, TableSchema, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_COMMENT_CHARS = 2000
_PLAIN = "UTF8_BINARY"
_NAME_PART = re.compile(r"`((?:[^`]|``)+)`|([^.`]+)")


class SparkCatalog:
    """Implements ``CatalogReader`` on a session of either kind.

    Parameters
    ----------
    spark
        A live session.
    databases
        The databases to list, ``database`` or ``catalog.database``, in backticks where a name
        holds a dot; empty means the current one.
    """

    def __init__(self, spark: Any, databases: Sequence[str] = ()) -> None:  # noqa: ANN401
        self._spark = spark
        self._databases = tuple(databases)

    def current_catalog(self) -> str:
        """Return the session's current catalog."""
        return str(self._spark.catalog.currentCatalog())

    def current_database(self) -> str:
        """Return the session's current database."""
        return str(self._spark.catalog.currentDatabase())

    def list_tables(self) -> Sequence[TableSchema]:
        """Return tables, views and temporary views by name, without columns.

        Raises
        ------
        CatalogError
            When one of the databases cannot be listed.
        """
        found: dict[TableName, TableSchema] = {}
        for database in self._databases or (quote_name(self.current_database()),):
            parts = _name_parts(database)
            for row in self._rows_of(database, parts):
                table = _listed(row, catalog="".join(parts[:-1][:1]))
                found[table.name] = table
        return tuple(found[name] for name in sorted(found))

    def _rows_of(self, database: str, parts: Sequence[str]) -> Sequence[Any]:
        quoted = ".".join(quote_name(part) for part in parts)
        try:
            with unprinted():
                rows: Sequence[Any] = self._spark.sql(f"SHOW TABLES IN {quoted}").collect()
        except Exception as error:
            raise CatalogError(
                f"Spark cannot list the tables of database {database}: {first_line(error)}",
                "See which there are: spark.sql('SHOW DATABASES').show(), "
                "then %config AskMagics.databases = ['…']",
            ) from error
        return rows

    def describe(self, table: TableSchema) -> TableSchema:
        """Return the table with its columns and comments, or with why it cannot be read."""
        try:
            with unprinted():
                if table.kind == "temp view":
                    return self._resolved(table)
                described = self._described(table)
                # A view keeps its columns after its tables are gone: only resolving it tells.
                return self._resolved(described) if described.kind == "view" else described
        except Exception as error:  # noqa: BLE001  one bad table must not hide the others
            return replace(table, unreadable=first_line(error))

    def _described(self, table: TableSchema) -> TableSchema:
        query = f"DESCRIBE TABLE EXTENDED {table.name.sql} AS JSON"
        return _described(table, json.loads(self._spark.sql(query).collect()[0][0]))

    def _resolved(self, table: TableSchema) -> TableSchema:
        comments = {column.name: column.comment for column in table.columns}
        columns = tuple(
            replace(column, comment=column.comment or comments.get(column.name, ""))
            for column in columns_of(self._spark.table(table.name.sql).schema)
        )
        return replace(table, columns=columns, unreadable=_reason(columns))


def _name_parts(dotted: str) -> tuple[str, ...]:
    """Return the parts of a dotted name.

    >>> _name_parts("lake.`odd.name`")
    ('lake', 'odd.name')
    """
    return tuple(
        quoted.replace("``", "`") or plain.strip() for quoted, plain in _NAME_PART.findall(dotted)
    )


def _listed(row: Any, catalog: str) -> TableSchema:  # noqa: ANN401
    if row.isTemporary:
        return TableSchema(TableName(row.tableName, database=row.namespace), kind="temp view")
    return TableSchema(TableName(row.tableName, database=row.namespace, catalog=catalog))


def _reason(columns: Sequence[Column]) -> str:
    return "" if columns else "it has no columns"


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
        unreadable=_reason(columns),
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
    if name == "interval":
        return _interval(described)
    return _plain_text(name, described)


def _plain_text(name: str, described: Mapping[str, Any]) -> str:
    if name == "decimal":
        return f"decimal({described.get('precision', 10)},{described.get('scale', 0)})"
    if name in {"char", "varchar"}:
        return f"{name}({described.get('length', '')})"
    if name == "string" and described.get("collation", _PLAIN) != _PLAIN:
        return f"string collate {described['collation']}"
    return {"timestamp_ltz": "timestamp"}.get(name, name)


def _interval(described: Mapping[str, Any]) -> str:
    units = (described.get("start_unit"), described.get("end_unit"))
    distinct = dict.fromkeys(str(unit) for unit in units if unit)
    return " ".join(("interval", " to ".join(distinct))).strip()


def _fields(fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in fields:
        yield f"{one['name']}:{type_text(one['type'])}"
