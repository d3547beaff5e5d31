"""The catalog as it was last seen: names first, then columns, within a deadline."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.catalog.profile import (
    JoinCorrections,
    corrected,
    kept_within,
    profile_data,
)
from streamlink_magic.catalog.ranking import rank_tables
from streamlink_magic.errors import CatalogError
from streamlink_magic.records import CatalogSnapshot, DataProfile, TableName, TableSchema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.protocols import CatalogReader, Clock, ValueReader

_DESCRIBE_ALL = 150
_DESCRIBE_LIKELY = 40


@dataclass(frozen=True, slots=True)
class _Known:
    table: TableSchema
    at: float


class CatalogCache:
    """Remembers described tables; one a notebook.

    Parameters
    ----------
    clock
        A monotonic clock, in seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # a question waits for the background's first look
        self._known: dict[TableName, _Known] = {}
        self._forgotten = 0
        self._learned = False
        self._named: tuple[TableSchema, ...] = ()
        self._policy: object = None
        self._bounded = False
        self.last = CatalogSnapshot(tables=())
        self.profile = DataProfile()
        self.corrections = JoinCorrections()

    def forget(self) -> None:
        """Describe everything anew next time (a cell may have changed tables)."""
        self._known.clear()
        self._forgotten += 1
        self._learned = False
        self._named = ()

    def keep_to(self, policy: object, *, bounded: bool) -> None:
        """Forget all that was seen under another policy.

        Parameters
        ----------
        bounded
            Whether the policy closes tables or columns, so that no join may name them.
        """
        with self._lock:
            if policy == self._policy:
                return
            seen = self._policy is not None
            self._policy, self._bounded = policy, bounded
            if seen:
                self.forget()
                self.last = CatalogSnapshot(tables=())
                self.profile = DataProfile()

    def learn(self, reader: ValueReader, *, budget_s: float) -> DataProfile:
        """Sample the tables of the last snapshot and keep what their data say.

        Meant for a background thread: until it is done, joins rest on names alone and no value
        is known. What was learned of tables that were forgotten meanwhile is dropped.

        Parameters
        ----------
        budget_s
            Seconds after which no further table is sampled.
        """
        begun = self._forgotten
        profile = self._within(
            profile_data(
                self.last.tables,
                reader,
                corrections=self.corrections,
                budget_s=budget_s,
                clock=self._clock,
            )
        )
        with self._lock:
            if begun == self._forgotten:
                self.profile, self._learned = profile, True
        return profile

    def correct_joins(self, corrections: JoinCorrections) -> None:
        """Take the user's word on joins, at once."""
        with self._lock:
            self.corrections = corrections
            self.profile = self._within(corrected(self.profile, corrections))

    def age_s(self) -> float | None:
        """Return how long ago the catalog was last read, in seconds; None when it never was."""
        return self._clock() - self.last.taken_at if self._known or self.last.tables else None

    def snapshot(
        self,
        reader: CatalogReader,
        *,
        hints: Sequence[str] = (),
        named: Sequence[str] = (),
        deadline_s: float,
        age_s: float,
    ) -> CatalogSnapshot:
        """Return the catalog: every name, and columns as far as the deadline allows.

        Up to 150 tables are all described. Of a larger catalog the 40 tables likeliest for the
        hints are, plus those named; the rest stay names.

        Parameters
        ----------
        hints
            Texts that tell which tables matter, the question first.
        named
            Dotted names that must be described.
        deadline_s
            Seconds after which no further table is described.
        age_s
            Seconds after which a description is read again.

        Raises
        ------
        CatalogError
            When the catalog itself cannot be read.
        """
        with self._lock:
            return self._snapshot(reader, hints, named, deadline_s, age_s)

    def _snapshot(
        self,
        reader: CatalogReader,
        hints: Sequence[str],
        named: Sequence[str],
        deadline_s: float,
        age_s: float,
    ) -> CatalogSnapshot:
        started = self._clock()
        listed = _list(reader)
        wanted = _wanted(listed, hints, named)
        complete = True
        for table in wanted:
            if self._fresh(table, age_s):
                continue
            if self._clock() - started > deadline_s:
                complete = False
                break
            self._known[table.name] = _Known(reader.describe(table), self._clock())
        self.last = CatalogSnapshot(
            tables=tuple(self._best(table) for table in listed),
            current_database=reader.current_database(),
            taken_at=self._clock(),
            complete=complete,
        )
        if not self._learned and self._named != self.last.tables:
            self._named = self.last.tables
            self.profile = self._within(profile_data(self._named, corrections=self.corrections))
        return self.last

    def _within(self, profile: DataProfile) -> DataProfile:
        return kept_within(profile, self.last.tables) if self._bounded else profile

    def _fresh(self, table: TableSchema, age_s: float) -> bool:
        known = self._known.get(table.name)
        # A temporary view is replaced without a trace in its name and is cheap to describe.
        if known is None or table.kind == "temp view":
            return False
        return self._clock() - known.at < age_s

    def _best(self, table: TableSchema) -> TableSchema:
        known = self._known.get(table.name)
        return known.table if known else table


def _list(reader: CatalogReader) -> tuple[TableSchema, ...]:
    try:
        return tuple(sorted(reader.list_tables(), key=lambda table: table.name))
    except CatalogError:
        raise
    except Exception as error:
        cause = str(error).strip().split("\n", 1)[0][:200]
        raise CatalogError(
            f"Spark cannot list its tables: {cause}",
            "Check that the metastore answers: spark.sql('SHOW TABLES').show()",
        ) from error


def _wanted(
    listed: Sequence[TableSchema], hints: Sequence[str], named: Sequence[str]
) -> tuple[TableSchema, ...]:
    if len(listed) <= _DESCRIBE_ALL:
        return tuple(listed)
    question, *rest = hints or ("",)
    likely = rank_tables(question, listed, also=rest)[:_DESCRIBE_LIKELY]
    asked = {name.casefold() for name in named}
    also = [
        table
        for table in listed
        if {table.name.dotted.casefold(), table.name.name.casefold()} & asked
    ]
    return tuple(dict.fromkeys([*also, *likely]))
