from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kernels import Kernel

# Everything of a shell that an extension could leave something in.
LOOK = """
def look():
    shell = get_ipython()
    return {
        "magics": {kind: sorted(known) for kind, known in shell.magics_manager.magics.items()},
        "registry": sorted(shell.magics_manager.registry),
        "matchers": len(shell.Completer.custom_matchers),
        "events": {name: len(calls) for name, calls in shell.events.callbacks.items()},
        "configurables": [type(one).__name__ for one in shell.configurables],
        "lines": [one.__name__ for one in shell.input_transformer_manager.token_transformers],
        "cleanup": len(shell.input_transformers_cleanup),
        "attributes": sorted(vars(shell)),
        "config": sorted(shell.config),
        "names": sorted(name for name in shell.user_ns if name[0] != "_"),
    }
"""
EXTENSION = "streamlink_magic"


@pytest.fixture(scope="module")
def looked(kernel: Kernel) -> dict[str, Any]:
    """Return what the shell looked like before the extension came."""
    kernel.run(LOOK)
    kernel.run("%unload_ext nothing")  # IPython itself comes with these magics on their first use
    before: dict[str, Any] = kernel.value("look()")
    return before


def test_loading_adds_what_unloading_takes_away(kernel: Kernel, looked: dict[str, Any]) -> None:
    """A shell without the extension is the same before and after, name by name."""
    for _ in range(2):
        kernel.run(f"%load_ext {EXTENSION}")
        loaded = kernel.value("look()")
        assert {"ask", "streamlink"} <= set(loaded["magics"]["line"])
        assert "ask" in loaded["magics"]["cell"]
        assert loaded["names"] == looked["names"]
        kernel.run(f"%unload_ext {EXTENSION}")
        assert kernel.value("look()") == looked


def test_reloading_adds_nothing_twice(kernel: Kernel, looked: dict[str, Any]) -> None:
    """However often it is loaded anew, the shell holds one of each."""
    kernel.run(f"%load_ext {EXTENSION}")
    once = kernel.value("look()")
    kernel.run(f"%load_ext {EXTENSION}")
    kernel.run(f"%reload_ext {EXTENSION}")
    assert kernel.value("look()") == once
    kernel.run(f"%unload_ext {EXTENSION}")
    assert kernel.value("look()") == looked


def test_an_unloaded_magic_is_gone(kernel: Kernel) -> None:
    """After unloading ``%ask`` is no magic, completes nothing and takes no question mark."""
    kernel.run(f"%load_ext {EXTENSION}")
    assert "--rows" in kernel.completions("%ask --")
    assert "history" in kernel.completions("%streamlink hi")
    kernel.run(f"%unload_ext {EXTENSION}")
    assert "--rows" not in kernel.completions("%ask --")
    assert "history" not in kernel.completions("%streamlink hi")
    gone = kernel.run("%ask --no-run anything")
    assert "`%ask` not found" in json.dumps([gone.traceback, gone.printed])


def test_a_failed_question_leaves_the_shell_usable(kernel: Kernel) -> None:
    """Without a Spark session the cell fails with the fix, and the next cell runs."""
    kernel.run(f"%load_ext {EXTENSION}")
    failed = kernel.run("%ask Is there a session?")
    assert (failed.status, failed.error) == ("error", "SessionError")
    assert "→" in failed.traceback
    assert kernel.value("1 + 1") == 2
