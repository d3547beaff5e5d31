"""One process at a time, with a word to the one that waits."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlink_magic.serving.options import ServeProgress


@contextmanager
def hold(lock_file: Path, waiting_for: str, progress: ServeProgress) -> Iterator[None]:
    """Hold a lock that the system frees even when its holder is killed.

    Parameters
    ----------
    lock_file
        The file that stands for the right to go on.
    waiting_for
        What to tell the user while somebody else holds it.
    progress
        Whom to tell.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(waiting_for, None)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
