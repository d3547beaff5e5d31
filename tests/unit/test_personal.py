"""Sampled columns that hold personal data are dropped, by patterns of a kept library."""

from __future__ import annotations

import socket
import sys

import pytest

from streamlink_magic import sampling
from streamlink_magic.catalog.personal import looks_personal, without_personal
from streamlink_magic.errors import CatalogError
from streamlink_magic.records import Column, QueryResult, TableName, TableSample
from streamlink_magic.sampling import GuardedSampler, open_sampler
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.testing import FakeWorkbench, table

COLUMNS = (Column("id", "int"), Column("town", "string"), Column("reach", "string"))
ROWS = ((1, "Ghent", None), (2, "Lille", "ask bob@example.org"), (3, "Lens", "no"))


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("write to bob.smith@example.org soon", True),
        ("+32 470 12 34 56", True),
        ("123-45-6789", True),
        ("4111 1111 1111 1111", True),
        ("10.20.30.40", True),
        ("DE89370400440532013000", True),
        ("LaGuardia", False),
        ("N14228", False),
        ("2013-01-01", False),
        ("90210", False),
        ("JetBlue Airways", False),
        ("$1,200", False),
        ("", False),
    ],
)
def test_addresses_and_numbers_are_recognised(text: str, *, personal: bool) -> None:
    """Codes, names of places, dates and postal codes are left alone; tables are full of them."""
    assert looks_personal(text) is personal


def test_one_value_is_enough_to_drop_a_column() -> None:
    """Whether the next rows hold more nobody knows."""
    sample = without_personal(TableSample(TableName("people"), COLUMNS, ROWS, complete=True))
    assert [column.name for column in sample.columns] == ["id", "town"]
    assert sample.rows == ((1, "Ghent"), (2, "Lille"), (3, "Lens"))
    empty = TableSample(TableName("people"), COLUMNS, (), complete=True)
    assert without_personal(empty) == empty


@pytest.fixture(autouse=True)
def _handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fake's plan, which reads nothing, be sampled."""
    monkeypatch.setattr(sampling, "_costly", lambda _: "")


def sampler(*, drop: bool) -> GuardedSampler:
    people = table("people", "id int, town string, reach string")
    bench = FakeWorkbench([people], result=QueryResult(COLUMNS, ROWS))
    settings = Settings(drop_personal=drop, policy=Policy(databases=("shop",)))
    return open_sampler(bench, settings)


@pytest.mark.parametrize("drop", [True, False])
def test_the_sampler_does_so_when_it_is_told(*, drop: bool) -> None:
    """It is a setting, which a policy file may turn on for everybody."""
    sample = sampler(drop=drop).sample(table("people", "id int, town string, reach string"))
    assert isinstance(sample, TableSample)
    assert ("reach" in [column.name for column in sample.columns]) is not drop


def test_without_the_library_nothing_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be looked at is not shown."""
    monkeypatch.setitem(sys.modules, "datafog.engine", None)
    with pytest.raises(CatalogError, match="datafog is not installed"):
        looks_personal("anything")
    told = sampler(drop=True).sample(table("people", "id int, town string, reach string"))
    assert isinstance(told, str)
    assert "datafog" in told


def test_looking_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library works on this machine alone, even where its reports are switched on."""
    monkeypatch.setenv("DATAFOG_TELEMETRY", "1")
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    assert looks_personal("bob@example.org")
