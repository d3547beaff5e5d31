"""A set's databases as Spark databases over the set's own parquet files."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.records import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

    from streamlink_magic.evaluation.benchmark import BenchDatabase, BenchmarkSet, BenchTable
    from streamlink_magic.records import Column, TableSchema

MAX_GOLD_ROWS = 100_000


def load_database(
    spark: SparkSession, benchmark: BenchmarkSet, db_id: str
) -> Mapping[str, TableSchema]:
    """Make one database of the set readable in Spark, and the current one.

    Loading it again changes nothing. Spark's own catalog takes no key constraints for parquet
    tables (4.3: ``UNSUPPORTED_FEATURE.TABLE_OPERATION``), so keys are in the result alone.

    Parameters
    ----------
    db_id
        The database's name in the set, and in Spark.

    Returns
    -------
    Mapping[str, TableSchema]
        What the set declares of each table: columns, comments and keys. By the table's name in
        lower case, as Spark's catalog lists it.

    Raises
    ------
    EvaluationError
        When the set has no such database, or the session has one of that name from elsewhere.
    """
    database = benchmark.databases.get(db_id)
    if database is None:
        message = f"The set {benchmark.name} has no database {db_id!r}."
        raise EvaluationError(message, f"It has: {', '.join(sorted(benchmark.databases))}.")
    _create_database(spark, database)
    for table in database.tables:
        spark.sql(create_table_sql(table))
    _use(spark, db_id)
    return {table.schema.name.name.lower(): table.schema for table in database.tables}


class SetDatabases:
    """The databases of one set, each loaded when it is first used.

    Parameters
    ----------
    spark
        The session that holds the databases.
    benchmark
        The set that they are from.
    """

    def __init__(self, spark: SparkSession, benchmark: BenchmarkSet) -> None:
        self._owner = spark
        self._benchmark = benchmark
        self._loaded: dict[str, Mapping[str, TableSchema]] = {}
        self._loading = threading.Lock()
        self._sessions = threading.local()
        self._sessions.mine = spark

    @property
    def spark(self) -> SparkSession:
        """The calling thread's session: the current database is a session's own.

        The thread that made this object has the session given, every other one a session beside
        it on the same catalog.
        """
        if not hasattr(self._sessions, "mine"):
            self._sessions.mine = self._owner.newSession()
        session: SparkSession = self._sessions.mine
        return session

    def use(self, db_id: str) -> Mapping[str, TableSchema]:
        """Make a database the current one and return its tables as the set declares them."""
        with self._loading:
            if db_id not in self._loaded:
                self._loaded[db_id] = load_database(self.spark, self._benchmark, db_id)
        _use(self.spark, db_id)
        return self._loaded[db_id]

    def run_trusted(self, db_id: str, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of a gold query. MUST NOT be given a predicted one: nothing guards it."""
        self.use(db_id)
        rows = self.spark.sql(sql).limit(MAX_GOLD_ROWS + 1).collect()
        return [tuple(row) for row in rows]


def create_table_sql(table: BenchTable) -> str:
    """Return the statement that makes a table over its parquet file."""
    columns = ", ".join(_column_sql(column) for column in table.schema.columns)
    comment = f" COMMENT {quote_text(table.schema.comment)}" if table.schema.comment else ""
    return (
        f"CREATE TABLE IF NOT EXISTS {table.schema.name.sql} ({columns}) USING parquet"
        f"{comment} LOCATION {quote_text(str(table.file.resolve()))}"
    )


def quote_text(text: str) -> str:
    r"""Return a text as a literal of Spark SQL.

    >>> print(quote_text("it's"))
    'it\'s'
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    # Spark replaces ${name} by settings and environment before it parses; an escape is not seen
    return "'" + escaped.replace("$", "\\u0024") + "'"


def _column_sql(column: Column) -> str:
    comment = f" COMMENT {quote_text(column.comment)}" if column.comment else ""
    return f"{quote_name(column.name)} {column.type}{comment}"


def _create_database(spark: SparkSession, database: BenchDatabase) -> None:
    # The comment says where a database is from, so that nobody's own tables are taken for it
    origin = f"Benchmark tables in {database.folder}"
    spark.sql(
        f"CREATE DATABASE IF NOT EXISTS {quote_name(database.db_id)} COMMENT {quote_text(origin)}"
    )
    if spark.catalog.getDatabase(quote_name(database.db_id)).description != origin:
        message = f"This session has a database {database.db_id!r} that is not of this set."
        raise EvaluationError(message, "Evaluate in a session of its own.")


def _use(spark: SparkSession, db_id: str) -> None:
    spark.sql(f"USE {quote_name(db_id)}")
