"""How large the tables of a plan are, as Spark has it written down; nothing is read or listed."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.complaints import calling
from streamlink_magic.records import TableSize
from streamlink_magic.steps.guard import plans
from streamlink_magic.steps.guard.outputs import output
from streamlink_magic.steps.guard.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlink_magic.records import PlanNode

_NAMED_IN = {plans.FILE_TABLE: "catalogTable", plans.HIVE_TABLE: "tableMeta"}
_AGE_S = 30.0
# Spark's word for a size that it does not know is close to the largest number there is.
_UNKNOWN_BYTES = float(2**62)
_MANY_BYTES = 10_000_000


class TableSizes:
    """Sizes of tables by their full name, kept for half a minute: they are estimates.

    Parameters
    ----------
    jvm
        The JVM, for Scala's empty option.
    """

    def __init__(self, jvm: Any) -> None:
        self._nothing = jvm.scala.Option.empty
        self._known: dict[str, tuple[float, TableSize]] = {}

    def of_analyzed(self, tree: PlanNode, plan: Any, session: Any) -> Mapping[int, TableSize]:
        """Return the sizes of whole tables, by the id of each table's first column."""
        tables = list(_tables(tree))
        now = time.monotonic()
        if any(now - self._known.get(name, (-_AGE_S, None))[0] >= _AGE_S for _, name in tables):
            found = self._ask(plan, session)
            self._known |= {name: (now, size) for name, size in found.items()}
        return {one: self._known[name][1] for one, name in tables if name in self._known}

    def of_optimized(self, tree: PlanNode, plan: Any, session: Any) -> Mapping[int, TableSize]:
        """Return the sizes of what is left of the tables once partitions are pruned."""
        found = self._ask(plan, session)
        return {one: found[name] for one, name in _tables(tree) if name in found}

    def _ask(self, plan: Any, session: Any) -> dict[str, TableSize]:
        found: dict[str, TableSize] = {}
        for leaf in _leaves(plan):
            kind = str(leaf.getClass().getName())
            if kind == plans.FILE_TABLE and leaf.catalogTable().isDefined():
                table = leaf.catalogTable().get()
            elif kind == plans.HIVE_TABLE:
                table = leaf.tableMeta()
            else:
                continue
            name = str(table.identifier().unquotedString())
            size = self._size(leaf, kind, table, session)
            found[name] = _larger(found[name], size) if name in found else size
        return found

    def _size(self, leaf: Any, kind: str, table: Any, session: Any) -> TableSize:
        size = float(calling(leaf.stats).sizeInBytes())
        known = size if size < _UNKNOWN_BYTES else None
        partitioned = not table.partitionColumnNames().isEmpty()
        if kind == plans.HIVE_TABLE or not _is_folder(leaf):
            return TableSize(known, 0, self._partitions(table, session) if partitioned else 0)
        location = leaf.relation().location()
        if str(location.getClass().getName()).endswith("CatalogFileIndex"):
            return TableSize(known, 0, self._partitions(table, session))
        files = len(location.inputFiles()) if size > _MANY_BYTES else 0
        partitions = int(location.partitionSpec().partitions().size()) if partitioned else 0
        return TableSize(known, files, partitions)

    def _partitions(self, table: Any, session: Any) -> int:
        catalog = session.sessionState().catalog().externalCatalog()
        names = calling(
            catalog.listPartitionNames,
            table.database(),
            table.identifier().table(),
            self._nothing(),
        )
        return int(names.size())


def _larger(one: TableSize, other: TableSize) -> TableSize:
    known = None if one.bytes is None or other.bytes is None else max(one.bytes, other.bytes)
    return TableSize(known, max(one.files, other.files), max(one.partitions, other.partitions))


def _is_folder(leaf: Any) -> bool:
    return str(leaf.relation().getClass().getName()).endswith(".HadoopFsRelation")


def _tables(tree: PlanNode) -> Iterator[tuple[int, str]]:
    """Yield the id of the first column and the full name of every table that has a name."""
    for node in walk(tree):
        table = node.fields.get(_NAMED_IN.get(node.kind, ""))
        identifier = table.get("identifier") if isinstance(table, Mapping) else None
        columns = output(node) if isinstance(identifier, Mapping) else ()
        if columns and isinstance(identifier, Mapping):
            parts = (identifier.get(part) for part in ("catalog", "database", "table"))
            yield columns[0], ".".join(str(part) for part in parts if part)


def _leaves(plan: Any) -> Iterator[Any]:
    """Yield the leaves of a plan and of its subqueries."""
    for part in (plan, *_items(plan.subqueriesAll())):
        yield from _items(part.collectLeaves())


def _items(sequence: Any) -> Iterator[Any]:
    for place in range(sequence.size()):
        yield sequence.apply(place)
