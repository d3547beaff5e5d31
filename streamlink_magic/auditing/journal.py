"""A file of JSON Lines to which many kernels append at once."""

from __future__ import annotations

import json
import os
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Opened anew for each line, so that a file that was rotated away is not written on; a link is
# not followed, and a pipe without a reader does not hang the kernel.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_HINT = "The policy requires the audit, so that nothing runs without it; tell the hub's admin."


def append_line(path: str, record: Mapping[str, Any]) -> None:
    """Add one line by a single write at the file's end, which the system keeps whole.

    Raises
    ------
    AuditError
        When the file cannot be opened, is no plain file, or took only a part of the line.
    """
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    try:
        with closing(_Opened(path)) as file:
            written = file.write(line)
    except OSError as error:
        raise AuditError(f"The audit {path} cannot be written: {error.strerror}.", _HINT) from None
    if written != len(line):
        raise AuditError(f"The audit {path} took only a part of a line: is the disk full?", _HINT)


class _Opened:
    """An open file descriptor."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, _FLAGS, 0o600)
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            self.close()
            raise OSError(0, "it is no plain file")

    def write(self, line: bytes) -> int:
        return os.write(self._handle, line)

    def close(self) -> None:
        os.close(self._handle)
