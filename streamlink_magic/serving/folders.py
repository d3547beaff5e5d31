"""Folders of weights that are complete or not there at all, whoever is killed meanwhile."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import ServingError
from streamlink_magic.serving.children import PROGRESS_MARK, read_fraction, run_child
from streamlink_magic.serving.disk import require_space
from streamlink_magic.serving.locking import hold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places

MANIFEST = "streamlink.json"
_READING_SHARE = 0.85  # of the time; the rest is writing


def read_manifest(folder: Path) -> dict[str, str]:
    """Return what a folder says of its origin; nothing when it is not complete."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def ensure_folder(
    folder: Path,
    manifest: Mapping[str, str],
    worker: list[str],
    *,
    purpose: str,
    needed_bytes: int,
    places: Places,
    progress: ServeProgress,
) -> Path:
    """Return a folder of weights, filled by a worker now if it is not there yet.

    Parameters
    ----------
    folder
        Its final name, which it gets only when everything is in it.
    manifest
        What it is made from; a folder that says otherwise is made anew.
    worker
        The command that fills a folder, whose path is added to it.
    purpose
        What the worker does, such as ``Converting the model to bf16``.
    needed_bytes
        Room to ask for before it starts.

    Raises
    ------
    NotEnoughDiskError
        The disk cannot hold it.
    ServingError
        The worker failed or left no weights.
    """
    with hold(places.models / f"{folder.name}.lock", f"Waiting: {purpose.lower()}", progress):
        if read_manifest(folder) == dict(manifest):
            return folder
        _remove_attempts(folder)
        require_space(places.models, needed_bytes, purpose.lower())
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=places.models))
        try:
            _fill(fresh, worker, purpose, places.logs / "conversion.log", progress)
            (fresh / MANIFEST).write_text(json.dumps(dict(manifest)), encoding="utf-8")
            fresh.replace(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _remove_attempts(folder: Path) -> None:
    """Remove what a killed attempt left, under whatever name."""
    shutil.rmtree(folder, ignore_errors=True)
    for left_behind in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left_behind, ignore_errors=True)


def _fill(
    target: Path, worker: list[str], purpose: str, log_path: Path, progress: ServeProgress
) -> None:
    progress(purpose, 0.0)

    def on_line(line: str) -> None:
        fraction = read_fraction(line)
        if fraction is not None and line.startswith(PROGRESS_MARK):
            progress(purpose, fraction)
        elif fraction is not None and "de-quantizing" in line:  # transformers' own progress bar
            progress(purpose, fraction * _READING_SHARE)

    run_child(
        [*worker, str(target)],
        log_path=log_path,
        purpose=purpose,
        on_line=on_line,
        environment={"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    if not (target / "config.json").is_file() or not any(target.glob("*.safetensors")):
        raise ServingError(f"{purpose} left no weights.", f"The whole output is in {log_path}.")
