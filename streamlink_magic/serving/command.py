"""The command that starts vLLM: its arguments and its environment."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Whoever starts vLLM by hand exports the key under this name; the printed command never holds it.
KEY_VARIABLE = "STREAMLINK_API_KEY"
HOST = "127.0.0.1"
CHUNK_TOKENS = 1024
BLOCK_TOKENS = 32
_GRAMMAR_BACKEND = '{"backend":"guidance"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Everything that decides how vLLM starts, save the key.

    Parameters
    ----------
    python
        The interpreter that has vLLM.
    model
        A folder, or a hub id for people who start it themselves.
    revision
        The hub id's revision; empty for a folder.
    name
        The name to serve the model under.
    port
        The port on loopback.
    device
        ``cpu`` or ``cuda``.
    max_model_len
        Tokens of prompt and answer together.
    kv_cache_gib
        GiB for the key-value cache on a CPU.
    cores
        The cores for a CPU's threads; empty leaves them to vLLM.
    eager
        Whether compilation is skipped.
    extra_args
        Further arguments.
    compiled
        Where compiled code is kept.
    """

    python: Path
    model: str
    revision: str
    name: str
    port: int
    device: str
    max_model_len: int
    kv_cache_gib: int
    cores: str
    eager: bool
    extra_args: tuple[str, ...]
    compiled: Path

    def arguments(self) -> list[str]:
        """Return the program and its arguments; no secret is among them."""
        optional = ["--revision", self.revision] if self.revision else []
        optional += ["--enforce-eager"] if self.eager else []
        return [
            *(str(self.python), "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", self.model),
            *("--served-model-name", self.name),
            *("--host", HOST),
            *("--port", str(self.port)),
            *("--max-model-len", str(self.max_model_len)),
            *("--structured-outputs-config", _GRAMMAR_BACKEND),
            # A model's own sampling defaults differ between its published forms; ours come with
            # each request.
            *("--generation-config", "vllm"),
            "--disable-uvicorn-access-log",
            *optional,
            # A long prompt is read in pieces of this many tokens; the warm-up reads one piece.
            *(("--max-num-batched-tokens", str(CHUNK_TOKENS)) if self.device == "cpu" else ()),
            # Prompts are cached in whole blocks, and what is left over is computed again for each
            # question: 48 tokens fewer on average than with vLLM's 128, a third of a second here.
            *(("--block-size", str(BLOCK_TOKENS)) if self.device == "cpu" else ()),
            *self.extra_args,
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables to set beside the key."""
        variables = {
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
            "VLLM_CACHE_ROOT": str(self.compiled),
        }
        if not self.revision:
            variables["HF_HUB_OFFLINE"] = "1"
        if self.device == "cpu" and not self.eager:
            # vLLM 0.32 saves what it compiled ahead of time on a CPU and then fails to load it
            # ('function' object has no attribute 'finalize_loading'), so every start compiled
            # anew. Inductor's own cache works: the engine starts in 21 to 27 s instead of 76 to 93.
            variables["VLLM_USE_AOT_COMPILE"] = "0"
            variables["TORCHINDUCTOR_CACHE_DIR"] = str(self.compiled / "inductor")
        if self.device == "cpu":
            variables["VLLM_CPU_KVCACHE_SPACE"] = str(self.kv_cache_gib)
            if self.cores:
                variables["VLLM_CPU_OMP_THREADS_BIND"] = self.cores
                variables["VLLM_CPU_NUM_OF_RESERVED_CPU"] = "0"
        return variables

    def shell_command(self) -> str:
        """Return one line for a POSIX shell, with the key as a variable."""
        key = f'VLLM_API_KEY="${KEY_VARIABLE}"'
        assignments = [f"{name}={shlex.quote(value)}" for name, value in self.environment().items()]
        return " ".join([key, *assignments, shlex.join(self.arguments())])
