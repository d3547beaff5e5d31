from __future__ import annotations

import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernels import Cell, Kernel

    from streamlink_magic.serving import Endpoint

pytestmark = [pytest.mark.model, pytest.mark.spark]

_PATIENCE_S = 60
LENGTHS = "vllm:request_params_max_tokens_bucket"


def metrics(server: Endpoint) -> dict[str, float]:
    """Return the server's own measurements by name and labels."""
    with urllib.request.urlopen(server.base_url.removesuffix("/v1") + "/metrics") as page:  # noqa: S310  loopback
        lines = page.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def running(server: Endpoint) -> float:
    """Return how many requests the server is working on."""
    known = metrics(server).items()
    return sum(value for name, value in known if name.startswith("vllm:num_requests_running{"))


def ended(server: Endpoint) -> float:
    """Return how many requests that allowed 1,001 to 2,000 tokens ran to their end."""
    buckets = {
        size: sum(value for name, value in metrics(server).items() if size in name)
        for size in (f'{LENGTHS}{{engine="0",le="{limit}.0"' for limit in (1000, 2000))
    }
    below, within = buckets.values()
    return within - below


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something holds before patience ends."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.2)
    return holds()


def is_written(cell: Cell) -> bool:
    """Whether the live line shows the beginning of the model's SQL."""
    shown: dict[str, Any] = cell.displays[-1] if cell.displays else {}
    return "<pre" in str(shown.get("text/html", ""))


def test_the_stop_button_ends_the_generation(server: Endpoint, spark_kernel: Kernel) -> None:
    """Stop while the model writes: the server drops the request, and nothing is left of it."""
    spark_kernel.run("spark.sql('CREATE TABLE pets (name string, age int) USING parquet')")
    spark_kernel.run("%load_ext streamlink_magic\n%config AskMagics.warm_up = False")
    spark_kernel.run("%config AskMagics.answer_tokens = 1500")
    before = ended(server)
    question = "For each name: number of pets, youngest, oldest, average age, share of all pets?"
    cell = spark_kernel.run(f"%%ask stopped\n{question}", watched=True, until=is_written)
    assert (cell.status, cell.error) == ("error", "StoppedByUser")
    assert "The model call was cancelled after" in cell.traceback
    assert eventually(lambda: running(server) == 0)
    assert ended(server) == before
    assert not spark_kernel.value("'stopped' in globals()")
    asks = "get_ipython().magics_manager.registry['AskMagics'].asks"
    assert spark_kernel.value(f"{asks}.turns") == []
    assert cell.displays[-1] == {"text/plain": "", "text/html": ""}
    # The same question, left alone, is counted: so the count above could have moved.
    spark_kernel.run(f"%%ask --no-run\n{question}")
    assert ended(server) > before
