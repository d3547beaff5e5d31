"""The tutorials in a fresh clone: no network, no model, no home, and all as recorded."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.spark

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(one.name for one in (ROOT / "notebooks").glob("*.ipynb"))
DEAD = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that a clone would have, and nothing else."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


@pytest.fixture
def alone(clone: Path, kernel_environment: Mapping[str, str], tmp_path: Path) -> dict[str, str]:
    """Return an environment that knows no server, no cache and no way out."""
    out = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD)
    return {
        **kernel_environment,
        **out,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(clone),
        "STREAMLINK_REPLAY": "replay",
    }


def without_network() -> list[str]:
    """Return what starts a command without any network but loopback, where the system lets us."""
    if shutil.which("unshare") and shutil.which("ip"):
        up = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        if subprocess.run([*up, "true"], check=False, capture_output=True).returncode == 0:
            return up
    return []


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_page_says_the_same_without_model_and_network(
    notebook: str, clone: Path, alone: dict[str, str]
) -> None:
    """Every output but clocks and badges is what readers see, and every entry to the byte."""
    done = subprocess.run(
        [
            *without_network(), sys.executable, "-m", "pytest", "-q",
            "-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider",
            "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600",
            "--nbval-sanitize-with", "tests/nbval.cfg", f"notebooks/{notebook}",
        ],
        cwd=clone, env=alone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
