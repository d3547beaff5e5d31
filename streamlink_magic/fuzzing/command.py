"""The run behind ``streamlink fuzz``: a parser alone, and a session once something differs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.parser import local_parser
from streamlink_magic.fuzzing.run import POLICY, FuzzReport, fuzz
from streamlink_magic.fuzzing.statements import OPEN

if TYPE_CHECKING:
    from streamlink_magic.records import PlanNode, Verdict

_NAMES = {"catalog": "spark_catalog", "database": "shop"}


def run_fuzz(count: int, seed: int) -> FuzzReport:
    """Fuzz with Spark's parser in a JVM of its own, and ask the whole guard what it allows.

    Raises
    ------
    SessionError
        When there is no Java or no PySpark.
    """
    return fuzz(count, seed, parse_in_shop, check=_check)


def parse_in_shop(sql: str) -> PlanNode:
    """Return Spark's tree of a query, its names looked up in the database of the fuzzer."""
    return local_parser().parse(sql, {}, _NAMES)


def make_shop(spark: Any) -> None:  # noqa: ANN401  a session has no type here
    """Make the tables that the statements name, empty, and their database the current one."""
    types = {"id": "BIGINT", "price": "DOUBLE", "day": "DATE", "tags": "ARRAY<STRING>"}
    for sql in ("CREATE DATABASE IF NOT EXISTS shop", "CREATE DATABASE IF NOT EXISTS vault"):
        spark.sql(sql)
    spark.sql("USE shop")
    spark.sql("CREATE TABLE IF NOT EXISTS vault.pay (who STRING, wage INT) USING parquet")
    for table, columns in OPEN.items():
        listed = ", ".join(f"{column} {types.get(column, 'STRING')}" for column in columns)
        spark.sql(f"CREATE TABLE IF NOT EXISTS {table} ({listed}) USING parquet")


@cache
def _session() -> Any:  # noqa: ANN401  a session has no type here
    from streamlink_magic.adapters.spark.create import create_session

    spark = create_session(memory="1g", cores="2")
    make_shop(spark)
    return spark


def _check(sql: str) -> Verdict:
    from streamlink_magic.guard import check_sql

    return check_sql(sql, session=_session(), policy=POLICY)
