"""``streamlink bench serve``: the ways of serving the default model, beside each other."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from streamlink_magic.adapters.vllm import VllmModel
from streamlink_magic.bench.contest import Standing, hold_contest
from streamlink_magic.bench.questions import collect_prompts
from streamlink_magic.errors import ServingError
from streamlink_magic.serving import ServeOptions, run_apart
from streamlink_magic.serving.llama_cpp import run_llama_cpp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlink_magic.serving import Endpoint, ServeProgress

_CACHE_GIB = 1
_SHAPES = {
    "int8": ServeOptions(kv_cache_gib=_CACHE_GIB),
    "int8-all-cores": ServeOptions(kv_cache_gib=_CACHE_GIB, all_cores=True),
    "int8-eager": ServeOptions(kv_cache_gib=_CACHE_GIB, eager=True),
    "bfloat16": ServeOptions(kv_cache_gib=_CACHE_GIB, dtype="bfloat16"),
    "bfloat16-all-cores": ServeOptions(kv_cache_gib=_CACHE_GIB, dtype="bfloat16", all_cores=True),
}
LLAMA_CPP = "llama.cpp"
SERVERS = (*_SHAPES, LLAMA_CPP)


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """What was asked for.

    Attributes
    ----------
    servers
        Names out of ``SERVERS``; ratios are to the first.
    users
        Numbers of questions to ask at once.
    out
        Where the figures go as JSON; None keeps none.
    """

    servers: tuple[str, ...]
    users: tuple[int, ...] = ()
    out: Path | None = None


def bench_serve(
    request: BenchRequest, progress: ServeProgress, tell: Callable[[str], None]
) -> tuple[Standing, ...]:
    """Start every server beside the others, let them take turns, and stop them.

    The server that notebooks use is left as it is; what it computes meanwhile disturbs the times.

    Raises
    ------
    ServingError
        A name is unknown, or a server does not start.
    """
    for name in request.servers:
        _require_known(name)
    with ExitStack() as stack:
        models = {}
        for name in request.servers:
            endpoint = stack.enter_context(_run(name, progress))
            models[name] = VllmModel(endpoint.base_url, endpoint.api_key)
        counting = next(model for name, model in models.items() if name != LLAMA_CPP)
        prompts = collect_prompts(counting, tell)
        standings = hold_contest(models, prompts, users=request.users, tell=tell)
    if request.out:
        figures = [asdict(one) for one in standings]
        request.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return standings


def _run(name: str, progress: ServeProgress) -> _Running:
    if name == LLAMA_CPP:
        return run_llama_cpp(progress=progress)
    return run_apart(_SHAPES[name], name, progress=progress)


def _require_known(name: str) -> None:
    if name not in SERVERS:
        raise ServingError(
            f"There is no way of serving called {name!r}.", f"Choose from: {', '.join(SERVERS)}."
        )


if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    _Running = AbstractContextManager[Endpoint]
