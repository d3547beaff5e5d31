"""GGUF files become folders of bf16 weights, and those become int8, once each."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.serving.folders import ensure_folder, read_manifest

if TYPE_CHECKING:
    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places

CONVERT_SCRIPT = Path(__file__).with_name("worker") / "convert_gguf.py"
QUANTIZE_SCRIPT = Path(__file__).with_name("worker") / "quantize_int8.py"
_GROWTH = 4  # 4 to 8 bits a weight become 16


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
    return read_manifest(folder).get("sha256") == sha256


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
    return ensure_folder(
        converted_folder(name, sha256, places),
        {"source": gguf.name, "sha256": sha256, "dtype": "bfloat16"},
        [str(python), str(script), str(gguf)],
        purpose="Converting the model to bf16",
        needed_bytes=_GROWTH * gguf.stat().st_size,
        places=places,
        progress=progress,
    )


def int8_folder(source: Path, places: Places) -> Path:
    """Return the folder that holds the int8 form of a folder of weights."""
    return places.models / f"{source.name.removesuffix('-bf16')}-int8"


def find_int8(source: Path, places: Places) -> Path | None:
    """Return the int8 form of a folder of weights, if it has been made."""
    folder = int8_folder(source, places)
    return folder if read_manifest(folder) == _int8_manifest(source) else None


def ensure_int8(source: Path, *, python: Path, places: Places, progress: ServeProgress) -> Path:
    """Return the int8 form of a folder of weights, made now if need be.

    Parameters
    ----------
    source
        A folder with bf16 safetensors.
    python
        An interpreter with torch and safetensors.
    places
        Where the new folder goes.
    progress
        Whom to tell.
    """
    weights = sum(file.stat().st_size for file in source.glob("*.safetensors"))
    return ensure_folder(
        int8_folder(source, places),
        _int8_manifest(source),
        [str(python), str(QUANTIZE_SCRIPT), str(source)],
        purpose="Rounding the model to int8",
        needed_bytes=weights,
        places=places,
        progress=progress,
    )


def _int8_manifest(source: Path) -> dict[str, str]:
    """Return what an int8 folder is made from: its source's own origin, and the way of rounding."""
    origin = json.dumps(read_manifest(source) or _local_origin(source), sort_keys=True)
    recipe = hashlib.sha256(QUANTIZE_SCRIPT.read_bytes()).hexdigest()
    return {"source": source.name, "origin": origin, "dtype": "int8", "recipe": recipe[:16]}


def _local_origin(source: Path) -> dict[str, list[int]]:
    """Return what changes when the weights of a user's own folder are replaced."""
    files = sorted(source.glob("*.safetensors"))
    return {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in files}
