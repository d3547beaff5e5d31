"""Whether a result is the expected one: as a bag of rows, in order only where that matters.

What is expected is a row of groups: the rows within a group may come in any order, the groups
may not. An unordered result is one group; a sorted one has a group for each run of rows that tie
on the sort keys. Where LIMIT cuts through the last group, any of its rows will do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.evaluation.cells import TOLERANCE, close, is_number, plain_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.evaluation.cells import Row

# Wide results of equal columns have more orders of columns than can be tried
MAX_TRIES = 5_000

_ANY_NUMBER = object()


@dataclass(frozen=True, slots=True)
class Expected:
    """The right result: groups in order, and how many rows of them."""

    groups: tuple[tuple[Row, ...], ...]
    size: int


def expect(rows: Sequence[Sequence[object]], *, ordered: bool) -> Expected:
    """Expect exactly these rows, in this order or in any."""
    plain = plain_rows(rows)
    groups = tuple((row,) for row in plain) if ordered else (tuple(plain),)
    return Expected(groups, len(plain))


def expect_sorted(
    rows: Sequence[Sequence[object]], *, width: int, limit: int | None = None
) -> Expected:
    """Expect rows in the order of their sort keys; rows that tie may swap.

    Parameters
    ----------
    rows
        The sorted rows, each followed by its sort keys.
    width
        How many of a row's cells are the result; the others are keys.
    limit
        Only so many of the rows; where that cuts a group of ties, any of them.
    """
    groups: list[list[Row]] = []
    last: Row = ()
    for row in plain_rows(rows):
        keys = row[width:]
        if not groups or not _rows_close(keys, last):
            groups.append([])
            last = keys
        groups[-1].append(row[:width])
    size = len(rows) if limit is None else min(limit, len(rows))
    return Expected(tuple(tuple(group) for group in groups), size)


def matches(expected: Expected, rows: Sequence[Sequence[object]]) -> bool:
    """Whether rows are the expected ones.

    Columns may come in any order and under any name. Numbers agree within 1e-6, relative or
    absolute. Near numbers are paired off one after the other, so a chain of numbers each within
    the tolerance of the next may be judged unequal.
    """
    if len(rows) != expected.size:
        return False
    if not rows:
        return True
    plain = plain_rows(rows)
    if len(plain[0]) != len(expected.groups[0][0]):
        return False
    return _search(expected, plain, (), iter(range(MAX_TRIES)))


def _search(
    expected: Expected, rows: list[Row], chosen: tuple[int, ...], tries: Iterator[int]
) -> bool:
    """Assign a column of the result to each expected column in turn, as far as rows agree."""
    depth = len(chosen)
    if depth == len(rows[0]):
        return True
    # The column at the same place is the likeliest
    places = sorted(set(range(len(rows[0]))) - set(chosen), key=lambda place: place != depth)
    for place in places:
        if next(tries, None) is None:
            return False
        columns = (*chosen, place)
        if _agrees(expected, rows, columns) and _search(expected, rows, columns, tries):
            return True
    return False


def _agrees(expected: Expected, rows: list[Row], columns: tuple[int, ...]) -> bool:
    """Whether the result's columns agree, group by group, with as many first expected ones."""
    start = 0
    for group in expected.groups:
        stop = min(start + len(group), expected.size)
        part = [tuple(row[column] for column in columns) for row in rows[start:stop]]
        if not fits(part, [row[: len(columns)] for row in group]):
            return False
        start = stop
        if start == expected.size:
            break
    return True


def fits(part: Sequence[Row], whole: Sequence[Row]) -> bool:
    """Whether every row of a bag has a row of its own in another bag.

    >>> fits([(1, "a")], [(2, "b"), (1.0000000001, "a")])
    True
    """
    if len(part) == len(whole) == 1:
        return _rows_close(part[0], whole[0])
    left = Counter(whole)
    rest: list[Row] = []
    for row in part:
        if left[row]:
            left[row] -= 1
        else:
            rest.append(row)
    return not rest or _near(rest, list(left.elements()))


def _near(rows: list[Row], pool: list[Row]) -> bool:
    """Pair rows off with rows of the pool that differ in their numbers' last digits only."""
    wanted, offered = _by_shape(rows), _by_shape(pool)
    return all(
        len(some) <= len(offered[shape]) and _pair_off(some, offered[shape], shape)
        for shape, some in wanted.items()
    )


def _by_shape(rows: list[Row]) -> dict[Row, list[Row]]:
    """Group rows by everything in them that is no number."""
    shapes: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        shape = tuple(_ANY_NUMBER if is_number(cell) else cell for cell in row)
        shapes[shape].append(row)  # type: ignore[index] # the mark stands where a number was
    return shapes


def _pair_off(rows: list[Row], pool: list[Row], shape: Row) -> bool:
    numbers = [place for place, cell in enumerate(shape) if cell is _ANY_NUMBER]
    if not numbers:
        return False
    # Sorted by the column that tells rows apart best, few candidates lie within the tolerance
    by = max(numbers, key=lambda place: len({row[place] for row in pool}))
    pool.sort(key=lambda row: _number(row, by))
    return all(_take_near(row, pool, by) for row in rows)


def _take_near(row: Row, pool: list[Row], by: int) -> bool:
    """Remove from the sorted pool the first row that is near, if there is one."""
    number = _number(row, by)
    margin = 2 * TOLERANCE * max(1.0, abs(number))
    low = number - margin if margin < float("inf") else number
    index = bisect_left(pool, low, key=lambda other: _number(other, by))
    while index < len(pool) and _number(pool[index], by) <= number + margin:
        if _rows_close(row, pool[index]):
            del pool[index]
            return True
        index += 1
    return False


def _number(row: Row, place: int) -> float:
    return float(row[place])  # type: ignore[arg-type] # only asked where the shape has a number


def _rows_close(one: Row, other: Row) -> bool:
    return all(close(a, b) for a, b in zip(one, other, strict=True))
