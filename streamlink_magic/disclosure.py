"""What the policy lets a question see of the catalog: closed names go no further than here.

A column that no query may use is of no use in a prompt, and its name may itself be a secret. So
everything that lists tables (prompt, hints, joins, completion, ``%streamlink``) reads the catalog
through ``VisibleCatalog``. What a view hands on under another name only the guard can tell, so
the guard is asked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import GuardError, OverBudgetError
from streamlink_magic.records import Column, TableName, TableSchema, quote_name
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.guard.columns import hides, masks, rules_columns
from streamlink_magic.steps.guard.scope import Identity, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from streamlink_magic.catalog.cache import CatalogCache
    from streamlink_magic.policy import Policy
    from streamlink_magic.protocols import Workbench
    from streamlink_magic.records import AskContext, CatalogSnapshot
    from streamlink_magic.settings import Settings

COUNTED_ONLY = "values hidden: may only be counted, count({name})"
_VIEWS = frozenset({"view", "temp view", "dataframe"})
_TEMPORARY = frozenset({"temp view", "dataframe"})
_CLOSED = "(closed)"


def bounds_views(policy: Policy) -> bool:
    """Return whether a policy says anything of what a view may hand on."""
    own = policy.tables is not None or policy.denied_tables or rules_columns(policy)
    return bool(own) or any(map(bounds_views, policy.ceilings))


def see_catalog(workbench: Workbench, policy: Policy, cache: CatalogCache) -> VisibleCatalog:
    """Return the catalog as a question may see it; the cache forgets what another policy opened."""
    cache.keep_to(policy, bounded=bounds_views(policy))
    return VisibleCatalog(workbench, policy)


def see_tables(workbench: Workbench, settings: Settings, cache: CatalogCache) -> CatalogSnapshot:
    """Return the tables that the settings' policy opens, from the cache where it knows them."""
    return cache.snapshot(
        see_catalog(workbench, settings.policy, cache),
        deadline_s=settings.catalog_deadline_s,
        age_s=settings.catalog_age_s,
    )


class VisibleCatalog:
    """``CatalogReader`` over what the policy opens.

    Parameters
    ----------
    workbench
        The session; its guard decides what views hand on.
    """

    def __init__(self, workbench: Workbench, policy: Policy) -> None:
        self._workbench = workbench
        self._policy = policy
        self._bounds_views = bounds_views(policy)
        self._closed_tables: set[str] = set()

    def under(self, policy: Policy) -> VisibleCatalog:
        """Return the same catalog under a policy that opens DataFrame variables besides."""
        visible = VisibleCatalog(self._workbench, policy)
        visible._closed_tables = self._closed_tables
        return visible

    def current_catalog(self) -> str:
        """Return the session's current catalog."""
        return self._workbench.current_catalog()

    def current_database(self) -> str:
        """Return the session's current database."""
        return self._workbench.current_database()

    def list_tables(self) -> Sequence[TableSchema]:
        """Return the tables and views that may be read, undescribed."""
        catalog = self.current_catalog()
        here = {"catalog": catalog, "database": self.current_database()}
        scope = scope_of(self._policy, here)
        listed = self._workbench.list_tables()
        opened = tuple(one for one in listed if scope.allows(_identity(one, catalog)))
        names = {one.name.name for one in opened}
        self._closed_tables = {one.name.name for one in listed} - names
        return opened

    def describe(self, table: TableSchema) -> TableSchema:
        """Return the table with the columns that may be used, or why there are none."""
        return self.shown(self._workbench.describe(table))

    def shown(self, table: TableSchema) -> TableSchema:
        """Return a described table without what is closed, its masked columns marked."""
        if not (table.described and self._bounds_views):
            return table
        columns = tuple(self._columns(table))
        open_names = {column.name for column in columns}
        closed = tuple(one.name for one in table.columns if one.name not in open_names)
        hushed = {*closed, *self._closed_tables}
        return replace(
            table,
            columns=tuple(_uncommented(column, hushed) for column in columns),
            comment="" if mentions(table.comment, hushed) else table.comment,
            primary_key=() if set(table.primary_key) & hushed else table.primary_key,
            foreign_keys=tuple(
                key
                for key in table.foreign_keys
                if not {*key.columns, *key.references, key.table} & hushed
            ),
            unreadable="" if columns else "the policy closes all of its columns",
            closed=closed,
        )

    def hushed(self, tables: Sequence[TableSchema]) -> frozenset[str]:
        """Return the names whose mention keeps a text out of the prompt.

        They are those of closed tables, closed columns and masked columns: beside a masked
        column's name stand its values.
        """
        masked = (one.name for table in tables for one in table.columns if one.counted_only)
        return frozenset({*self._closed(tables), *masked})

    def closed(self, tables: Sequence[TableSchema]) -> frozenset[str]:
        """Return the names that are closed and not also those of something open."""
        shown = {one.name.casefold() for table in tables for one in table.columns}
        shown |= {table.name.name.casefold() for table in tables}
        return frozenset(one for one in self._closed(tables) if one.casefold() not in shown)

    def _closed(self, tables: Sequence[TableSchema]) -> set[str]:
        return {*self._closed_tables, *(name for table in tables for name in table.closed)}

    def _columns(self, table: TableSchema) -> Iterator[Column]:
        identity = _identity(table, self.current_catalog())
        by_name = [
            replace(column, counted_only=masks(self._policy, identity, column.name))
            for column in table.columns
            if not hides(self._policy, identity, column.name)
        ]
        if table.kind in _VIEWS:
            by_name = list(self._handed_on(table.name, by_name))
        for column in by_name:
            note = COUNTED_ONLY.format(name=column.name)
            yield replace(column, comment=note) if column.counted_only else column

    def _handed_on(self, view: TableName, columns: Sequence[Column]) -> Iterator[Column]:
        """Yield the columns of a view that a query may read, or at least count."""
        if not self._workbench.guards:
            if not rules_columns(self._policy):
                yield from columns
            return
        plain = [column for column in columns if not column.counted_only]
        whole = bool(plain) and self._may(view, ", ".join(quote_name(one.name) for one in plain))
        for column in columns:
            name = quote_name(column.name)
            if not column.counted_only and (whole or self._may(view, name)):
                yield column
            elif self._may(view, f"count({name})"):
                yield replace(column, counted_only=True)

    def _may(self, view: TableName, selected: str) -> bool:
        sql = f"SELECT {selected} FROM {view.sql}"  # noqa: S608  every name is in backticks
        try:
            guard_sql(sql, self._workbench, self._policy)
        except OverBudgetError:
            return True
        except GuardError:
            return False
        return True


