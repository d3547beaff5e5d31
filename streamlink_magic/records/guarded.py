"""What the guard sees of a statement, says of it, and hands on to be run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.records.catalog import Column


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a statement may run, and if not, which rule stops it where and why.

    Attributes
    ----------
    allowed
        True only when every rule was satisfied.
    rule
        The rule's short name, ``ok`` when allowed.
    clause
        The part of the statement that broke the rule, as it was written where known.
    why
        One sentence.
    tables
        The tables that the analysed plan reads, as dotted names.
    warnings
        What a reader of an allowed statement should look at, a sentence each.
    plan
        What Spark would read and do, by the analysed plan, a sentence each.
    """

    allowed: bool
    rule: str
    clause: str = ""
    why: str = ""
    tables: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    plan: tuple[str, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One node of a parsed or analysed Spark plan, free of the JVM.

    Attributes
    ----------
    kind
        The JVM class name.
    fields
        What the guard's rules look at, by name.
    children
        Every plan and expression below, subqueries included.
    parts
        Those of the children that a field holds, by field, in the children's order and before
        the node's own inputs.
    """

    kind: str
    fields: Mapping[str, object] = field(default_factory=dict)
    children: tuple[PlanNode, ...] = ()
    parts: Mapping[str, tuple[PlanNode, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class TableSize:
    """How much a query would read of a table.

    Attributes
    ----------
    bytes
        By Spark's estimate; None where Spark does not know.
    files
        0 where they were not counted, since the table is small or Spark has not listed them.
    """

    bytes: float | None
    files: int = 0
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class FilePlaces:
    """Where the files of one relation of a plan lie.

    Attributes
    ----------
    table
        Its dotted name; empty where it was read by its path.
    places
        Addresses, ``scheme://owner/path``. An empty one is not known; a database has none.
    """

    table: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogRows:
    """What a question about the catalog comes to; nothing of it is run.

    Attributes
    ----------
    tables
        The tables that it tells of, as dotted names.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    tables: tuple[str, ...] = ()


_SEAL = object()


@dataclass(frozen=True, slots=True)
class GuardedQuery:
    """A query that the guard let through, with the very plan that was checked.

    Only ``steps.guard`` makes one: the constructor wants its seal. ``plan`` is opaque here; the
    adapter that analysed it is the one that runs it. Where the catalog answers, ``plan`` holds
    the rows.
    """

    sql: str
    verdict: Verdict
    plan: object = field(repr=False, compare=False)
    seal: object = field(repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL or not self.verdict.allowed:
            raise TypeError("a GuardedQuery is made by the guard alone; call check_sql or ask")
