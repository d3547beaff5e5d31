"""Bytes are used only when their SHA-256 is the expected one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from streamlink_magic.errors import DigestMismatchError

if TYPE_CHECKING:
    from pathlib import Path


def digest_of(path: Path) -> str:
    """Return a file's SHA-256 as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_digest(path: Path, size_bytes: int, sha256: str) -> None:
    """Refuse a file that is not, byte for byte, the expected one.

    Parameters
    ----------
    path
        The file.
    size_bytes
        Its expected size.
    sha256
        Its expected digest.

    Raises
    ------
    DigestMismatchError
        Size or digest differ.
    """
    size = path.stat().st_size
    found = f"{size:,} bytes"
    if size == size_bytes:
        digest = digest_of(path)
        if digest == sha256:
            return
        found = f"SHA-256 {digest}"
    raise DigestMismatchError(
        f"{path.name} is not the recorded file: expected {size_bytes:,} bytes with SHA-256 "
        f"{sha256}, got {found}. It was thrown away.",
        "Try again; if it happens twice, pass a copy of your own with --model FILE.gguf.",
    )