def hidden_values(workbench: Workbench, policy: Policy) -> Callable[[TableName, str], bool]:
    """Return what tells the columns of tables whose values must not be seen."""
    catalog = workbench.current_catalog()

    def hidden(table: TableName, column: str) -> bool:
        identity = _identity(TableSchema(table), catalog)
        return hides(policy, identity, column) or masks(policy, identity, column)

    return hidden


def without_closed(context: AskContext, visible: VisibleCatalog) -> AskContext:
    """Return the context without what mentions a closed name, and without terms over masked ones.

    DataFrame variables among its tables are narrowed as views are.
    """
    shown = (
        visible.shown(one) if one.kind == "dataframe" else one for one in context.catalog.tables
    )
    catalog = replace(context.catalog, tables=tuple(shown))
    hushed, closed = visible.hushed(catalog.tables), visible.closed(catalog.tables)
    return replace(
        context,
        catalog=catalog,
        closed=closed,
        cells=tuple(one for one in context.cells if not mentions(one, hushed)),
        terms=tuple(one for one in context.terms if not mentions(one.condition, hushed)),
        turns=tuple(
            one for one in context.turns if not mentions(f"{one.question}\n{one.sql}", closed)
        ),
        examples=tuple(
            one for one in context.examples if not mentions(f"{one.question}\n{one.sql}", closed)
        ),
    )


def mentions(text: str, names: Collection[str]) -> bool:
    """Return whether a text holds one of the names as a word.

    >>> mentions("SELECT e_mail FROM t", {"mail"}), mentions("by Mail", {"mail"})
    (False, True)
    """
    return bool(text and names and _any_of(names).search(text))


def without_names(text: str, names: Collection[str]) -> str:
    """Return a text with the names taken out.

    >>> without_names("Did you mean `email` or `name`?", {"email"})
    'Did you mean `(closed)` or `name`?'
    """
    return _any_of(names).sub(_CLOSED, text) if names else text


def _any_of(names: Collection[str]) -> re.Pattern[str]:
    choices = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)


def _uncommented(column: Column, hushed: Collection[str]) -> Column:
    return replace(column, comment="") if mentions(column.comment, hushed) else column


def _identity(table: TableSchema, current_catalog: str) -> Identity:
    name = table.name
    temporary = table.kind in _TEMPORARY or not name.database
    catalog = "" if temporary else name.catalog or current_catalog
    return Identity(name.name, name.database, catalog)
