"""A statement as a tree, with what each of its scopes can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from streamlink_magic.catalog.ranking import words_of
from streamlink_magic.records import DataProfile, TableSchema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlink_magic.errors import InvalidSqlError

_LINKING_WORDS = frozenset(["in", "of", "has", "have", "to", "by", "for", "and", "the", "map"])


@dataclass(frozen=True, slots=True)
class Known:
    """What repairs may draw on: the linked tables, the data's profile, Spark's complaint.

    ``question`` tells which tables the user spoke of; empty where nothing is known of that.
    """

    tables: tuple[TableSchema, ...]
    profile: DataProfile = field(default_factory=DataProfile)
    error: InvalidSqlError | None = None
    question: str = ""

    def table(self, name: str) -> TableSchema | None:
        """Return the table of this name, in any case; None when there is none, or several."""
        found = [one for one in self.tables if one.name.name.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else None

    def never_mentions(self, table: TableSchema) -> bool:
        """Return whether the question surely says nothing of a table.

        A table is spoken of where all words of its name are in the question. Nothing is sure
        of questions in other scripts than the names.
        """
        asked = set(words_of(self.question))
        said = set(words_of(table.name.name)) - _LINKING_WORDS
        return self.question.isascii() and bool(asked) and not said <= asked

    def failed_with(self, *conditions: str) -> bool:
        """Return whether Spark's complaint is one of these error conditions."""
        return self.error is not None and self.error.condition.startswith(conditions)


@dataclass(frozen=True, slots=True)
class Source:
    """What one alias of a scope offers.

    Attributes
    ----------
    columns
        Real names by folded name; None where they cannot be known.
    table
        The catalog's table; None for a subquery or a table that is not known.
    """

    alias: str
    columns: Mapping[str, str] | None
    table: TableSchema | None = None

    def has(self, name: str) -> bool:
        """Return whether it surely has a column of this name, in any case."""
        return self.columns is not None and name.casefold() in self.columns


@dataclass(frozen=True, slots=True)
class ScopeView:
    """One scope: its query, its sources, and those of the queries around it."""

    query: exp.Expr
    sources: tuple[Source, ...]
    outer: tuple[Source, ...] = ()

    @property
    def selects(self) -> tuple[exp.Expr, ...]:
        """What the query gives out; of a union, its first part."""
        return tuple(self.query.selects) if isinstance(self.query, exp.Query) else ()

    def columns(self) -> Iterator[exp.Column]:
        """Yield the columns that this query itself names, not its subqueries."""
        for column in list(self.query.find_all(exp.Column)):
            home = column.find_ancestor(exp.Select, exp.SetOperation)
            if home is self.query and not isinstance(column.this, exp.Star):
                yield column

    def source(self, alias: str) -> Source | None:
        """Return the source of an alias, in any case."""
        folded = alias.casefold()
        return next((one for one in self.sources if one.alias.casefold() == folded), None)

    def made_here(self, column: exp.Column) -> bool:
        """Return whether an unqualified name is an output of this query, where that counts."""
        if column.table or column.find_ancestor(exp.Where, exp.Join, exp.Select) is not self.query:
            return False
        selects = self.selects
        names = {one.alias_or_name.casefold() for one in selects if one is not column}
        inside = column.find_ancestor(exp.Order, exp.Group, exp.Having, exp.Qualify, exp.Select)
        aliases = {one.alias.casefold() for one in selects if isinstance(one, exp.Alias)}
        return column.name.casefold() in (aliases if inside is self.query else names)

    def missing(self) -> Iterator[exp.Column]:
        """Yield the columns that surely no source offers under the name as it is written."""
        for column in self.columns():
            if not self.made_here(column) and self._is_missing(column):
                yield column

    def _is_missing(self, column: exp.Column) -> bool:
        everywhere = (*self.sources, *self.outer)
        if any(one.columns is None for one in everywhere):
            named = [one for one in everywhere if one.alias.casefold() == column.table.casefold()]
            if not named or named[0].columns is None:
                return False
        if column.args.get("db"):
            return False  # a struct's field, or a name with its database
        if column.table:
            own = [one for one in everywhere if one.alias.casefold() == column.table.casefold()]
            struct = not own and any(one.has(column.table) for one in everywhere)
            return not struct and not any(one.has(column.name) for one in own)
        return not any(one.has(column.name) for one in everywhere)


@dataclass(slots=True)
class Statement:
    """A parsed statement that repairs change in place; ``written`` is the text that it was."""

    tree: exp.Query
    written: str

    @classmethod
    def parse(cls, sql: str, dialect: str = "spark") -> Statement | None:
        """Return the statement; None when it is no query that sqlglot can read."""
        try:
            tree = sqlglot.parse_one(sql, read=dialect)
        except (SqlglotError, RecursionError, ValueError):
            return None
        return cls(tree, sql) if isinstance(tree, exp.Query) else None

    def sql(self) -> str | None:
        """Return the text for Spark; None where sqlglot cannot say it without a loss."""
        try:
            return self.tree.sql(dialect="spark", pretty=True, unsupported_level=ErrorLevel.RAISE)
        except SqlglotError:
            return None

    def views(self, tables: Sequence[TableSchema]) -> tuple[ScopeView, ...]:
        """Return the scopes, inner ones first, as they are now."""
        known = {table.name.name.casefold(): table for table in tables}
        try:
            scopes = list(traverse_scope(self.tree))
        except (SqlglotError, RecursionError, ValueError):
            return ()
        return tuple(_view(scope, known) for scope in scopes)


def _view(scope: Scope, tables: Mapping[str, TableSchema]) -> ScopeView:
    outer: list[Source] = []
    around = scope.parent if scope.is_subquery else None
    while around is not None:
        outer += _sources(around, tables)
        around = around.parent if around.is_subquery else None
    return ScopeView(scope.expression, tuple(_sources(scope, tables)), tuple(outer))


def _sources(scope: Scope, tables: Mapping[str, TableSchema]) -> Iterator[Source]:
    for alias, (_, source) in scope.selected_sources.items():
        if isinstance(source, exp.Table):
            table = tables.get(source.name.casefold())
            yield Source(alias, _folded(table) if table else None, table)
        else:
            yield Source(alias, _outputs(source, tables))
    for lateral in scope.expression.args.get("laterals") or ():
        yield Source(lateral.alias, None)


def _folded(table: TableSchema) -> Mapping[str, str]:
    return {column.name.casefold(): column.name for column in table.columns}


def _outputs(scope: Scope, tables: Mapping[str, TableSchema]) -> Mapping[str, str] | None:
    """Return what a subquery offers; None where a star hides it."""
    names: dict[str, str] = {}
    query = scope.expression
    for item in query.selects if isinstance(query, exp.Query) else ():
        if not item.is_star:
            names.setdefault(item.alias_or_name.casefold(), item.alias_or_name)
            continue
        for source in _sources(scope, tables):
            if source.columns is None:
                return None
            names |= source.columns
    return names
