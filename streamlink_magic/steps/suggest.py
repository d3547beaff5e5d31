"""Questions that could come next, made from the answer's SQL and its tables without a model.

Each names only columns that the tables read have, and values that were seen in them, so that the
catalog can answer it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import Column, DataProfile, TableSchema

SUGGESTED = 3
_TEXTS = ("string", "char", "varchar", "boolean")
_TIMES = ("date", "timestamp")
_PARTS = ("year", "quarter", "month", "week", "weekday", "hour")
_GROUPS = range(2, 201)
_MONTHS_OF_DAYS, _YEARS_OF_MONTHS = 2, 3
_SINGLE = re.compile(r"(name|title|id|key|code|note|comment|description)\Z", re.IGNORECASE)
_PLAIN_VALUE = re.compile(r"[\w .&/-]{1,30}\Z")
_MEASURES: dict[type[exp.Expr], str] = {
    exp.Avg: "average",
    exp.Sum: "total",
    exp.Max: "largest",
    exp.Min: "smallest",
}


def suggest_questions(
    sql: str, tables: Sequence[TableSchema], profile: DataProfile
) -> tuple[str, ...]:
    """Return at most three questions that could follow, each of another kind.

    Parameters
    ----------
    sql
        The answer's SQL.
    tables
        Tables with the columns that may be named; those that the SQL does not name are left out.
    profile
        What is known of their data.

    Examples
    --------
    >>> from streamlink_magic.testing import table
    >>> from streamlink_magic.records import DataProfile
    >>> pets = table("pets", "kind string, town string, age int")
    >>> suggest_questions("SELECT count(*) FROM pets", [pets], DataProfile())[0]
    'How many pets are there for each kind?'
    """
    select = _parsed(sql)
    known = _named(select, tables) if select is not None else ()
    if select is None or not known:
        return ()
    scene = _Scene(select, known, profile)
    found: list[str] = []
    for kind in (_drilled, _over_time, _ranked, _shared, _filtered):
        found += [text for text in _first(kind(scene)) if text not in found]
    return tuple(found[:SUGGESTED])


def _first(texts: Iterator[str]) -> list[str]:
    return [text for _, text in zip(range(1), texts, strict=False)]


def _parsed(sql: str) -> exp.Select | None:
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except (SqlglotError, RecursionError):
        return None
    return tree.find(exp.Select) if isinstance(tree, exp.Query) else None


def _named(select: exp.Select, tables: Sequence[TableSchema]) -> tuple[TableSchema, ...]:
    """Return the described tables that a statement names, each once."""
    names = {one.name.casefold() for one in select.root().find_all(exp.Table)}
    known = {
        one.name.name.casefold(): one
        for one in reversed(tables)
        if one.described and one.name.name.casefold() in names
    }
    return tuple(reversed(known.values()))


@dataclass(frozen=True, slots=True)
class _Scene:
    """One answer's query, looked at for what could be asked besides."""

    select: exp.Select
    tables: tuple[TableSchema, ...]
    profile: DataProfile

    @property
    def main(self) -> str:
        """The table whose rows are counted."""
        read = (one.name.casefold() for one in self.select.find_all(exp.Table))
        by_name = {one.name.name.casefold(): one.name.name for one in self.tables}
        return next((by_name[name] for name in read if name in by_name), self.tables[0].name.name)

    @property
    def used(self) -> frozenset[str]:
        """The columns that already group, filter or join."""
        clauses = [self.select.args.get(name) for name in ("group", "where")]
        clauses += self.select.args.get("joins") or []
        held = (clause.find_all(exp.Column) for clause in clauses if clause is not None)
        plain = [one for one in self.select.expressions if isinstance(one, exp.Column)]
        return frozenset(one.name.casefold() for columns in (plain, *held) for one in columns)

    @property
    def measure(self) -> str:
        """What the query computes, such as ``average delay``; empty for a count of rows."""
        for item in self.select.expressions:
            for kind, word in _MEASURES.items():
                found = item.find(kind)
                if found is not None and isinstance(found.this, exp.Column):
                    column = self.column(found.this.name)
                    if column:
                        return f"{word} {column}"
        return ""

    @property
    def keys(self) -> list[str]:
        """The columns by which the query groups, as they are named in a question."""
        group = self.select.args.get("group")
        columns = [one for one in group.expressions if isinstance(one, exp.Column)] if group else []
        return [name for one in columns if (name := self.column(one.name))]

    def column(self, name: str) -> str:
        """Return a column as a question names it; empty where the tables have none."""
        folded = name.casefold()
        held = [
            (table, column)
            for table in self.tables
            for column in table.columns
            if column.name.casefold() == folded and not column.counted_only
        ]
        if not held:
            return ""
        table, column = held[0]
        return column.name if len(held) == 1 else f"{column.name} of {table.name.name}"

    def groups(self) -> Iterator[tuple[TableSchema, Column]]:
        """Yield the columns that sort rows into kinds, the likeliest first."""
        found = [
            (table, column)
            for table in self.tables
            for column in table.columns
            if column.type.startswith(_TEXTS)
            and not column.counted_only
            and column.name.casefold() not in self.used
        ]
        known = [pair for pair in found if self._kinds(*pair) in _GROUPS]
        unknown = [pair for pair in found if self._kinds(*pair) is None]
        yield from (*known, *sorted(unknown, key=lambda pair: bool(_SINGLE.search(pair[1].name))))

    def _kinds(self, table: TableSchema, column: Column) -> int | None:
        values = self.profile.of(table.name, column.name)
        return values.distinct if values is not None and values.rows else None

    def times(self) -> Iterator[str]:
        """Yield what a question calls the columns that tell when, by the unit that suits."""
        for table in self.tables:
            for column in table.columns:
                free = column.name.casefold() not in self.used and not column.counted_only
                if free and column.type.startswith(_TIMES):
                    yield f"{self._unit(table, column)} of {self.column(column.name)}"
                elif free and column.name.casefold() in _PARTS:
                    yield self.column(column.name)

    def _unit(self, table: TableSchema, column: Column) -> str:
        """Return the unit of time that makes neither one group nor hundreds."""
        values = self.profile.of(table.name, column.name)
        first, last = (values.lowest, values.highest) if values else ("", "")
        years, months = (_span(first, last, length) for length in (4, 7))
        if not first or months is None or years is None:
            return "month"
        if years >= _YEARS_OF_MONTHS:
            return "year"
        return "month" if months >= _MONTHS_OF_DAYS else "day"

    def asked(self, rest: str) -> str:
        """Return a question for what the query computes."""
        if self.measure:
            return f"What is the {self.measure} {rest}?"
        return f"How many {self.main} are there {rest}?"


