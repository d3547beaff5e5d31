"""A text file that several notebooks may edit at once: locked, and replaced whole."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from streamlink_magic.errors import MemoryFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE_S = 10.0
_ELSEWHERE = "Check the folder's permissions, or name another: %config AskMagics.memory_path = '…'"


def read_lines(path: Path) -> list[str]:
    """Return the file's lines without their ends; none when there is no file.

    Raises
    ------
    MemoryFileError
        When it cannot be read or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MemoryFileError(f"{path} cannot be read: {error.strerror}.", _ELSEWHERE) from None
    except UnicodeDecodeError as error:
        raise MemoryFileError(
            f"{path} is not UTF-8 text: byte {error.start} cannot be read.",
            "Save it as UTF-8, or move it away; nothing was changed.",
        ) from None
    # Not splitlines(): JSON text may hold U+2028, which is no end of a line here.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def edit_lines(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Replace the file's lines by what ``change`` makes of them, whole or not at all.

    Raises
    ------
    MemoryFileError
        When the file cannot be read or written, or somebody else keeps it locked for 10 s.
    """
    path = path.resolve()  # a link stays a link to the same file
    with _locked(path):
        before = read_lines(path)
        after = change(list(before))
        if after != before:
            write_whole(path, "".join(f"{line}\n" for line in after))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises
    ------
    MemoryFileError
        When the folder or the disk does not take it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(_mode(path))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise MemoryFileError(f"{path} cannot be written: {error.strerror}.", _ELSEWHERE) from None


def _mode(path: Path) -> int:
    """Return the file's permissions, or those that the system gives a new file."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _make_folder(folder: Path) -> None:
    """Make the folder; one of our own tells git to leave the lock files out."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*.lock\n", encoding="utf-8")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        _make_folder(path.parent)
        lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE_S)
        lock.acquire()
    except Timeout:
        raise MemoryFileError(
            f"{path} is being changed by another notebook.", "Wait a moment, then try again."
        ) from None
    except OSError as error:
        raise MemoryFileError(f"{path} cannot be locked: {error.strerror}.", _ELSEWHERE) from None
    try:
        yield
    finally:
        lock.release()
