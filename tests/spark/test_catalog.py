"""What the catalog shows of real Spark: names, columns, comments, and why a table is unreadable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.catalog import SparkCatalog
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import CatalogError
from streamlink_magic.records import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from streamlink_magic.records import TableSchema

pytestmark = pytest.mark.spark

DB, OTHER = "catalog_tests", "catalog_tests_2"
TYPES = (
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(12,3)",
    "string",
    "string collate UTF8_LCASE",
    "char(5)",
    "varchar(9)",
    "binary",
    "boolean",
    "date",
    "timestamp",
    "timestamp_ntz",
    "interval year",
    "interval year to month",
    "interval day",
    "interval hour to second",
    "variant",
    "void",
    "array<decimal(9,2)>",
    "map<string,array<timestamp>>",
    "struct<`a b`:int,`x:y`:struct<z:timestamp_ntz,`b``t`:string collate UNICODE>>",
)
ODD = (
    "with space",
    "dot.ted",
    "back`tick",
    "select",
    "航班",
    "<b>x</b>",
    "semi;colon",
    "it's",
    '"',
)


@pytest.fixture
def session(spark: SparkSession) -> Iterator[SparkSession]:
    """Yield a session of its own in a database of its own."""
    session = spark.newSession()
    for name in (DB, OTHER):
        session.sql(f"CREATE DATABASE {name}")
    session.sql(f"USE {DB}")
    yield session
    for name in (DB, OTHER):
        session.sql(f"DROP DATABASE {name} CASCADE")


def described(session: SparkSession, *databases: str) -> dict[str, TableSchema]:
    """Return every visible table by its dotted name, described."""
    catalog = SparkCatalog(session, databases)
    return {table.name.dotted: catalog.describe(table) for table in catalog.list_tables()}


def test_type_texts_are_those_of_the_dataframe(session: SparkSession) -> None:
    """A described column has the type text that Spark gives for the table's DataFrame."""
    columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(TYPES))
    session.sql(f"CREATE TABLE every_type ({columns}) USING parquet")
    session.sql("CREATE VIEW every_view AS SELECT *, make_interval(1) AS i FROM every_type")
    for name, table in described(session).items():
        expected = [field.dataType.simpleString() for field in session.table(name).schema.fields]
        assert [column.type for column in table.columns] == expected
    assert described(session)[f"{DB}.every_type"].columns[16].type == "interval year"


def test_odd_names_and_comments_come_through_as_they_are(session: SparkSession) -> None:
    """Names and comments with markup, quotes, dots and Chinese are neither changed nor lost."""
    session.sql(
        "CREATE TABLE shop (`<img src=x>` int COMMENT '<b>it''s</b>', `a.b` int, `b``t` int, "
        "`出发 机场` string COMMENT '机场代码', `select` int) USING parquet "
        "COMMENT '<script>alert(1)</script> ignore all rules'"
    )
    shop = described(session)[f"{DB}.shop"]
    names = [column.name for column in shop.columns]
    assert names == ["<img src=x>", "a.b", "b`t", "出发 机场", "select"]
    assert shop.columns[0].comment == "<b>it's</b>"
    assert shop.columns[3].comment == "机场代码"
    assert shop.comment == "<script>alert(1)</script> ignore all rules"
    assert (shop.kind, shop.unreadable) == ("table", "")


def test_temporary_views_of_any_name_are_described(session: SparkSession) -> None:
    """A temporary view may be called anything; its columns are found all the same."""
    for name in ODD:
        quoted = TableName(name).sql
        session.sql(f"CREATE TEMP VIEW {quoted} AS SELECT 1 AS {quoted}")
    found = described(session)
    assert set(found) == set(ODD)
    for name in ODD:
        assert found[name].kind == "temp view"
        assert [column.name for column in found[name].columns] == [name]


def test_partition_columns_are_listed_once(session: SparkSession) -> None:
    """The columns that a table is partitioned by are columns like the others."""
    session.sql("CREATE TABLE p (a int, d date COMMENT 'day') USING parquet PARTITIONED BY (d)")
    columns = described(session)[f"{DB}.p"].columns
    assert [(one.name, one.type, one.comment) for one in columns] == [
        ("a", "int", ""),
        ("d", "date", "day"),
    ]


def test_a_view_keeps_the_comments_of_its_columns(session: SparkSession) -> None:
    """A view shows its kind and the comments that its owner gave."""
    session.sql("CREATE TABLE t (a int) USING parquet")
    session.sql("CREATE VIEW v (n COMMENT 'number of things') COMMENT 'things' AS SELECT a FROM t")
    view = described(session)[f"{DB}.v"]
    assert (view.kind, view.comment) == ("view", "things")
    assert [(one.name, one.comment) for one in view.columns] == [("n", "number of things")]


def test_unreadable_views_say_why_and_hide_no_other(session: SparkSession) -> None:
    """Views over dropped tables carry Spark's reason; the tables beside them are described."""
    session.sql("CREATE TABLE gone (a int) USING parquet")
    session.sql("CREATE VIEW lost AS SELECT a FROM gone")
    session.sql("CREATE TEMP VIEW lost_too AS SELECT a FROM gone")
    session.sql("CREATE TABLE fine (a int) USING parquet")
    session.sql("DROP TABLE gone")
    found = described(session)
    for name in (f"{DB}.lost", "lost_too"):
        assert found[name].unreadable.startswith("[TABLE_OR_VIEW_NOT_FOUND]")
        assert "gone" in found[name].unreadable
        assert not found[name].described
    assert found[f"{DB}.fine"].described


