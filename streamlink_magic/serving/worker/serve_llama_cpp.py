"""Serve a GGUF file with llama.cpp: ``serve_llama_cpp.py FILE PORT NAME``.

Runs under an environment that has xllamacpp. The key comes in ``VLLM_API_KEY``, so that every
server of ours is told it in the same way. All cores are used, as llama.cpp's own server does.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module


def serve(path: str, port: int, name: str) -> None:
    """Listen on loopback until the process is stopped."""
    llama = import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = path
    params.model_alias = {name}
    params.n_ctx = 8192
    params.n_parallel = 1
    threads = len(os.sched_getaffinity(0))
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.api_keys = [os.environ["VLLM_API_KEY"]]
    server = llama.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
