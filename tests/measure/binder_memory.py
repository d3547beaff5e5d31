"""How much memory each page takes as on Binder: the start script, a server, a kernel, real Spark.

Run it by hand: ``python tests/measure/binder_memory.py [NOTEBOOK...]``. Each page has a server and
a kernel of its own. They, Spark and the program that runs the cells are counted together, every
half second, so that the figure is an upper bound of what one visitor takes. Where the system lets
us (cgroup v1, as root), the limit of 2 GB is a real one, at which the kernel would kill. It ends
with 1 where a page fails.
"""

# ruff: noqa: T201  it prints, that is its job

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LIMIT_BYTES = 2 * 1024**3
GROUP = Path("/sys/fs/cgroup/memory/streamlink-binder")
GOODBYE_S = 30
MB = 1024**2
SERVER = "jupyter lab --no-browser --port=0 --IdentityProvider.token=x --allow-root"


@contextmanager
def limited() -> Iterator[str]:
    """Yield a shell command that puts the shell under a limit; empty where that cannot be."""
    try:
        GROUP.mkdir()
        (GROUP / "memory.limit_in_bytes").write_text(str(LIMIT_BYTES))
    except OSError:
        yield ""
        return
    try:
        yield f"echo $$ > {GROUP / 'cgroup.procs'}; "
    finally:
        remove_group()


def remove_group() -> None:
    """Kill what is left under the limit, wait until it is gone, and remove the group."""
    deadline = time.monotonic() + GOODBYE_S
    while True:
        for number in (GROUP / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
        try:
            GROUP.rmdir()
        except OSError:  # busy: one of them is not quite dead
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def tree_bytes(root: psutil.Process) -> tuple[int, int]:
    """Return the resident and the proportional set size of a process and all below it."""
    resident = proportional = 0
    for one in [root, *root.children(recursive=True)]:
        try:
            sizes = one.memory_full_info()
        except psutil.Error:
            continue  # it has ended
        resident, proportional = resident + sizes.rss, proportional + sizes.pss
    return resident, proportional


def peaks(started: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Return the most that a process and all below it held at two looks in a row.

    At one look it may be more than there is: a process that is just being started shows its
    parent's memory as its own, a second time.
    """
    root, before, peak = psutil.Process(started.pid), (0, 0), (0, 0)
    while started.poll() is None:
        now = tree_bytes(root)
        peak = (
            max(peak[0], min(before[0], now[0])),
            max(peak[1], min(before[1], now[1])),
        )
        before = now
        time.sleep(0.5)
    return peak


def told_by_the_kernel() -> str:
    """Return what the group's own books say: its most, cache included, and whom it killed."""
    most = int((GROUP / "memory.max_usage_in_bytes").read_text()) / MB
    books = (GROUP / "memory.oom_control").read_text().split()
    killed = books[books.index("oom_kill") + 1]
    return f"limit in force, {most:.0f} MB with cached files, {killed} killed for memory"


def measure(notebook: str, home: str) -> int:
    """Run a page, print its figures, and return its exit code."""
    check = f"streamlink check '{notebook}' >&2"
    command = f"{SERVER} >/dev/null 2>&1 & server=$!; {check}; done=$?; kill $server; exit $done"
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": home,
    }
    with limited() as entering:
        started = subprocess.Popen(
            [ROOT / "binder" / "start", "bash", "-c", entering + command], cwd=ROOT, env=environment
        )
        resident, proportional = peaks(started)
        told = told_by_the_kernel() if entering else "no limit could be set here"
    passed = "as recorded" if started.returncode == 0 else "FAILED"
    print(
        f"{Path(notebook).name}: {passed}; peak {proportional / MB:.0f} MB proportional,", end=" "
    )
    print(f"{resident / MB:.0f} MB resident; {told}", flush=True)
    return started.returncode


def main(notebooks: list[str]) -> int:
    """Run the pages one after the other and print the figures."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        return max(measure(one, home) for one in notebooks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [str(one) for one in sorted(ROOT.glob("notebooks/*.ipynb"))]))
