"""Tab completion."""

import pytest

from streamlink_magic.completing import complete, complete_command
from streamlink_magic.records import CatalogSnapshot
from streamlink_magic.testing import table

CATALOG = CatalogSnapshot(
    (table("flights", "dep_delay int, dest string"), table("planes", "seats int"))
)


def completed(before: str) -> tuple[str, ...]:
    found = complete(before, catalog=CATALOG, models=["qwen", "llama"], sessions=["spark"])
    return found[1] if found else ()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%%ask --t", "--tables"),
        ("%ask --ro", "--rows"),
        ("%%ask --tables fl", "flights"),
        ("%%ask --tables planes,fl", "flights"),
        ("%%ask --model q", "qwen"),
        ("%%ask --session=s", "spark"),
        ("%%ask late\nWhich dep", "dep_delay"),
        ("%ask how many sea", "seats"),
        ("%%explain\nSELECT sea", "seats"),
    ],
)
def test_what_is_known_completes(before: str, expected: str) -> None:
    """Options, tables, columns, models and sessions complete where they make sense."""
    assert expected in completed(before)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%streamlink ta", ("tables",)),
        ("x = 1\n  %streamlink ", ("status", "tables")),
        ("%streamlink values fl", ("flights",)),
        ("%streamlink values flights pl", None),
        ("%streamlink tables\nfl", None),
        ("%ask --t", None),
    ],
)
def test_commands_and_what_follows_them_complete(
    before: str, expected: tuple[str, ...] | None
) -> None:
    """The tab key knows the commands, and the tables where a command wants one."""
    found = complete_command(
        before,
        commands=("status", "tables"),
        arguments=lambda command: ["flights", "planes"] if command == "values" else [],
    )
    assert (found and found[1]) == expected


@pytest.mark.parametrize("before", ["df.fl", "%%time\nfl", "x = 1\nfl", "%ask why\nfl"])
def test_other_cells_are_left_alone(before: str) -> None:
    """Nothing is offered outside of an ask."""
    assert completed(before) == ()
