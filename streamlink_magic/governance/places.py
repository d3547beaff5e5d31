"""Where policy files lie, and whether the user could change one."""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import PolicyFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "STREAMLINK_POLICY"
MACHINE_FILE = Path("/etc/streamlink_magic/policy.toml")
"""Holds where it is there, whatever the variable says."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0


def policy_files() -> Iterator[Path]:
    """Yield the files that hold: the machine's, where there is one, and the one that was named."""
    if os.path.lexists(MACHINE_FILE):
        yield MACHINE_FILE
    if name := named_file():
        yield Path(name)


@cache
def named_file() -> str:
    """Return what the variable named at the first look: a change in a cell comes too late."""
    return os.environ.get(VARIABLE, "")


def require_trusted(path: Path) -> None:
    """Make sure that the user can neither change the file nor put another in its place.

    The file, what links to it and every folder above must belong to somebody else than the user
    (root may be the user) and be writable for its owner alone; folders with the sticky bit, such
    as ``/tmp``, let nobody take away what is not theirs.

    Raises
    ------
    PolicyFileError
        When that is not so, or the file is not there.
    """
    try:
        file, link = path.resolve(strict=True), Path(os.path.abspath(path))  # noqa: PTH100  keeps links
        places = dict.fromkeys((file, *file.parents, *link.parents))
        for place in places:
            if why := _why_untrusted(place.stat(), _user()):
                raise PolicyFileError(
                    f"The policy file {path} is not to be trusted: {place} {why}.",
                    "Ask the admin to give it to root: chown root FILE && chmod 644 FILE",
                )
        if not file.is_file():
            raise PolicyFileError(f"The policy {path} is not a file.", "Ask the admin to mend it.")
    except OSError as error:
        raise PolicyFileError(
            f"The policy file {path} cannot be read: {error.strerror}.",
            "Nothing runs without it; ask the admin to put it there, readable for all.",
        ) from None


def _user() -> int:
    """Return the number of the user; a system without such numbers cannot hold a policy."""
    if not hasattr(os, "geteuid"):
        raise PolicyFileError(
            "Who may change the policy file cannot be told on this system.",
            "Use Linux or macOS where a policy has to hold.",
        )
    return os.geteuid()


def _why_untrusted(seen: os.stat_result, user: int) -> str:
    if seen.st_uid == user != _ROOT:
        return "belongs to the user"
    sticky = stat.S_ISDIR(seen.st_mode) and seen.st_mode & stat.S_ISVTX
    if seen.st_mode & _OTHERS_WRITE and not sticky:
        return "may be written by others than its owner"
    return ""


def held_by(path: Path) -> str:
    """Return in words who can change the file."""
    owner = path.stat().st_uid
    if owner == _ROOT and _user() == _ROOT:
        return "belongs to root, which this kernel runs as: it does not hold here"
    return "belongs to root" if owner == _ROOT else f"belongs to user {owner}"
