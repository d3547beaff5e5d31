"""Where a table lies by the catalog alone, for sessions whose plans are out of reach."""

from __future__ import annotations

import pytest

from streamlink_magic.policy import Policy
from streamlink_magic.records import CatalogEntry
from streamlink_magic.steps.guard.paths import check_entry_path
from streamlink_magic.steps.guard.refusal import Refusal

OPEN = Policy(paths=("/data/open",))


@pytest.mark.parametrize(
    "entry",
    [
        CatalogEntry("t", "d", location="file:/data/open/t"),
        CatalogEntry("v", "d", is_view=True, view_text="SELECT 1"),
    ],
)
def test_what_lies_inside_passes(entry: CatalogEntry) -> None:
    """A view's own tables are looked up in their turn."""
    check_entry_path(entry, OPEN)


@pytest.mark.parametrize(
    "entry",
    [
        CatalogEntry("t", "d", location="file:/data/opened"),
        CatalogEntry("t", "d", location="file:/data/open/../t"),
        CatalogEntry("t", "d"),
        CatalogEntry("t", "d", location="file:/data/open/t", partitioned=True),
        CatalogEntry("v", "", temporary=True, is_view=True),
    ],
)
def test_what_lies_elsewhere_or_cannot_be_placed_is_refused(entry: CatalogEntry) -> None:
    """Partitions may lie anywhere, and a view over a DataFrame tells nothing."""
    with pytest.raises(Refusal) as caught:
        check_entry_path(entry, OPEN)
    assert caught.value.rule == "path"
    check_entry_path(entry, Policy())
