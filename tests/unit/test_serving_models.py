from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.errors import (
    ContextTooLongError,
    DigestMismatchError,
    NotEnoughDiskError,
    ServingError,
)
from streamlink_magic.serving import carried, conversion, disk, hub, models
from streamlink_magic.serving.folders import MANIFEST
from streamlink_magic.serving.options import ignore_progress
from streamlink_magic.serving.places import Places
from streamlink_magic.serving.sources import (
    DEFAULT_MODEL,
    SMALL_MODEL,
    CarriedFile,
    GgufFile,
    HubModel,
    LocalFolder,
    parse_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = (b"alpha" * 1000, b"beta" * 1000, b"gamma" * 1000)
WHOLE = b"".join(PARTS)
FILE = CarriedFile(
    filename="tiny.gguf",
    package="tiny-part{}",
    version="1.0",
    parts=3,
    size_bytes=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return an empty cache."""
    return Places(tmp_path / "cache")


def wheels_of(parts: tuple[bytes, ...]) -> Callable[[str, Path], None]:
    """Return a downloader that makes each part's wheel on the spot."""

    def download(requirement: str, folder: Path) -> None:
        number = int(requirement.removeprefix("tiny-part").removesuffix("==1.0"))
        with zipfile.ZipFile(folder / f"tiny_part{number}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("tiny/__init__.py", "raise SystemExit('a part must not be imported')")
            if number <= len(parts):
                wheel.writestr(f"tiny/data/part{number:02d}.bin", parts[number - 1])

    return download


def files_below(folder: Path) -> list[str]:
    """Return the names of all files but locks."""
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_parts_become_the_whole_file_in_order(places: Places) -> None:
    """The parts are joined by their number, and only the whole file stays."""
    whole = carried.fetch_carried(FILE, places, ignore_progress, wheels_of(PARTS))
    assert whole.read_bytes() == WHOLE
    assert files_below(places.downloads) == ["tiny.gguf"]


@pytest.mark.parametrize(
    "parts",
    [(PARTS[1], PARTS[0], PARTS[2]), (PARTS[0], PARTS[1], b"x"), (b"", b"", b"")],
    ids=["swapped", "short", "empty"],
)
def test_a_wrong_digest_leaves_nothing_behind(places: Places, parts: tuple[bytes, ...]) -> None:
    """Bytes that are not the recorded ones are refused and removed, with both digests named."""
    with pytest.raises(DigestMismatchError, match=FILE.sha256):
        carried.fetch_carried(FILE, places, ignore_progress, wheels_of(parts))
    assert files_below(places.downloads) == []


def test_a_missing_part_is_named_and_the_others_are_kept(places: Places) -> None:
    """A package without its data file fails by name; a second try fetches only what is missing."""
    with pytest.raises(ServingError, match=r"tiny-part3==1\.0"):
        carried.fetch_carried(FILE, places, ignore_progress, wheels_of(PARTS[:2]))
    assert not (places.downloads / "tiny.gguf").exists()
    asked: list[str] = []

    def counting(requirement: str, folder: Path) -> None:
        asked.append(requirement)
        wheels_of(PARTS)(requirement, folder)

    carried.fetch_carried(FILE, places, ignore_progress, counting)
    assert asked == ["tiny-part3==1.0"]


def test_an_altered_file_is_fetched_again(places: Places) -> None:
    """A whole file that was changed after its download is not used."""
    whole = carried.fetch_carried(FILE, places, ignore_progress, wheels_of(PARTS))
    whole.write_bytes(WHOLE[:-1] + b"!")
    assert carried.fetch_carried(FILE, places, ignore_progress, wheels_of(PARTS)) == whole
    assert whole.read_bytes() == WHOLE


def test_parts_are_downloaded_as_wheels_and_never_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pip is told to download wheels alone, so that no package's code can run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(carried, "run_child", lambda command, **_: commands.append(command))
    carried.pip_downloader(Path("python"), tmp_path / "log")("tiny-part1==1.0", tmp_path)
    (command,) = commands
    assert command[:4] == ["python", "-m", "pip", "download"]
    assert command[4:7] == ["--no-deps", "--only-binary", ":all:"]


def test_a_full_disk_is_said_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    """The error names the need, the place, what is free, and the variable that moves the cache."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1024))
    with pytest.raises(NotEnoughDiskError) as caught:
        carried.fetch_carried(FILE, places, ignore_progress, lambda *_: pytest.fail("fetched"))
    assert str(places.downloads) in str(caught.value)
    assert "STREAMLINK_CACHE" in caught.value.hint


def test_the_need_for_disk_is_given_in_gib(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Need and free space are both told, for a folder that does not exist yet."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * disk.GIB))
    disk.require_space(tmp_path / "a" / "b", 2 * disk.GIB, "nothing")
    with pytest.raises(NotEnoughDiskError, match=r"6\.0 GiB are needed .* 2\.0 GiB are free"):
        disk.require_space(tmp_path / "a" / "b", 6 * disk.GIB, "the vLLM environment")


CONVERTER = """
import pathlib, sys, time, os
target = pathlib.Path(sys.argv[2])
(target / "config.json").write_text("{}")
(target / "model.safetensors").write_bytes(pathlib.Path(sys.argv[1]).read_bytes())
"""


def convert(places: Places, gguf: Path, script: Path) -> Path:
    """Convert with a stand-in for the worker."""
    return conversion.ensure_converted(
        gguf,
        name="tiny",
        sha256="ab" * 32,
        python=Path(sys.executable),
        places=places,
        progress=ignore_progress,
        script=script,
    )


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    """Return a file that only its name makes a model."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"weights")
    return path


def write_script(tmp_path: Path, text: str) -> Path:
    """Write the stand-in for the worker."""
    script = tmp_path / "converter.py"
    script.write_text(text)
    return script


def test_a_conversion_is_done_once(tmp_path: Path, places: Places, gguf: Path) -> None:
    """The folder is named after digest and type, says what it is, and is reused."""
    folder = convert(places, gguf, write_script(tmp_path, CONVERTER))
    assert folder.name == "tiny-abababababababab-bf16"
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest == {"source": "tiny.gguf", "sha256": "ab" * 32, "dtype": "bfloat16"}
    assert convert(places, gguf, write_script(tmp_path, "raise SystemExit(1)")) == folder


@pytest.mark.parametrize(
    "ending",
    [
        "os.kill(os.getpid(), 9)",
        "raise SystemExit('an error: no such tensor')",
        "(target / 'config.json').unlink()",
    ],
    ids=["killed", "failed", "incomplete"],
)
def test_a_conversion_that_dies_leaves_nothing_that_is_used(
    tmp_path: Path, places: Places, gguf: Path, ending: str
) -> None:
    """Whatever the converter wrote before it died is gone, and the next try starts afresh."""
    with pytest.raises(ServingError, match="Converting the model"):
        convert(places, gguf, write_script(tmp_path, CONVERTER + ending))
    assert files_below(places.models) == []
    folder = convert(places, gguf, write_script(tmp_path, CONVERTER))
    assert (folder / "model.safetensors").read_bytes() == b"weights"


def test_a_killed_caller_leaves_nothing_that_is_used(
    tmp_path: Path, places: Places, gguf: Path
) -> None:
    """Kill -9 of the whole conversion: the next one removes the remains and begins again."""
    started = tmp_path / "started"
    script = write_script(
        tmp_path, CONVERTER + f"pathlib.Path({str(started)!r}).touch()\ntime.sleep(60)\n"
    )
    code = (
        "import sys; from pathlib import Path\n"
        "from streamlink_magic.serving.conversion import ensure_converted\n"
        "from streamlink_magic.serving.places import Places\n"
        f"ensure_converted(Path({str(gguf)!r}), name='tiny', sha256='ab' * 32,"
        f" python=Path(sys.executable), places=Places(Path({str(places.root)!r})),"
        f" progress=lambda *_: None, script=Path({str(script)!r}))"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, start_new_session=True) as caller:
        while not started.exists():
            assert caller.poll() is None
            time.sleep(0.02)
        caller.kill()
    assert "model.safetensors" in files_below(places.models)
    folder = convert(places, gguf, write_script(tmp_path, CONVERTER))
    assert [p.name for p in places.models.iterdir() if p.is_dir()] == [folder.name]
    kill_leftover(script)


def kill_leftover(script: Path) -> None:
    """End the sleeping converter, whose caller was killed."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        if str(script) in line:
            os.kill(int(line.split()[0]), signal.SIGKILL)


def test_a_gguf_file_is_found_by_its_digest(places: Places, gguf: Path) -> None:
    """A conversion belongs to the bytes, not to the file's name."""
    source = GgufFile(gguf, "tiny")
    assert models.find_model(source, places) is None
    digest = hashlib.sha256(b"weights").hexdigest()
    folder = conversion.converted_folder("tiny", digest, places)
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(json.dumps({"sha256": digest}))
    assert models.find_model(source, places) == folder
    gguf.write_bytes(b"others!")
    assert models.find_model(source, places) is None


def test_names_paths_and_ids_are_told_apart(tmp_path: Path) -> None:
    """Empty is the default, a name a known model, a path a local one, org/name the hub's."""
    (tmp_path / "m.gguf").touch()
    (tmp_path / "config.json").touch()
    (tmp_path / "model.safetensors").touch()
    assert parse_model("") is DEFAULT_MODEL
    assert parse_model("Qwen2.5-Coder-1.5B-Instruct") is DEFAULT_MODEL
    assert parse_model("qwen2.5-coder-0.5b") is SMALL_MODEL
    assert parse_model("Qwen/Qwen2.5-Coder-0.5B-Instruct") is SMALL_MODEL
    assert parse_model(str(tmp_path)) == LocalFolder(tmp_path, tmp_path.name)
    assert parse_model(str(tmp_path / "m.gguf")) == GgufFile(tmp_path / "m.gguf", "m")
    assert parse_model("org/name@abc") == HubModel("org/name", "abc", "name")
    assert parse_model("org/name") == HubModel("org/name", "main", "name")


@pytest.mark.parametrize("text", ["no such model", "gone/model.gguf", "a/b/c", "../x"])
def test_what_is_no_model_is_refused(text: str) -> None:
    """A name that is neither a path nor an id is an error with the choices."""
    with pytest.raises(ServingError, match=r"is no model.*qwen2\.5-coder-0\.5b"):
        parse_model(text)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    """A local folder must hold config.json and safetensors."""
    with pytest.raises(ServingError, match=r"config\.json and \*\.safetensors"):
        parse_model(str(tmp_path))


def test_known_models_have_pinned_revisions_and_digests() -> None:
    """Both defaults name a full commit and a full SHA-256."""
    for model in (DEFAULT_MODEL, SMALL_MODEL):
        assert len(bytes.fromhex(model.revision)) == 20
        assert model.carried
        assert len(bytes.fromhex(model.carried.sha256)) == 32


def test_the_carried_file_is_used_only_without_the_hub(
    monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    """With the hub the pinned revision is fetched; without it, the registry's file is converted."""
    calls: list[str] = []
    gguf = places.downloads / "x.gguf"
    gguf.parent.mkdir(parents=True)

    def fetch(*_: object) -> Path:
        calls.append("carried")
        gguf.touch()
        return gguf

    def from_hub(*_: object) -> Path:
        calls.append("hub")
        return places.models

    monkeypatch.setattr(models, "fetch_carried", fetch)
    monkeypatch.setattr(models, "ensure_converted", lambda *_, **__: places.models)
    monkeypatch.setattr(models, "fetch_from_hub", from_hub)
    python = Path(sys.executable)
    for status, expected in ((200, "hub"), (None, "carried"), (403, "carried")):
        monkeypatch.setattr(models, "hub_status", lambda _, status=status: status)
        models.ensure_model(DEFAULT_MODEL, python, places, ignore_progress)
        assert calls.pop() == expected
    assert not gguf.exists()
    with pytest.raises(ServingError, match="does not give org/name"):
        models.ensure_model(parse_model("org/name@v1"), python, places, ignore_progress)


def test_the_hub_is_not_asked_when_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_OFFLINE means no request at all."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(hub, "build_opener", lambda: pytest.fail("a request was made"))
    assert hub.hub_status(DEFAULT_MODEL) is None


def test_the_hub_that_hf_endpoint_names_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question goes to HF_ENDPOINT, names repository and revision, and returns the status."""
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if "abc" in self.path else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        assert hub.hub_status(HubModel("org/name", "abc", "name")) == 200
        assert hub.hub_status(HubModel("org/name", "gone", "name")) == 404
        server.shutdown()
    assert asked[0] == "/api/models/org/name/revision/abc"
    assert hub.hub_status(HubModel("org/name", "abc", "name")) is None


FETCHER = """
import json, pathlib, sys
repo, revision, folder, manifest = sys.argv[1:]
print("@progress 0.5")
(pathlib.Path(folder) / "config.json").write_text("{}")
%s
(pathlib.Path(folder) / manifest).write_text(json.dumps({"repo": repo, "commit": "abc"}))
"""


def test_a_hub_model_gets_its_name_only_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    """A download that dies leaves nothing; one that ends is kept and told on the way."""
    model = HubModel("org/name", "v1", "name")
    python = Path(sys.executable)
    script = write_script(tmp_path, FETCHER % "raise SystemExit('error: connection reset')")
    monkeypatch.setattr(hub, "DOWNLOAD_SCRIPT", script)
    with pytest.raises(ServingError, match="connection reset"):
        hub.fetch_from_hub(model, python, places, ignore_progress)
    assert files_below(places.models) == []
    assert models.find_model(model, places) is None
    script.write_text(FETCHER % "")
    told: list[float | None] = []
    folder = hub.fetch_from_hub(model, python, places, lambda _, done=None: told.append(done))
    assert folder.name == "org--name@v1"
    assert models.find_model(model, places) == folder
    assert told == [0.5]


def test_a_context_beyond_the_model_is_refused(tmp_path: Path) -> None:
    """The model's own limit is read from its configuration before anything starts."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"max_position_embeddings": 32768}))
    models.require_context(tmp_path, 32768)
    with pytest.raises(ContextTooLongError, match="32,768 tokens") as caught:
        models.require_context(tmp_path, 32769)
    assert "--max-model-len 32768" in caught.value.hint
    config.write_text(json.dumps({"max_position_embeddings": 32768, "rope_scaling": {"factor": 4}}))
    models.require_context(tmp_path, 32769)


def test_a_file_of_another_size_is_refused_unread(places: Places) -> None:
    """The size alone is enough to refuse."""
    with pytest.raises(DigestMismatchError, match="15,000 bytes"):
        carried.fetch_carried(
            replace(FILE, size_bytes=15_000), places, ignore_progress, wheels_of(PARTS)
        )
