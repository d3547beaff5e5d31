"""The int8 form of a model: when it is made, and that it is made once and whole."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from streamlink_magic.errors import ServingError
from streamlink_magic.serving import ServeOptions, conversion, hardware, plan
from streamlink_magic.serving.folders import MANIFEST
from streamlink_magic.serving.options import ignore_progress
from streamlink_magic.serving.places import Places

WORKER = """
import pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
(target / "config.json").write_text("{}")
data = (source / "model.safetensors").read_bytes()
(target / "model.safetensors").write_bytes(b"int8 of " + data)
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return a cache of the test's own."""
    made = Places(tmp_path / "cache")
    made.models.mkdir(parents=True)
    made.logs.mkdir()
    return made


@pytest.fixture
def source(places: Places) -> Path:
    """Return a folder of weights as the conversion leaves it."""
    folder = places.models / "tiny-abab-bf16"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / MANIFEST).write_text(json.dumps({"sha256": "ab" * 32}))
    return folder


def use_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """Put a stand-in in the worker's place."""
    script = tmp_path / "worker.py"
    script.write_text(text)
    monkeypatch.setattr(conversion, "QUANTIZE_SCRIPT", script)


def ensure(source: Path, places: Places) -> Path:
    """Make the int8 form with this Python."""
    python = Path(sys.executable)
    return conversion.ensure_int8(source, python=python, places=places, progress=ignore_progress)


def test_it_is_made_once_beside_its_source(
    source: Path, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second start finds it."""
    use_worker(monkeypatch, tmp_path, WORKER)
    assert conversion.find_int8(source, places) is None
    folder = ensure(source, places)
    assert folder.name == "tiny-abab-int8"
    assert (folder / "model.safetensors").read_bytes() == b"int8 of weights"
    assert conversion.find_int8(source, places) == folder


def test_other_weights_or_another_recipe_make_it_anew(
    source: Path, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is used only when it is the rounding of these weights by this program."""
    use_worker(monkeypatch, tmp_path, WORKER)
    ensure(source, places)
    (source / MANIFEST).write_text(json.dumps({"sha256": "cd" * 32}))
    assert conversion.find_int8(source, places) is None
    ensure(source, places)
    assert conversion.find_int8(source, places) is not None
    use_worker(monkeypatch, tmp_path, WORKER + "# a better way\n")
    assert conversion.find_int8(source, places) is None


@pytest.mark.parametrize(
    "ending", ["import os; os.kill(os.getpid(), 9)", "(target / 'model.safetensors').unlink()"]
)
def test_a_worker_that_dies_leaves_nothing(
    source: Path, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Half an int8 model is never served."""
    use_worker(monkeypatch, tmp_path, WORKER + ending)
    with pytest.raises(ServingError):
        ensure(source, places)
    assert conversion.find_int8(source, places) is None
    assert [one.name for one in places.models.iterdir() if one.is_dir()] == [source.name]


@pytest.mark.parametrize(
    ("options", "served"),
    [
        (ServeOptions(device="cpu"), "int8"),
        (ServeOptions(device="cpu", dtype="bfloat16"), "bfloat16"),
        (ServeOptions(device="cuda"), "bfloat16"),
        (ServeOptions(device="cuda", dtype="int8"), "int8"),
    ],
)
def test_a_cpu_gets_int8_unless_told_otherwise(
    options: ServeOptions, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default is what answers fastest on the hardware."""
    monkeypatch.setattr(plan, "choose_device", lambda device: device)
    made = plan.make_plan(options)
    assert made.dtype == served
    assert made.fingerprint == plan.make_plan(replace(options, dtype=served)).fingerprint  # type: ignore[arg-type]


def test_a_folder_of_the_user_s_own_is_served_as_it_is(source: Path) -> None:
    """Whoever names a folder has chosen its form."""
    (source / "config.json").write_text("{}")
    own = ServeOptions(device="cpu", model=str(source))
    assert plan.make_plan(own).dtype == "bfloat16"
    assert plan.make_plan(replace(own, dtype="int8")).dtype == "int8"


def test_all_cores_are_used_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to itself vLLM keeps one core free, which others need more than it does."""
    monkeypatch.setattr(hardware.os, "sched_getaffinity", lambda _: {5, 2, 3}, raising=False)
    monkeypatch.setattr(plan, "choose_device", lambda device: device)
    usual = plan.server_command(ServeOptions(device="cpu"))
    eager = plan.server_command(ServeOptions(device="cpu", all_cores=True))
    assert "VLLM_CPU_OMP_THREADS_BIND" not in usual
    assert "VLLM_CPU_OMP_THREADS_BIND=2,3,5" in eager
