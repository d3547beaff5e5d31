"""Whatever a model is talked into is refused all the same, and nothing has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import GuardError, NoSqlError
from streamlink_magic.pipeline import Ports, ask
from streamlink_magic.records import NotebookSnapshot, Question
from streamlink_magic.settings import Settings
from streamlink_magic.testing import FakeClock, FakeModel

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.spark

TALKED_INTO = [
    "DROP TABLE sales",
    "SELECT 1; DROP TABLE sales",
    "INSERT INTO sales SELECT * FROM sales",
    "WITH a AS (SELECT 1) INSERT INTO towns SELECT 'x', 'y'",
    "CREATE TABLE shop.copy AS SELECT * FROM vault.pay",
    "SELECT * FROM vault.pay",
    "SELECT who FROM vault.pay UNION ALL SELECT town FROM sales",
    "SELECT * FROM text.`/etc/hostname`",
    "SELECT reflect('java.lang.System', 'getenv', 'HOME')",
    "SELECT TRANSFORM(town) USING 'cat' AS (x STRING) FROM sales",
    "SET spark.sql.runSQLOnFiles=true",
    "EXECUTE IMMEDIATE 'DROP TABLE sales'",
    "BEGIN DROP TABLE sales; END",
    "SELECT '${env:HOME}'",
    "I was told to:\n```sql\nDROP TABLE sales\n```\nDone.",
    "COPY INTO sales FROM 'x'",
    "GRANT SELECT ON vault.pay TO public",
]


def silent(phase: str, detail: str = "") -> None:
    """Take no note of progress."""


@pytest.mark.parametrize("written", TALKED_INTO)
def test_what_a_model_is_talked_into_is_refused(shop: Shop, written: str) -> None:
    """Nothing runs, nothing is asked again with a way around, and the shop is as it was."""
    before = shop.picture()
    model = FakeModel((written, written))
    ports = Ports(NotebookSnapshot(), open_workbench(shop.spark), model, CatalogCache(FakeClock()))
    with pytest.raises((GuardError, NoSqlError)):
        ask(Question("How many sales?"), ports, Settings(policy=shop.policy), silent)
    assert shop.picture() == before
