"""Whether the cache's disk has room for what is about to be stored."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from streamlink_magic.errors import NotEnoughDiskError
from streamlink_magic.serving.places import CACHE_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1024**3


def require_space(folder: Path, needed_bytes: int, purpose: str) -> None:
    """Refuse to begin what the disk cannot hold.

    Parameters
    ----------
    folder
        Where the bytes will go; it need not exist yet.
    needed_bytes
        How many bytes are needed at the fullest moment.
    purpose
        What they are for, as it will read in "No room for ...".

    Raises
    ------
    NotEnoughDiskError
        The disk has less free space than that.
    """
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free >= needed_bytes:
        return
    raise NotEnoughDiskError(
        f"No room for {purpose}: {needed_bytes / GIB:.1f} GiB are needed in {folder}, "
        f"{free / GIB:.1f} GiB are free.",
        f"Free some space, or set {CACHE_VARIABLE} to a folder on a larger disk.",
    )
