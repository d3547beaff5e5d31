from __future__ import annotations

from pathlib import Path

import pytest

from streamlink_magic.errors import (
    ContextTooLongError,
    NotEnoughDiskError,
    NotEnoughMemoryError,
    PortInUseError,
    ServingError,
)
from streamlink_magic.serving.log_reading import explain_failure, read_phase, read_tail

LOG = Path("/cache/logs/server.log")
ENGINE = "\x1b[0;36m(EngineCore pid=9721)\x1b[0;0m ERROR 11-23 03:55:44 [core.py:1100] "

TOO_LONG = (
    "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig\n"
    "  Value error, User-specified max_model_len (40000) is greater than the derived max_model_len "
    "(max_position_embeddings=32768 or model_max_length=None in model's config.json). To allow "
    "overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1.\n"
)
CACHE_TOO_SMALL = (
    f"{ENGINE}ValueError: To serve at least one request with the model's max seq len (131072), "
    "(3.5 GiB KV cache is needed, which is larger than the available KV cache memory (1.0 GiB). "
    "Based on the available memory, the estimated maximum model length is 37376.\n"
    "RuntimeError: Engine core initialization failed. See root cause above. "
    "Failed core proc(s): {'EngineCore': 1}\n"
)
NODE_MEMORY = (
    f"{ENGINE}ValueError: Available memory on node 0 (1.5/23.4 GiB) on kv cache allocation is less "
    "than requested memory for kv (2.0 GiB). Decrease --kv-cache-memory-bytes, "
    "VLLM_CPU_KVCACHE_SPACE, or reduce CPU memory used by other processes.\n"
)
CUDA_MEMORY = (
    f"{ENGINE}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a "
    "total capacity of 3.81 GiB\n"
)
OOM_KILLED = (
    "RuntimeError: Engine core initialization failed. See root cause above. "
    "Failed core proc(s): {'EngineCore_DP0': -9}\n"
)
PORT = "OSError: [Errno 98] Address already in use\n"
DISK = "OSError: [Errno 28] No space left on device: '/cache/compiled/x'\n"
NO_VLLM = (
    "/usr/bin/python: Error while finding module specification for "
    "'vllm.entrypoints.openai.api_server' (ModuleNotFoundError: No module named 'vllm')\n"
)


@pytest.mark.parametrize(
    ("log", "error", "evidence"),
    [
        (TOO_LONG, ContextTooLongError, "max_position_embeddings=32768"),
        (CACHE_TOO_SMALL, ContextTooLongError, "estimated maximum model length is 37376"),
        (NODE_MEMORY, NotEnoughMemoryError, "1.5/23.4 GiB"),
        (CUDA_MEMORY, NotEnoughMemoryError, "Tried to allocate 2.00 GiB"),
        (OOM_KILLED, NotEnoughMemoryError, "-9"),
        (PORT, PortInUseError, "already in use"),
        (DISK, NotEnoughDiskError, "No space left"),
        (NO_VLLM, ServingError, "has no vLLM"),
    ],
)
def test_a_failure_is_told_by_its_log(
    tmp_path: Path, log: str, error: type[ServingError], evidence: str
) -> None:
    """Each cause that a user can remove has its own error, vLLM's words, a fix, the log's path."""
    path = tmp_path / "server.log"
    path.write_text("INFO ordinary line\n" + log + "INFO shutting down\n")
    caught = explain_failure(read_tail(path), path, 1)
    assert type(caught) is error
    assert evidence in caught.message
    assert "\x1b" not in caught.message
    assert str(path) in caught.hint


def test_a_kill_without_words_points_at_memory() -> None:
    """A server killed by the system without a word most likely took too much memory."""
    caught = explain_failure(["INFO Loading weights"], LOG, -9)
    assert type(caught) is NotEnoughMemoryError


def test_an_unknown_failure_quotes_the_last_complaints() -> None:
    """What fits no pattern is shown in the server's own words, without the noise around it."""
    lines = [*(f"INFO {n}" for n in range(50)), "KeyError: 'rope_theta'", "INFO bye"]
    caught = explain_failure(lines, LOG, 1)
    assert type(caught) is ServingError
    assert "KeyError: 'rope_theta'" in caught.message
    assert "INFO" not in caught.message
    assert "status 1" in caught.message
    assert str(LOG) in caught.hint


def test_a_failure_without_a_log_still_has_words() -> None:
    """An empty log gives an error all the same."""
    assert "(nothing)" in explain_failure([], LOG).message


@pytest.mark.parametrize(
    ("lines", "phase"),
    [
        ([], ("Starting vLLM", None)),
        (["Initializing a V1 LLM engine (v0.32.0)"], ("Starting the engine", None)),
        (["Starting to load model /x...", "Filesystem type"], ("Loading weights", None)),
        (
            ["Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:04<00:04, 4.9s/it]"],
            ("Loading weights", 0.5),
        ),
        (["Warming up model for the compilation..."], ("Compiling the model", None)),
        (
            ["saved AOT compiled function to /x/torch_compile_cache/y"],
            ("Compiling the model", None),
        ),
        (["Application startup complete."], ("Ready", None)),
    ],
)
def test_the_phase_is_the_last_one_that_the_log_names(
    lines: list[str], phase: tuple[str, float | None]
) -> None:
    """Progress tells what the server does now; lines that say nothing change nothing."""
    assert read_phase(["INFO version 0.32.0", *lines, "INFO something else"]) == phase


def test_a_tail_is_clean_and_bounded(tmp_path: Path) -> None:
    """Colours, time stamps and progress bars' carriage returns are gone; long logs are cut."""
    path = tmp_path / "server.log"
    assert read_tail(path) == []
    path.write_bytes(b"x" * 1_000_000 + b"\n" + ENGINE.encode() + b"boom: \xff\r 50%|## \n\n")
    assert read_tail(path)[1:] == ["boom: \ufffd", " 50%|##"]
    assert len(read_tail(path)[0]) < 300_000