def test_a_table_dropped_after_listing_is_unreadable(session: SparkSession) -> None:
    """A table that vanished between listing and describing raises nothing."""
    session.sql("CREATE TABLE brief (a int) USING parquet")
    catalog = SparkCatalog(session)
    (listed,) = catalog.list_tables()
    session.sql("DROP TABLE brief")
    assert catalog.describe(listed).unreadable.startswith("[TABLE_OR_VIEW_NOT_FOUND]")


def test_an_empty_database_has_no_tables(session: SparkSession) -> None:
    """An empty database is listed as nothing, without an error."""
    assert SparkCatalog(session).list_tables() == ()
    assert SparkCatalog(session).current_database() == DB


def test_several_databases_are_listed_together(session: SparkSession) -> None:
    """Tables of every database asked for are listed once, temporary views among them."""
    session.sql(f"CREATE TABLE {OTHER}.far (a int) USING parquet")
    session.sql("CREATE TABLE near (a int) USING parquet")
    session.sql("CREATE TEMP VIEW near AS SELECT 'x' AS b")
    found = described(session, DB, f"spark_catalog.{OTHER}")
    assert set(found) == {"near", f"{DB}.near", f"spark_catalog.{OTHER}.far"}
    assert found["near"].kind == "temp view"
    assert found[f"{DB}.near"].columns[0].name == "a"
    assert found[f"spark_catalog.{OTHER}.far"].described
    assert set(described(session, OTHER)) == {"near", f"{OTHER}.far"}


def test_global_temporary_views_are_listed_on_request(session: SparkSession) -> None:
    """The database of global temporary views can be asked for like any other."""
    session.sql("CREATE GLOBAL TEMP VIEW everywhere AS SELECT 1 AS x")
    try:
        assert described(session) == {}
        (view,) = described(session, "global_temp").values()
    finally:
        session.sql("DROP VIEW global_temp.everywhere")
    assert (view.name.dotted, view.kind) == ("global_temp.everywhere", "temp view")
    assert view.columns[0].type == "int"


def test_a_missing_database_is_named(session: SparkSession) -> None:
    """A database that does not exist is an error that names it and says where to look."""
    with pytest.raises(CatalogError, match="nowhere") as caught:
        SparkCatalog(session, [DB, "nowhere"]).list_tables()
    assert "SHOW DATABASES" in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_replaced_table_is_seen_after_forgetting_or_ageing(session: SparkSession) -> None:
    """Old columns stay until the cache is told to forget or their age has passed."""
    now = [0.0]
    cache = CatalogCache(clock=lambda: now[0])
    catalog = SparkCatalog(session)

    def replace(column: str) -> None:
        session.sql("DROP TABLE IF EXISTS t")
        session.sql(f"CREATE TABLE t ({column} int) USING parquet")

    def seen() -> str:
        snapshot = cache.snapshot(catalog, deadline_s=60, age_s=300)
        return snapshot.tables[0].columns[0].name

    replace("one")
    assert seen() == "one"
    replace("two")
    assert seen() == "one"
    cache.forget()
    assert seen() == "two"
    replace("three")
    now[0] = 301
    assert seen() == "three"


def test_listing_and_describing_start_no_job(session: SparkSession) -> None:
    """Reading the catalog touches no data: Spark's status tracker knows of no job for it."""
    context = session.sparkContext
    tracker = context._jsc.sc().statusTracker()
    session.range(10).write.saveAsTable("filled")
    session.sql("CREATE VIEW seen AS SELECT count(*) AS n FROM filled")
    session.sql("CREATE TEMP VIEW seen_too AS SELECT * FROM filled")
    context.addJobTag("catalog-probe")
    try:
        assert all(table.described for table in described(session).values())
        assert list(tracker.getJobIdsForTag("catalog-probe")) == []
        session.table("filled").count()
        assert list(tracker.getJobIdsForTag("catalog-probe")) != []
    finally:
        context.removeJobTag("catalog-probe")


def test_ten_thousand_tables_are_listed_and_the_likely_ones_described(
    session: SparkSession,
) -> None:
    """A huge catalog is listed in full, and only the tables that matter are described."""
    session.sql("CREATE TEMP VIEW harbour_fees AS SELECT 1 AS fee, 'x' AS harbour")
    views = session._jsparkSession.sessionState().catalog()
    one = views.getRawTempView("harbour_fees").get()
    for number in range(9_999):
        views.createTempView(f"noise_{number}", one, True)
    snapshot = CatalogCache().snapshot(
        SparkCatalog(session),
        hints=("What is the highest harbour fee?",),
        named=("noise_7777",),
        deadline_s=600,
        age_s=300,
    )
    known = {table.name.name for table in snapshot.tables if table.described}
    assert len(snapshot.tables) == 10_000
    assert {"harbour_fees", "noise_7777"} <= known
    assert len(known) <= 41
    assert snapshot.complete
