"""Which folders files may be read from: the places of a plan's relations against the policy."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard import plans
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.tree import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlink_magic.policy import Policy
    from streamlink_magic.records import CatalogEntry, FilePlaces, PlanNode

_PLACE = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/]*))?(.*)", re.DOTALL)
_FROM_OUTSIDE = plans.RELATIONS - {plans.RDD}


def bounds_paths(policy: Policy) -> bool:
    """Return whether a policy says anything of where files may lie."""
    return policy.paths is not None or any(map(bounds_paths, policy.ceilings))


def check_paths(
    statement: PlanNode, look: Callable[[], Sequence[FilePlaces]], policy: Policy
) -> None:
    """Check where the files lie that an analysed statement reads, through views too.

    Parameters
    ----------
    look
        Returns the places of every relation of the plan; called only where the policy asks.

    Raises
    ------
    Refusal
        When a relation lies elsewhere, or when that cannot be told.
    """
    if not bounds_paths(policy):
        return
    found = look()
    if len(found) < sum(node.kind in _FROM_OUTSIDE for node in walk(statement)):
        raise Refusal("path", "Where all of its files lie cannot be told.")
    for relation in found:
        _check_places(relation.table, relation.places, policy)


def check_entry_path(entry: CatalogEntry, policy: Policy) -> None:
    """Check where a table lies by what the catalog says of it, where no plan can be had.

    Raises
    ------
    Refusal
        When it lies elsewhere, or when that cannot be told.
    """
    unseen_view = entry.is_view and not entry.view_text
    if not bounds_paths(policy) or (entry.is_view and not unseen_view):
        return
    known = bool(entry.location) and not entry.partitioned
    _check_places(entry.name, (entry.location if known else "",), policy)


def is_inside(place: str, folder: str) -> bool:
    """Return whether a place is a folder or lies below it.

    Examples
    --------
    >>> is_inside("file:/data/a/part=1", "/data/a"), is_inside("file:/data/ab", "/data/a")
    (True, False)
    >>> is_inside("s3a://bucket/a/../b", "s3a://bucket/a")
    False
    """
    (scheme, owner, below), (its_scheme, its_owner, top) = _parts(place), _parts(folder)
    return (scheme, owner) == (its_scheme, its_owner) and below[: len(top)] == top


def _check_places(table: str, places: Sequence[str], policy: Policy) -> None:
    for place in places:
        if place and _opens(policy, place):
            continue
        name = table or "A relation"
        why = "lies outside the folders that may be read" if place else "has files nobody can place"
        raise Refusal(
            "path", f"{name} {why}.", table.rpartition(".")[2], "Ask about tables within them."
        )


def _opens(policy: Policy, place: str) -> bool:
    own = policy.paths is None or any(is_inside(place, folder) for folder in policy.paths)
    return own and all(_opens(ceiling, place) for ceiling in policy.ceilings)


def _parts(place: str) -> tuple[str, str, tuple[str, ...]]:
    """Return scheme, owner and folders; a place without a scheme is on the driver's own disk."""
    found = _PLACE.fullmatch(place)
    scheme, owner, path = found.groups() if found else ("", "", place)
    folders = posixpath.normpath(f"/{path or ''}").split("/")
    return (scheme or "file").lower(), owner or "", tuple(filter(None, folders))
