"""GGUF files become folders of bf16 weights, once each."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import ServingError
from streamlink_magic.serving.children import PROGRESS_MARK, read_fraction, run_child
from streamlink_magic.serving.disk import require_space
from streamlink_magic.serving.locking import hold

if TYPE_CHECKING:
    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places

CONVERT_SCRIPT = Path(__file__).with_name("worker") / "convert_gguf.py"
MANIFEST = "streamlink.json"
_GROWTH = 4  # 4 to 8 bits a weight become 16
_READING_SHARE = 0.85  # of the time; the rest is writing


def converted_folder(name: str, sha256: str, places: Places) -> Path:
    """Return the folder that holds a converted file, complete or not there at all.

    Parameters
    ----------
    name
        The model's name.
    sha256
        The digest of the GGUF file.
    places
        Where models are kept.
    """
    safe = re.sub(r"[^\w.-]", "-", name)
    return places.models / f"{safe}-{sha256[:16]}-bf16"


def is_converted(folder: Path, sha256: str) -> bool:
    """Return whether a folder holds the conversion of the file with this digest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(manifest.get("sha256") == sha256)


def ensure_converted(
    gguf: Path,
    *,
    name: str,
    sha256: str,
    python: Path,
    places: Places,
    progress: ServeProgress,
    script: Path = CONVERT_SCRIPT,
) -> Path:
    """Return the folder with a GGUF file's weights as bf16 safetensors, converted now if need be.

    Parameters
    ----------
    gguf
        The file, whose digest the caller knows.
    name
        The model's name.
    sha256
        The file's digest.
    python
        An interpreter with transformers and gguf.
    places
        Where the folder goes.
    progress
        Whom to tell.
    script
        The worker that converts.

    Returns
    -------
    Path
        A complete folder: it gets its name only when everything is in it.
    """
    folder = converted_folder(name, sha256, places)
    with hold(places.models / f"{folder.name}.lock", f"Waiting for {name}", progress):
        if is_converted(folder, sha256):
            return folder
        _remove_attempts(folder)
        require_space(places.models, _GROWTH * gguf.stat().st_size, f"converting {gguf.name}")
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=places.models))
        try:
            worker = [str(python), str(script), str(gguf)]
            _convert(worker, fresh, places.logs / "conversion.log", progress)
            manifest = {"source": gguf.name, "sha256": sha256, "dtype": "bfloat16"}
            (fresh / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
            fresh.replace(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _remove_attempts(folder: Path) -> None:
    """Remove what a killed attempt left, under whatever name."""
    shutil.rmtree(folder, ignore_errors=True)
    for left_behind in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left_behind, ignore_errors=True)


def _convert(worker: list[str], target: Path, log_path: Path, progress: ServeProgress) -> None:
    message = "Converting the model to bf16"
    progress(message, 0.0)

    def on_line(line: str) -> None:
        fraction = read_fraction(line)
        if fraction is not None and line.startswith(PROGRESS_MARK):
            progress(message, fraction)
        elif fraction is not None and "de-quantizing" in line:  # transformers' own progress bar
            progress(message, fraction * _READING_SHARE)

    run_child(
        [*worker, str(target)],
        log_path=log_path,
        purpose=message,
        on_line=on_line,
        environment={"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    if not (target / "config.json").is_file() or not any(target.glob("*.safetensors")):
        raise ServingError(f"{message} left no weights.", f"The whole output is in {log_path}.")
