from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamlink_magic.errors import NotEnoughDiskError, NotEnoughMemoryError, ServingError
from streamlink_magic.serving import children, environment, hardware
from streamlink_magic.serving.environment import CPU_BUILD, GPU_BUILD, MARKER, ZEN_BUILD, Build
from streamlink_magic.serving.options import ignore_progress
from streamlink_magic.serving.places import Places, find_places

TINY = Build("tiny-1.0", ("tiny",), (), 10)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return an empty cache."""
    return Places(tmp_path / "cache")


class Filler:
    """Counts the times that it fills a folder; fails when told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.times = 0

    def __call__(self, folder: Path, *_: object) -> None:
        """Put a Python into the folder, and no more."""
        self.times += 1
        (folder / "bin").mkdir()
        (folder / "bin" / "python").touch()
        if self.fails:
            raise ServingError("no network")


def test_an_environment_is_built_once(places: Places) -> None:
    """A complete environment is found again, by its marker."""
    fill = Filler()
    first = environment.ensure_environment(TINY, places, ignore_progress, fill=fill)
    second = environment.ensure_environment(TINY, places, ignore_progress, fill=fill)
    assert (first, fill.times) == (second, 1)
    assert environment.find_environment(TINY, places) == first


def test_an_environment_without_its_marker_is_removed_and_built_again(places: Places) -> None:
    """A build that was killed is never used, whatever it had installed."""
    half = places.environments / "tiny-1.0-dead"
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "python").touch()
    python = environment.ensure_environment(TINY, places, ignore_progress, fill=Filler())
    assert not half.exists()
    assert (python.parents[1] / MARKER).is_file()


def test_an_environment_whose_python_is_gone_is_built_again(places: Places) -> None:
    """A marker without an interpreter counts for nothing."""
    first = environment.ensure_environment(TINY, places, ignore_progress, fill=Filler())
    first.unlink()
    second = environment.ensure_environment(TINY, places, ignore_progress, fill=Filler())
    assert second.exists()
    assert not first.parents[1].exists()


def test_a_failed_build_leaves_no_folder(places: Places) -> None:
    """What a failed installation wrote is removed at once."""
    with pytest.raises(ServingError, match="no network"):
        environment.ensure_environment(TINY, places, ignore_progress, fill=Filler(fails=True))
    assert [p for p in places.environments.iterdir() if p.is_dir()] == []


def test_a_full_disk_stops_the_build_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    """The disk is checked first; nothing is filled."""
    fill = Filler()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9))
    with pytest.raises(NotEnoughDiskError, match="vLLM environment"):
        environment.ensure_environment(TINY, places, ignore_progress, fill=fill)
    assert fill.times == 0


def test_the_cpu_build_retries_with_the_index_that_has_its_torch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only a missing torch leads to the other index; then the harmful packages are removed."""
    commands: list[list[str]] = []

    def run(command: list[str], *, on_line: object, **_: object) -> None:
        commands.append(command)
        if "install" in command and environment.TORCH_CPU_INDEX not in command:
            assert callable(on_line)
            on_line("ERROR: No matching distribution found for torch==2.13.0+cpu")
            raise ServingError("pip failed")

    monkeypatch.setattr(environment, "run_child", run)
    environment.fill_with_pip(tmp_path, CPU_BUILD, tmp_path / "log", ignore_progress)
    assert commands[0][1:3] == ["-m", "venv"]
    assert environment.TORCH_CPU_INDEX not in commands[1]
    assert environment.TORCH_CPU_INDEX in commands[2]
    assert commands[3][3:] == ["uninstall", "--yes", "torchvision", "torchaudio", "torchcodec"]


def test_another_pip_failure_is_not_retried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A dead network stays one error."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> None:
        commands.append(command)
        if "install" in command:
            raise ServingError("Could not resolve host")

    monkeypatch.setattr(environment, "run_child", run)
    with pytest.raises(ServingError, match="resolve host"):
        environment.fill_with_pip(tmp_path, CPU_BUILD, tmp_path / "log", ignore_progress)
    assert len(commands) == 2


def test_what_only_makes_it_faster_may_be_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The rest is installed and used; the reader is told what is left out."""

    def run(command: list[str], **_: object) -> None:
        if any(word.startswith("zentorch") for word in command):
            raise ServingError("no such package")

    told: list[str] = []
    monkeypatch.setattr(environment, "run_child", run)
    environment.fill_with_pip(
        tmp_path, ZEN_BUILD, tmp_path / "log", lambda text, _: told.append(text)
    )
    assert any("without zentorch" in text for text in told)


