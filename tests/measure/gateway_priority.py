"""Who is answered first when a shared vLLM is full: a person, or background work that came earlier.

Run it by hand, with a vLLM that takes few requests at a time and knows priorities:
``streamlink serve --port 8123 -- --scheduling-policy priority --max-num-seqs 2`` (it takes the
place of a server of yours that runs), then
``python tests/measure/gateway_priority.py http://127.0.0.1:8123/v1 KEY``. Eight background requests
come first and a person's a second later, once with the gateway's ``priority`` and once without.
"""

# ruff: noqa: T201  it prints, that is its job

from __future__ import annotations

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamlink_magic.gateway.app import Gateway
from streamlink_magic.gateway.callers import Caller
from streamlink_magic.gateway.config import GatewayConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKGROUND, TOKENS = 8, 60


async def anybody(token: str) -> Caller:
    """Let everybody in: who may ask is measured elsewhere."""
    return Caller(token, may_ask=True)


@contextmanager
def running(config: GatewayConfig) -> Iterator[str]:
    """Yield the address of a gateway."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Gateway(config, anybody).app(), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def ask(root: str, model: str, who: str, number: int) -> float:
    """Ask for a long answer; return when it ended."""
    said = f"Question {number}: write the numbers from {number} to 500, one after the other."
    body = {
        "model": model,
        "messages": [{"role": "user", "content": said}],
        "max_tokens": TOKENS,
        "temperature": 0,
        "stream": True,
    }
    headers = {"Authorization": f"Bearer {who}", "X-Request-Class": who}
    answer = httpx2.post(f"{root}/v1/chat/completions", json=body, headers=headers, timeout=600)
    answer.raise_for_status()
    if "error" in answer.text:
        raise SystemExit(answer.text[:500])
    return time.monotonic()


def measure(upstream: str, key: str, *, priority: bool) -> None:
    """Ask all at once, and print who came before the person."""
    with (
        running(GatewayConfig(upstream, key, priority=priority)) as root,
        ThreadPoolExecutor(BACKGROUND + 1) as threads,
    ):
        model = httpx2.get(f"{root}/v1/models", headers={"Authorization": "Bearer x"}).json()
        name = model["data"][0]["id"]
        waiting = [
            threads.submit(ask, root, name, "background", number) for number in range(BACKGROUND)
        ]
        time.sleep(1)
        began = time.monotonic()
        ended = ask(root, name, "person", 99)
        before = sum(one.result() < ended for one in waiting)
        print(
            f"priority = {str(priority).lower()}: the person waited {ended - began:.1f} s, "
            f"{before} of {BACKGROUND} background requests were answered before",
            flush=True,
        )


if __name__ == "__main__":
    for switched in (True, False):
        measure(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "", priority=switched)
