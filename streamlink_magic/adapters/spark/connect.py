"""A Spark Connect session for the guard: a parser beside it, a hardened clone, names looked up.

Connect has no parser call, and its analysis can execute what it analyses. So the text is parsed
in a JVM of our own, every name in it is looked up in the catalog through statements that we write
ourselves, and only what passed the rules is analysed, on a clone of the session. Explain text is
never read: a line end in a literal can forge it.
"""

# ruff: noqa: ANN401, SLF001  Connect's objects are recognised by sight: no types, private parts

from __future__ import annotations

import atexit
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.complaints import calling
from streamlink_magic.adapters.spark.failures import unprinted
from streamlink_magic.adapters.spark.parser import local_parser
from streamlink_magic.errors import InvalidSqlError, SessionError
from streamlink_magic.records import CatalogEntry, quote_name
from streamlink_magic.steps.guard.scope import split_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlink_magic.records import PlanNode

_HARDENED = {
    "spark.sql.runSQLOnFiles": "false",
    "spark.sql.variable.substitute": "false",
}
_EXTENSIONS = "spark.sql.extensions"
# Their parsers add commands of their own and hand every query on to Spark's.
_KNOWN_EXTENSIONS = frozenset(
    {
        "io.delta.sql.DeltaSparkSessionExtension",
        "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    }
)
_OTHER_CATALOG = "NOT_SUPPORTED_COMMAND_FOR_V2_TABLE"
_SESSION_OWNER = ("system", "session")
_TABLES = ("MANAGED", "EXTERNAL")
_KEPT_CLONES = 2
_CLONE_AGE_S = 5.0


@dataclass(slots=True)
class _Clone:
    """A hardened clone and what it answered; its temporary views and settings never change.

    Attributes
    ----------
    made_at
        Seconds on a monotonic clock.
    """

    session: Any
    made_at: float
    settings: dict[str, str]
    names: dict[str, str]
    entries: dict[tuple[str, ...], CatalogEntry | None] = field(default_factory=dict)
    functions: frozenset[str] | None = None


class ConnectAnalyzer:
    """``NameAnalyzer`` over a Connect session.

    Parameters
    ----------
    spark
        A live Connect session.
    database
        Where unqualified names are looked up; empty means the session's current database.

    """

    def __init__(self, spark: Any, database: str = "") -> None:
        self._spark = spark
        self._database = database
        self._clones: list[_Clone] = []

    def ready(self) -> None:
        """Start the parser and compare it with the server's.

        Raises
        ------
        SessionError
            When nothing can be proven on this session; the message says why.
        """
        _require_known(str(self._spark.conf.get(_EXTENSIONS, "")))
        _require_same(str(self._spark.version), local_parser().version)

    def parse(self, sql: str) -> PlanNode:
        """Return the syntax tree of one query (see ``SqlAnalyzer.parse``)."""
        clone = self._renewed()
        return local_parser().parse(sql, clone.settings, clone.names)

    def parse_view(self, view: CatalogEntry) -> PlanNode:
        """Return the syntax tree of a view's text, under the settings of its making."""
        settings = dict(view.view_settings) if view.view_settings else self._clone.settings
        names = {"catalog": view.view_owner[0], "database": ".".join(view.view_owner[1:])}
        return local_parser().parse(view.view_text, _parsing(settings), names)

    def look_up(self, parts: Sequence[str]) -> CatalogEntry | None:
        """Return what the clone's catalog has under a name, None where it has nothing."""
        entries, key = self._clone.entries, tuple(parts)
        if key not in entries:
            entries[key] = self._looked_up(".".join(map(quote_name, parts)))
        return entries[key]

    def user_functions(self) -> frozenset[str]:
        """Return the names, in small letters, of the functions that users registered."""
        clone = self._clone
        if clone.functions is None:
            rows = calling(clone.session.sql("SHOW USER FUNCTIONS").collect)
            clone.functions = frozenset(str(row[0]).rpartition(".")[2].lower() for row in rows)
        return clone.functions

    def bind(self, sql: str) -> tuple[object, bool]:
        """Return the lazy DataFrame of a checked statement, resolved, and whether it streams."""
        frame = calling(self._clone.session.sql, sql)
        calling(lambda: frame.schema)
        return frame, bool(calling(lambda: frame.isStreaming))

    @property
    def _clone(self) -> _Clone:
        return self._clones[-1]

    def _looked_up(self, name: str) -> CatalogEntry | None:
        try:
            return _entry(self._described(name))
        except InvalidSqlError as error:
            if error.condition.startswith("TABLE_OR_VIEW_NOT_FOUND"):
                return None
            if error.condition.startswith(_OTHER_CATALOG):
                return _plain_entry(calling(self._clone.session.catalog.getTable, name))
            raise

    def _described(self, name: str) -> Mapping[str, Any]:
        def ask() -> Any:
            return self._clone.session.sql(f"DESCRIBE TABLE EXTENDED {name} AS JSON").collect()[0][
                0
            ]

        described: Mapping[str, Any] = json.loads(calling(ask))
        return described

    def _renewed(self) -> _Clone:
        """Return a clone of a few seconds at most: the session's views and functions change."""
        now = time.monotonic()
        if self._clones and now - self._clone.made_at < _CLONE_AGE_S:
            return self._clone
        with unprinted():
            session = self._spark.cloneSession()
            # At exit the client would call a server that may be gone, and wait for minutes; a
            # session that nobody uses is dropped by the server.
            atexit.unregister(session.client._on_exit)
            self._clones.append(_Clone(session, now, *self._hardened(session)))
        while len(self._clones) > _KEPT_CLONES:  # the last one's calls may still be ending
            _release(self._clones.pop(0).session)
        return self._clone

    def _hardened(self, session: Any) -> tuple[dict[str, str], dict[str, str]]:
        """Harden a clone, and return its settings and where it looks names up."""
        for key, value in _HARDENED.items():
            session.conf.set(key, value)
        if self._database:
            session.catalog.setCurrentDatabase(self._database)
        names = {
            "catalog": str(session.catalog.currentCatalog()),
            "database": str(session.catalog.currentDatabase()),
        }
        return _parsing(session.conf.getAll), names


def _release(clone: Any) -> None:
    # stop() would also end a server that runs inside this process.
    with suppress(Exception):
        clone.client.release_session()
    with suppress(Exception):
        clone.client.close()


def _require_same(server: str, parser: str) -> None:
    if server != parser:
        raise SessionError(
            f"The Connect server runs Spark {server} and the parser here is of Spark {parser}, "
            "so they may read a statement differently.",
            f"pip install 'pyspark[connect]=={server}'",
        )


def _require_known(extensions: str) -> None:
    strange = {name.strip() for name in extensions.split(",") if name.strip()} - _KNOWN_EXTENSIONS
    if strange:
        raise SessionError(
            f"The Connect server has extensions ({', '.join(sorted(strange))}) that may read a "
            "statement differently than Spark's own parser.",
            "Read the SQL, then run it on your word: answer.run()",
        )


def _parsing(settings: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in settings.items() if key.startswith("spark.sql.")}


def _entry(described: Mapping[str, Any]) -> CatalogEntry:
    owner = (str(described.get("catalog_name", "")), *map(str, described.get("namespace", ())))
    temporary = owner == _SESSION_OWNER
    return CatalogEntry(
        name=str(described["table_name"]),
        database="" if temporary else ".".join(owner[1:]),
        catalog="" if temporary else owner[0],
        columns=tuple(str(column["name"]) for column in described.get("columns", ())),
        temporary=temporary,
        is_view=described.get("type") not in _TABLES,
        view_text=str(described.get("view_text", "")),
        view_owner=split_name(str(described.get("view_catalog_and_namespace", ""))),
        view_settings=tuple((described.get("view_creation_spark_configuration") or {}).items()),
        location=str(described.get("location") or ""),
        partitioned=bool(described.get("partition_columns")),
    )


def _plain_entry(table: Any) -> CatalogEntry:
    """Return the entry of a table of another catalog."""
    return CatalogEntry(
        name=str(table.name),
        database=".".join(table.namespace or ()),
        catalog=str(table.catalog),
        is_view=table.tableType not in _TABLES,
    )
