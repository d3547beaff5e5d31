"""How much memory the pages take as on Binder: the start script, a server, real Spark.

Run it by hand: ``python tests/measure/binder_memory.py [NOTEBOOK...]``. Server, kernel, Spark and
the program that runs the cells are counted together, every half second, so that the figure is an
upper bound of what one visitor takes. Where the system lets us (cgroup v1, as root), the limit of
2 GB is a real one, at which the kernel would kill.
"""

# ruff: noqa: T201  it prints, that is its job

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
LIMIT_BYTES = 2 * 1024**3
GROUP = Path("/sys/fs/cgroup/memory/streamlink-binder")
MB = 1024**2
SERVER = "jupyter lab --no-browser --port=0 --IdentityProvider.token=x --allow-root"


def limit() -> bool:
    """Put this process, and so all that it starts, under a limit; False where that cannot be."""
    try:
        GROUP.mkdir()
        (GROUP / "memory.limit_in_bytes").write_text(str(LIMIT_BYTES))
        (GROUP / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True


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


def main(notebooks: list[str]) -> int:
    """Run the pages and print the figures."""
    limited = limit()
    bin_folder = Path(sys.executable).parent
    check = f"streamlink check {' '.join(notebooks)}"
    command = f"{SERVER} >/dev/null 2>&1 & server=$!; {check}; done=$?; kill $server; exit $done"
    environment = os.environ | {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": tempfile.mkdtemp(),
    }
    started = subprocess.Popen(
        [ROOT / "binder" / "start", "bash", "-c", command], cwd=ROOT, env=environment
    )
    root, peak_rss, peak_pss = psutil.Process(started.pid), 0, 0
    while started.poll() is None:
        resident, proportional = tree_bytes(root)
        peak_rss, peak_pss = max(peak_rss, resident), max(peak_pss, proportional)
        time.sleep(0.5)
    print(f"peak: {peak_pss / MB:.0f} MB proportional, {peak_rss / MB:.0f} MB resident")
    print(f"limit of {LIMIT_BYTES / MB:.0f} MB {'was in force' if limited else 'could not be set'}")
    if limited:
        failures = (GROUP / "memory.failcnt").read_text().strip()
        most = int((GROUP / "memory.max_usage_in_bytes").read_text()) / MB
        print(f"counted by the kernel: {most:.0f} MB, cache included; limit hit {failures} times")
        (GROUP.parent / "cgroup.procs").write_text(str(os.getpid()))
        GROUP.rmdir()
    return started.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [str(one) for one in sorted(ROOT.glob("notebooks/*.ipynb"))]))
