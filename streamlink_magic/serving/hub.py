"""Models from the Hugging Face hub, fetched by the server's own Python."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, build_opener

from streamlink_magic.errors import ServingError
from streamlink_magic.serving.children import PROGRESS_MARK, read_fraction, run_child
from streamlink_magic.serving.disk import GIB, require_space
from streamlink_magic.serving.folders import MANIFEST
from streamlink_magic.serving.locking import hold

if TYPE_CHECKING:
    from streamlink_magic.serving.options import ServeProgress
    from streamlink_magic.serving.places import Places
    from streamlink_magic.serving.sources import HubModel

DOWNLOAD_SCRIPT = Path(__file__).with_name("worker") / "download_hub.py"
_TIMEOUT_S = 5.0
_FOUND = 200
_REFUSED = (401, 403, 404)


def hub_status(model: HubModel) -> int | None:
    """Return how the hub answers for a model, within a few seconds.

    Parameters
    ----------
    model
        The model that it must have.

    Returns
    -------
    int or None
        The HTTP status; None when there is no answer or ``HF_HUB_OFFLINE`` forbids asking.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}:
        return None
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    if not endpoint.startswith(("http://", "https://")):
        return None
    address = f"{endpoint}/api/models/{model.repo}/revision/{model.revision}"
    headers = {"User-Agent": "streamlink-magic"}
    if os.environ.get("HF_TOKEN"):
        headers["Authorization"] = f"Bearer {os.environ['HF_TOKEN']}"
    try:
        with build_opener().open(Request(address, headers=headers), timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the scheme was checked
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code
    except (OSError, ValueError):
        return None


def hub_folder(model: HubModel, places: Places) -> Path:
    """Return the folder that holds the model once it is complete."""
    return places.models / f"{model.repo}@{model.revision[:12]}".replace("/", "--")


def explain_status(model: HubModel, status: int | None) -> ServingError:
    """Return the error for a model that the hub does not give."""
    wanted = f"{model.repo} at revision {model.revision}"
    if status in _REFUSED:
        return ServingError(
            f"The Hugging Face hub does not give {wanted} (status {status}).",
            "Check the name and the revision; for a gated model set HF_TOKEN.",
        )
    return ServingError(
        f"The Hugging Face hub cannot be reached for {wanted}.",
        "Check the network, HF_ENDPOINT and HF_HUB_OFFLINE, or pass --model FOLDER or FILE.gguf.",
    )


def fetch_from_hub(model: HubModel, python: Path, places: Places, progress: ServeProgress) -> Path:
    """Return the folder with the model's files, downloaded now if need be.

    Parameters
    ----------
    model
        The model.
    python
        An interpreter that has ``huggingface_hub``.
    places
        Where the files go.
    progress
        Whom to tell.

    Returns
    -------
    Path
        A complete folder: it gets its name only when every file is there.
    """
    folder = hub_folder(model, places)
    with hold(places.models / f"{folder.name}.lock", f"Waiting for {model.name}", progress):
        if (folder / MANIFEST).is_file():
            return folder
        require_space(places.models, GIB, f"downloading {model.name}")
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=places.models))
        try:
            _download(model, python, fresh, places.logs / "download.log", progress)
            shutil.rmtree(folder, ignore_errors=True)
            fresh.replace(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _download(
    model: HubModel, python: Path, folder: Path, log_path: Path, progress: ServeProgress
) -> None:
    def on_line(line: str) -> None:
        if line.startswith(PROGRESS_MARK):
            progress("Downloading the model from the hub", read_fraction(line))

    run_child(
        [str(python), str(DOWNLOAD_SCRIPT), model.repo, model.revision, str(folder), MANIFEST],
        log_path=log_path,
        purpose=f"Downloading {model.repo}",
        on_line=on_line,
        environment={"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
    )
    if "commit" not in json.loads((folder / MANIFEST).read_text(encoding="utf-8")):
        raise ServingError(f"The download of {model.repo} is not complete.", "Try again.")