@pytest.mark.parametrize(
    ("described", "zen"),
    [
        ("vendor_id: AuthenticAMD\nflags: avx2 avx512f", True),
        ("vendor_id: AuthenticAMD\nflags: avx2", False),
        ("vendor_id: GenuineIntel\nflags: avx512f", False),
    ],
)
def test_amd_processors_with_avx512_get_their_own_kernels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, described: str, *, zen: bool
) -> None:
    """The rule is vLLM's own, so that what is installed is also used."""
    file = tmp_path / "cpuinfo"
    file.write_text(described)
    monkeypatch.setattr(hardware, "_CPU_INFO", file)
    assert hardware.is_zen() is zen


def test_the_cache_moves_with_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """STREAMLINK_CACHE is read at each call."""
    monkeypatch.setenv("STREAMLINK_CACHE", str(tmp_path))
    assert find_places().models == tmp_path / "models"
    monkeypatch.delenv("STREAMLINK_CACHE")
    assert find_places().root.name == "streamlink_magic"


def test_the_device_follows_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    """Auto takes a GPU where there is one; a GPU that is not there cannot be asked for."""
    monkeypatch.setattr(hardware, "has_gpu", lambda: True)
    assert (hardware.choose_device("auto"), hardware.choose_device("cpu")) == ("cuda", "cpu")
    assert environment.choose_build("cuda") is GPU_BUILD
    monkeypatch.setattr(hardware, "has_gpu", lambda: False)
    assert hardware.choose_device("auto") == "cpu"
    monkeypatch.setattr(environment, "is_zen", lambda: False)
    assert environment.choose_build("cpu") is CPU_BUILD
    monkeypatch.setattr(environment, "is_zen", lambda: True)
    assert environment.choose_build("cpu") is ZEN_BUILD
    with pytest.raises(ServingError, match="--device cpu"):
        hardware.choose_device("cuda")


@pytest.mark.parametrize(
    ("script", "expected"), [("echo 'GPU 0: NVIDIA'", True), ("exit 9", False)]
)
def test_nvidia_smi_decides_about_the_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, *, expected: bool
) -> None:
    """A driver tool that fails or lists nothing means no GPU."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hardware.has_gpu() is expected


def test_too_little_memory_is_said_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error tells weights, cache, and what is available; a server to be stopped counts."""
    gib = 1024**3
    monkeypatch.setattr(hardware, "available_memory", lambda: 4 * gib)
    with pytest.raises(NotEnoughMemoryError, match=r"8\.3 GiB .*3\.3 weights, 2 cache.*4\.0 GiB"):
        hardware.require_memory(int(3.3 * gib), 2)
    hardware.require_memory(int(3.3 * gib), 2, freed_bytes=5 * gib)


def test_a_containers_limit_counts_as_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Inside a container its limit decides, not the machine's memory."""
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 200\n")
    monkeypatch.setattr(hardware, "_CGROUP", tmp_path)
    assert hardware.available_memory() == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware.available_memory() > 500


def test_a_childs_failure_names_the_log_and_the_last_error(tmp_path: Path) -> None:
    """The error quotes what the program said last and where the rest is."""
    log_path = tmp_path / "logs" / "pip.log"
    lines: list[str] = []
    code = "print('50%|##', end='\\r'); print('ERROR: no such package'); raise SystemExit(3)"
    with pytest.raises(ServingError, match="Installing failed: ERROR: no such package") as caught:
        children.run_child(
            [sys.executable, "-c", code],
            log_path=log_path,
            purpose="Installing",
            on_line=lines.append,
        )
    assert str(log_path) in caught.value.hint
    assert [children.read_fraction(line) for line in lines] == [0.5, None]
    assert "no such package" in log_path.read_text()


def test_a_full_disk_in_a_child_is_named(tmp_path: Path) -> None:
    """A program that ran out of disk gives the error about disks."""
    with pytest.raises(NotEnoughDiskError, match="the disk is full"):
        children.run_child(
            [
                sys.executable,
                "-c",
                "raise SystemExit('OSError: [Errno 28] No space left on device')",
            ],
            log_path=tmp_path / "log",
            purpose="Installing",
            on_line=lambda _: None,
        )


def test_an_interrupt_ends_the_child(tmp_path: Path) -> None:
    """Ctrl-C while a program runs kills it and all that it started."""
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        children.run_child(
            [sys.executable, "-c", code], log_path=tmp_path / "log", purpose="x", on_line=interrupt
        )
    assert not Path(f"/proc/{pids[0]}").exists()


def test_children_do_not_inherit_the_notebooks_python_or_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Paths and tokens of the kernel stay in the kernel."""
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    variables = children.child_environment({"A": "1"})
    assert "PYTHONPATH" not in variables
    assert "secret" not in variables.values()
    assert variables["A"] == "1"
