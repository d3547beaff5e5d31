"""Which tables a policy opens, and how the statement's names relate to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.settings import Policy

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
    def dotted(self) -> str:
        """The name as people write it; Spark's own catalog goes without saying."""
        catalog = "" if self.catalog == SESSION_CATALOG else self.catalog
        return ".".join(part for part in (catalog, self.database, self.name) if part)


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be read, seen from the current catalog and database."""

    catalog: str
    database: str
    allowed: frozenset[tuple[str, str, str]] | None
    open_databases: frozenset[tuple[str, str]] = frozenset()

    def allows(self, table: Identity) -> bool:
        """Return whether a resolved table, view or temporary view may be read."""
        key = _key(table.catalog, table.database, table.name)
        if self.allowed is None:
            return key[:2] in self.open_databases or not (table.database or table.catalog)
        return key in self.allowed or (*key[:2], "*") in self.allowed

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
    if policy.tables is None:
        opened = {_owner(split_name(entry), catalog) for entry in policy.databases}
        return Scope(catalog, database, None, frozenset({(catalog, database), *opened}))
    allowed: set[tuple[str, str, str]] = set()
    for entry in policy.tables:
        parts = split_name(entry)
        if len(parts) == 1:
            allowed.add(_key("", "", parts[0]))
            allowed.add(_key(catalog, database, parts[0]))
        elif len(parts) == _WITH_DATABASE:
            owner = "" if parts[0].lower() == "global_temp" else catalog
            allowed.add(_key(owner, parts[0], parts[1]))
        else:
            allowed.add(_key(*_outer(parts), parts[-1]))
    return Scope(catalog, database, frozenset(allowed))


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
