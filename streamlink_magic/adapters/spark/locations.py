"""Where the files of a plan's relations lie, as Spark resolved them; nothing is read."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.complaints import calling
from streamlink_magic.adapters.spark.sizes import _items, _leaves
from streamlink_magic.records import FilePlaces
from streamlink_magic.steps.guard import plans

if TYPE_CHECKING:
    from collections.abc import Iterator

_JDBC = "org.apache.spark.sql.execution.datasources.jdbc.JDBCRelation"
_UNKNOWN = ""


def find_places(plan: Any, session: Any, nothing: Any) -> tuple[FilePlaces, ...]:
    """Return where each relation of an analysed plan lies, those below views too.

    Parameters
    ----------
    session
        The JVM's session; it knows the places of single partitions.
    nothing
        Scala's empty option.
    """
    return tuple(
        FilePlaces(_name(leaf, kind), tuple(_places(leaf, kind, session, nothing)))
        for leaf in _leaves(plan)
        if (kind := str(leaf.getClass().getName())) in plans.RELATIONS - {plans.RDD}
    )


def _name(leaf: Any, kind: str) -> str:
    table = _table(leaf, kind)
    return "" if table is None else str(table.identifier().unquotedString())


def _table(leaf: Any, kind: str) -> Any:
    if kind == plans.HIVE_TABLE:
        return leaf.tableMeta()
    named = kind == plans.FILE_TABLE and leaf.catalogTable().isDefined()
    return leaf.catalogTable().get() if named else None


def _places(leaf: Any, kind: str, session: Any, nothing: Any) -> Iterator[str]:
    table = _table(leaf, kind)
    if kind == plans.V2_TABLE:
        properties = leaf.table().properties()
        yield str(properties.get("location") or _UNKNOWN)
    elif kind == plans.HIVE_TABLE:
        yield _written(table.location())
    else:
        yield from _relation_places(leaf.relation())
    if table is not None and not table.partitionColumnNames().isEmpty():
        yield from _partition_places(table, session, nothing)


def _relation_places(relation: Any) -> Iterator[str]:
    kind = str(relation.getClass().getName())
    if kind.endswith(".HadoopFsRelation"):
        for path in _items(relation.location().rootPaths()):
            yield _written(path.toUri())
    elif kind != _JDBC:  # a database has no files; what others read, nobody can tell
        yield _UNKNOWN


def _partition_places(table: Any, session: Any, nothing: Any) -> Iterator[str]:
    """Yield the places of single partitions: each may lie elsewhere than its table."""
    catalog = session.sessionState().catalog().externalCatalog()
    name = table.identifier().table()
    for one in _items(calling(catalog.listPartitions, table.database(), name, nothing())):
        yield _written(one.location())


def _written(uri: Any) -> str:
    """Return an address with its path as it is, not as it would be spelled in an address."""
    scheme, owner = uri.getScheme() or "file", uri.getAuthority() or ""
    return f"{scheme}://{owner}{uri.getPath()}"
