"""Names, types and comments from a classic session's own catalog, asked by calls and not by SQL."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.catalog import columns_of
from streamlink_magic.adapters.spark.complaints import calling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streamlink_magic.records import Column

# One text travels faster than a sequence that is asked for item by item.
_BETWEEN = "\0"


class ClassicLookup:
    """``CatalogLookup`` over a clone of a classic session.

    Parameters
    ----------
    clone
        The JVM's session.
    jvm
        The JVM, for Spark's registries of functions.
    dataframe
        Makes a lazy DataFrame of an analysed plan.
    """

    def __init__(self, clone: Any, jvm: Any, dataframe: Callable[[object], Any]) -> None:
        self._state = clone.sessionState()
        self._jvm = jvm
        self._dataframe = dataframe

    def current(self) -> Mapping[str, str]:
        """Return the current catalog and database."""
        manager = self._state.catalogManager()
        return {
            "catalog": str(manager.currentCatalog().name()),
            "database": ".".join(manager.currentNamespace()),
        }

    def databases(self) -> Sequence[str]:
        """Return the databases of Spark's own catalog."""
        return _texts(calling(self._external().listDatabases))

    def tables(self, database: str, *, views_only: bool) -> Sequence[str]:
        """Return the tables and views of a database (see ``CatalogLookup.tables``)."""
        if views_only:
            return _texts(calling(self._external().listViews, database, "*"))
        return _texts(calling(self._external().listTables, database))

    def temp_views(self) -> Sequence[str]:
        """Return the session's temporary views."""
        return _texts(self._state.catalog().getTempViewNames())

    def database_comment(self, database: str) -> str:
        """Return the comment that the database's owner gave it."""
        return str(calling(self._external().getDatabase, database).description())

    def function_usage(self, name: str) -> Sequence[str]:
        """Return how one of Spark's own functions is used; the session's own are not looked at."""
        analysis = self._jvm.org.apache.spark.sql.catalyst.analysis
        identifier = self._jvm.org.apache.spark.sql.catalyst.FunctionIdentifier(name)
        for registry in ("FunctionRegistry$", "TableFunctionRegistry$"):
            builtin = getattr(getattr(analysis, registry), "MODULE$").builtin()
            found = builtin.lookupFunction(identifier)
            if found.isDefined():
                usage = str(found.get().getUsage()).replace("_FUNC_", name)
                lines = (line.strip() for line in usage.splitlines())
                return (f"Function: {name}", *(line for line in lines if line))
        return (f"Function: {name}",)

    def schema(self, plan: object) -> tuple[Column, ...]:
        """Return the columns of an analysed plan."""
        return columns_of(self._dataframe(plan).schema)

    def _external(self) -> Any:
        return self._state.catalog().externalCatalog()


def _texts(sequence: Any) -> tuple[str, ...]:
    text = str(sequence.mkString(_BETWEEN))
    return tuple(text.split(_BETWEEN)) if text else ()
