"""Profile the data: sample each table within bounds, then read joins and values from that."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlink_magic.catalog.joins import find_joins
from streamlink_magic.catalog.values import index_values
from streamlink_magic.records import DataProfile, TableSample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.protocols import Clock, ValueReader
    from streamlink_magic.records import Join, TableName, TableSchema


@dataclass(frozen=True, slots=True)
class JoinCorrections:
    """What the user said about joins: those that are there, and those that are not."""

    added: tuple[Join, ...] = ()
    removed: tuple[Join, ...] = ()


def profile_data(
    tables: Sequence[TableSchema],
    reader: ValueReader | None = None,
    *,
    corrections: JoinCorrections | None = None,
    budget_s: float = 60.0,
    clock: Clock = time.monotonic,
) -> DataProfile:
    """Return what is known of the data of these tables.

    Parameters
    ----------
    reader
        Reads the first rows of a table. None leaves joins to names and declared keys.
    corrections
        The user's own joins and those that the user took away.
    budget_s
        Seconds after which no further table is sampled; the rest is told in ``missing``.
    """
    described = [table for table in tables if table.described and not table.unreadable]
    samples, missing = _sample_all(described, reader, clock, budget_s) if reader else ((), ())
    said = corrections or JoinCorrections()
    return DataProfile(
        joins=find_joins(described, samples, added=said.added, removed=said.removed),
        values=index_values(samples),
        missing=missing,
    )


def corrected(profile: DataProfile, corrections: JoinCorrections) -> DataProfile:
    """Return the profile with the user's word on its joins; a join taken away is gone."""
    said = {join.ends for join in (*corrections.added, *corrections.removed)}
    rest = tuple(join for join in profile.joins if join.ends not in said)
    return replace(profile, joins=(*corrections.added, *rest))


def kept_within(profile: DataProfile, tables: Sequence[TableSchema]) -> DataProfile:
    """Return the profile with only those joins whose columns a query over the tables may read."""
    readable = {
        table.name: {one.name.casefold() for one in table.columns if not one.counted_only}
        for table in tables
    }

    def fits(table: TableName, columns: Sequence[str]) -> bool:
        return {one.casefold() for one in columns} <= readable.get(table, set())

    joins = tuple(
        join
        for join in profile.joins
        if fits(join.left, join.left_columns) and fits(join.right, join.right_columns)
    )
    return replace(profile, joins=joins)


def _sample_all(
    tables: Sequence[TableSchema], reader: ValueReader, clock: Clock, budget_s: float
) -> tuple[tuple[TableSample, ...], tuple[tuple[TableName, str], ...]]:
    samples, missing = [], []
    started = clock()
    for table in tables:
        late = clock() - started > budget_s
        sample = "the time for sampling was over" if late else reader.sample(table)
        if isinstance(sample, TableSample):
            samples.append(sample)
        else:
            missing.append((table.name, sample))
    return tuple(samples), tuple(missing)
