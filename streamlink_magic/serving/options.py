"""What a caller asks of a local model server, and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pathlib import Path

Device = Literal["auto", "cpu", "cuda"]
Dtype = Literal["auto", "int8", "bfloat16"]


class ServeProgress(Protocol):
    """Somebody who wants to know how far a start has come.

    Implementations MUST return quickly and MUST NOT raise. The words before the first ``": "``
    name the phase; what follows may change often.
    """

    def __call__(self, message: str, fraction: float | None = None, /) -> None:
        """Take note of a phase and of the part of it that is done, 0 to 1, where that is known."""


def ignore_progress(message: str, fraction: float | None = None, /) -> None:
    """Take progress and do nothing with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How a local model server is to run.

    Parameters
    ----------
    model
        Empty for the default; ``qwen2.5-coder-0.5b`` for small machines; a folder with
        ``config.json`` and safetensors; a ``.gguf`` file; or a hub id, ``org/name@revision``.
    device
        ``cpu``, ``cuda``, or ``auto``: whatever the machine has.
    dtype
        ``int8`` rounds the weights once (W8A8), ``bfloat16`` serves them as they are, ``auto``
        rounds on a CPU and nowhere else, and never a folder of the user's own.
    port
        A fixed TCP port on loopback; None takes a free one.
    max_model_len
        Tokens of prompt and answer together that one request may use.
    kv_cache_gib
        Whole GiB of memory for the key-value cache (CPU only; a GPU uses what is free).
    all_cores
        On a CPU, leave no core to others: faster where nothing else runs, slower where it does.
    eager
        Skip compilation: a faster first start, slower answers.
    server_python
        A Python that has vLLM already, in place of the managed environment.
    start_timeout_s
        Seconds that a server may take from its launch to its first healthy answer.
    extra_args
        Further arguments for vLLM, passed on as they are.
    """

    model: str = ""
    device: Device = "auto"
    dtype: Dtype = "auto"
    port: int | None = None
    max_model_len: int = 8192
    kv_cache_gib: int = 2
    all_cores: bool = False
    eager: bool = False
    server_python: Path | None = None
    start_timeout_s: float = 900.0
    extra_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A running server: where it listens, and how to be let in.

    Parameters
    ----------
    base_url
        The address of its OpenAI-compatible API, ending in ``/v1``.
    api_key
        The key made for this run; kept out of every printed form.
    model
        The name under which the model is served.
    log_path
        The file that holds what the server printed.
    pid
        The process id of the server.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    log_path: Path
    pid: int
