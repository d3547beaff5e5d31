"""Which tables a policy opens, and how the statement's names relate to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.policy import Policy

SESSION_CATALOG = "spark_catalog"
_WITH_DATABASE = 2
_PARTS = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")


@dataclass(frozen=True, slots=True)
class Identity:
    """A table as Spark resolved it; a temporary view has neither catalog nor database."""

    name: str
    database: str = ""
    catalog: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Catalog, database and name, those that are known."""
        return tuple(part for part in (self.catalog, self.database, self.name) if part)

    @property
    def dotted(self) -> str:
        """The name as people write it; Spark's own catalog goes without saying."""
        catalog = "" if self.catalog == SESSION_CATALOG else self.catalog
        return ".".join(part for part in (catalog, self.database, self.name) if part)


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be read, seen from the current catalog and database.

    Attributes
    ----------
    allowed
        The tables that may be read; None opens ``open_databases`` and the temporary views.
    views
        Temporary views that may be read whatever is allowed.
    denied
        Names that may not be read, whatever else opens them.
    ceilings
        Scopes that must allow a table too.
    """

    catalog: str
    database: str
    allowed: frozenset[tuple[str, str, str]] | None
    open_databases: frozenset[tuple[str, str]] = frozenset()
    views: frozenset[str] = frozenset()
    denied: tuple[tuple[str, ...], ...] = ()
    ceilings: tuple[Scope, ...] = ()

    def allows(self, table: Identity) -> bool:
        """Return whether a resolved table, view or temporary view may be read."""
        return self._opens(table) and all(ceiling.allows(table) for ceiling in self.ceilings)

    def allows_in_view(self, table: Identity) -> bool:
        """Return whether a view may read a table: only a list of tables bounds that."""
        own = not self.denies(table.parts) if self.allowed is None else self._opens(table)
        return own and all(ceiling.allows_in_view(table) for ceiling in self.ceilings)

    def opens_database(self, catalog: str, database: str) -> bool:
        """Return whether something of a database may be read."""
        owner = (catalog.lower(), database.lower())
        if self.allowed is None:
            own = owner in self.open_databases
        else:
            own = any(key[:2] in {owner, (owner[0], "*")} for key in self.allowed)
        return own and all(each.opens_database(catalog, database) for each in self.ceilings)

    def denies(self, parts: tuple[str, ...]) -> bool:
        """Return whether a name is among those that nothing may read."""
        return any(matches(name, parts) for name in self.denied)

    def _opens(self, table: Identity) -> bool:
        if self.denies(table.parts):
            return False
        if not (table.database or table.catalog) and self.views & {table.name.lower(), "*"}:
            return True
        key = _key(table.catalog, table.database, table.name)
        if self.allowed is None:
            return key[:2] in self.open_databases or not (table.database or table.catalog)
        wider = {key, (*key[:2], "*"), (key[0], "*", "*")}
        return not wider.isdisjoint(self.allowed)

    def may_name(self, parts: tuple[str, ...]) -> bool:
        """Return whether a name as it was written can mean something that may be read."""
        if len(parts) == 1:
            here = Identity(parts[0], self.database, self.catalog)
            return self.allows(Identity(parts[0])) or self.allows(here)
        if parts[0].lower() == "global_temp":
            return self.allows(Identity(parts[-1], "global_temp"))
        catalog, database = (
            (self.catalog, parts[0]) if len(parts) == _WITH_DATABASE else _outer(parts)
        )
        return self.allows(Identity(parts[-1], database, catalog))


def scope_of(policy: Policy, session: Mapping[str, object]) -> Scope:
    """Return the policy's scope under the session's current catalog and database."""
    catalog = str(session.get("catalog", "") or SESSION_CATALOG).lower()
    database = str(session.get("database", "")).lower()
    opened = {_owner(split_name(entry), catalog) for entry in policy.databases}
    return Scope(
        catalog,
        database,
        None if policy.tables is None else _listed(policy.tables, catalog, database),
        frozenset({(catalog, database), *opened}),
        frozenset(name.lower() for name in policy.views),
        tuple(split_name(entry) for entry in policy.denied_tables),
        tuple(scope_of(ceiling, session) for ceiling in policy.ceilings),
    )


def matches(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Return whether a name fits a pattern, both read from their last part.

    >>> matches(("customers", "*"), ("spark_catalog", "shop", "customers", "email"))
    True
    """
    ends = zip(reversed(pattern), reversed(parts), strict=False)
    return (
        bool(pattern)
        and len(pattern) <= len(parts)
        and all(one == "*" or one.lower() == other.lower() for one, other in ends)
    )


def _listed(
    tables: tuple[str, ...], catalog: str, database: str
) -> frozenset[tuple[str, str, str]]:
    allowed: set[tuple[str, str, str]] = set()
    for entry in tables:
        parts = split_name(entry)
        if len(parts) == 1:
            allowed.add(_key("", "", parts[0]))
            allowed.add(_key(catalog, database, parts[0]))
        elif len(parts) == _WITH_DATABASE:
            owner = "" if parts[0].lower() == "global_temp" else catalog
            allowed.add(_key(owner, parts[0], parts[1]))
        else:
            allowed.add(_key(*_outer(parts), parts[-1]))
    return frozenset(allowed)


def split_name(dotted: str) -> tuple[str, ...]:
    """Return the parts of a dotted name; a part in backticks may hold dots.

    >>> split_name("sales.`odd.name`")
    ('sales', 'odd.name')
    """
    return tuple(
        quoted.replace("``", "`") if quoted else plain for quoted, plain in _PARTS.findall(dotted)
    )


def _owner(parts: tuple[str, ...], catalog: str) -> tuple[str, str]:
    named = _outer((*parts, "*")) if len(parts) > 1 else (catalog, *parts)
    return named[0].lower(), named[1].lower()


def _outer(parts: tuple[str, ...]) -> tuple[str, str]:
    return parts[0], ".".join(parts[1:-1])


def _key(catalog: str, database: str, name: str) -> tuple[str, str, str]:
    return catalog.lower(), database.lower(), name.lower()