def _span(first: str, last: str, length: int) -> int | None:
    """Return how many years (4 characters) or months (7) lie between two dates."""
    texts = first[:length].split("-"), last[:length].split("-")
    if not all(part.isdecimal() for text in texts for part in text):
        return None
    numbers = [
        int(text[0]) * 12 + int(text[1]) if len(text) > 1 else int(text[0]) for text in texts
    ]
    return numbers[1] - numbers[0]


def _drilled(scene: _Scene) -> Iterator[str]:
    for _, column in scene.groups():
        yield scene.asked(f"for each {scene.column(column.name)}")


def _over_time(scene: _Scene) -> Iterator[str]:
    for time in scene.times():
        yield scene.asked(f"for each {time}")


def _ranked(scene: _Scene) -> Iterator[str]:
    order = scene.select.args.get("order")
    falls = bool(order and order.expressions and order.expressions[0].args.get("desc"))
    for key in scene.keys:
        if scene.measure:
            yield f"Which {key} has the {'lowest' if falls else 'highest'} {scene.measure}?"
        else:
            yield f"Which {key} has the {'fewest' if falls else 'most'} {scene.main}?"


def _shared(scene: _Scene) -> Iterator[str]:
    if not scene.measure:
        for key in scene.keys:
            yield f"What percentage of all {scene.main} does each {key} have?"


def _filtered(scene: _Scene) -> Iterator[str]:
    for table, column in scene.groups():
        values = scene.profile.of(table.name, column.name)
        for value in values.values[:1] if values else ():
            if _PLAIN_VALUE.match(value):
                yield scene.asked(f"where {scene.column(column.name)} is '{value}'")
