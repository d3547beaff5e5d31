from __future__ import annotations

import io
import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Timer

import psutil
import pytest
from rich.console import Console

from streamlink_magic import serving
from streamlink_magic.errors import (
    ContextTooLongError,
    NotEnoughMemoryError,
    PortInUseError,
    ServingError,
)
from streamlink_magic.serving import (
    ServeOptions,
    find_server,
    health,
    is_prepared,
    plan,
    processes,
    server,
    server_command,
    start_server,
    stop_server,
)
from streamlink_magic.serving.command import Launch
from streamlink_magic.serving.console import TerminalProgress
from streamlink_magic.serving.places import Places, find_places
from streamlink_magic.serving.processes import is_alive, stop_processes
from streamlink_magic.serving.state import ServerState, read_state, write_state

# A stand-in for vLLM: the same arguments and variables, the same two addresses, no model.
FAKE_VLLM = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
key = os.environ["VLLM_API_KEY"]
assert key not in " ".join(sys.argv)
print("INFO Starting to load model", flush=True)
if "--die" in sys.argv:
    print("ValueError: User-specified max_model_len (99) is greater than the derived one")
    sys.exit(1)
if "--hang" in sys.argv:
    time.sleep(60)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.path == "/health" or self.headers["Authorization"] == f"Bearer {key}"
        body = json.dumps({"data": [{"id": options["--served-model-name"]}]}).encode()
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(options["--port"])), Handler).serve_forever()
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Move the cache into the test's folder."""
    monkeypatch.setenv("STREAMLINK_CACHE", str(tmp_path / "cache"))
    return find_places()


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Return a folder that looks like a model."""
    folder = tmp_path / "tiny model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 32768}))
    (folder / "model.safetensors").write_bytes(b"weights")
    return str(folder)


@pytest.fixture
def options(
    tmp_path: Path, places: Places, model: str, monkeypatch: pytest.MonkeyPatch
) -> ServeOptions:
    """Options that start the stand-in; what they started is stopped at the end."""
    script = tmp_path / "fake_vllm.py"
    script.write_text(FAKE_VLLM)
    monkeypatch.setattr(plan, "require_vllm", lambda python: python)
    # What other programs leave free is no matter of the stand-in, which takes next to nothing.
    monkeypatch.setattr("streamlink_magic.serving.hardware.available_memory", lambda: 64 << 30)
    arguments = Launch.arguments

    def fake_arguments(launch: Launch) -> list[str]:
        return [sys.executable, str(script), *arguments(launch)[3:]]

    monkeypatch.setattr(Launch, "arguments", fake_arguments)
    yield ServeOptions(
        model=model, device="cpu", server_python=Path(sys.executable), start_timeout_s=20
    )
    state = read_state(places.state_file)
    if state:
        stop_processes(state)


def some_state(**changes: object) -> ServerState:
    """Return a state with made-up values."""
    state = ServerState(
        pid=os.getpid(),
        created=0.0,
        port=1,
        api_key="secret",
        model="tiny",
        fingerprint="f",
        log_path="server.log",
    )
    return replace(state, **changes)


def test_a_second_start_returns_the_same_server(options: ServeOptions) -> None:
    """A healthy server with the same options is reused; its phases were told on the way."""
    told: list[str] = []
    first = start_server(options, progress=lambda message, _=None: told.append(message))
    second = start_server(options)
    assert (first.pid, first.api_key) == (second.pid, second.api_key)
    assert find_server() == first
    assert told[-1] == "Ready"
    assert first.log_path.read_text().startswith("INFO")


def test_another_set_of_options_restarts_the_server(options: ServeOptions) -> None:
    """The old server is stopped, and the user is told so."""
    told: list[str] = []
    first = start_server(options)
    second = start_server(
        replace(options, max_model_len=4096), progress=lambda message, _=None: told.append(message)
    )
    assert first.pid != second.pid
    assert not psutil.pid_exists(first.pid)
    assert first.api_key != second.api_key
    assert "Stopping the server that was started with other options" in told


def test_a_model_that_cannot_be_had_does_not_stop_the_running_server(
    options: ServeOptions,
) -> None:
    """Everything that can fail is tried before the old server goes."""
    first = start_server(options)
    with pytest.raises(ContextTooLongError):
        start_server(replace(options, max_model_len=40_000))
    assert find_server() == first


def test_two_starts_at_once_give_one_server(options: ServeOptions) -> None:
    """The second start waits for the first and takes its server."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(start_server, [options, options])
    assert first == second


def test_a_server_that_is_slow_to_answer_is_waited_for(
    options: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that runs but does not answer yet is neither doubled nor stopped."""
    monkeypatch.setattr(health, "_TIMEOUT_S", 0.2)
    first = start_server(options)
    os.kill(first.pid, signal.SIGSTOP)
    assert find_server() is None
    Timer(0.7, os.kill, (first.pid, signal.SIGCONT)).start()
    assert start_server(options) == first


def test_a_server_that_stays_silent_is_replaced(
    options: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hangs is stopped, whatever it takes, and the user is told why."""
    monkeypatch.setattr(health, "_TIMEOUT_S", 0.2)
    monkeypatch.setattr(server, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(processes, "_GRACE_S", 0.5)
    told: list[str] = []
    first = start_server(options)
    os.kill(first.pid, signal.SIGSTOP)
    second = start_server(
        replace(options, start_timeout_s=8), progress=lambda message, _=None: told.append(message)
    )
    assert first.pid != second.pid
    assert not psutil.pid_exists(first.pid)
    assert "Stopping the server that does not answer" in told


def test_stop_ends_the_server_and_forgets_it(options: ServeOptions, places: Places) -> None:
    """Stopping says whether there was something to stop."""
    endpoint = start_server(options)
    assert stop_server() is True
    assert not psutil.pid_exists(endpoint.pid)
    assert not places.state_file.exists()
    assert (stop_server(), find_server()) == (False, None)


def test_a_server_that_dies_is_explained_at_once(options: ServeOptions, places: Places) -> None:
    """The log is read, the error has its type, and nothing is left running or remembered."""
    with pytest.raises(ContextTooLongError, match=r"max_model_len \(99\)") as caught:
        start_server(replace(options, extra_args=("--die", "1")))
    assert str(places.logs / "server.log") in caught.value.hint
    assert not places.state_file.exists()


def test_ctrl_c_while_waiting_stops_the_half_started_server(
    options: ServeOptions, places: Places
) -> None:
    """An interrupt leaves no process behind."""
    pids: list[int] = []

    def interrupt(message: str, _: float | None = None) -> None:
        state = read_state(places.state_file)
        if message == "Loading weights" and state:
            pids.append(state.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start_server(replace(options, extra_args=("--hang", "1")), progress=interrupt)
    assert not psutil.pid_exists(pids[0])
    assert not places.state_file.exists()


def test_a_start_that_takes_too_long_is_ended(options: ServeOptions, places: Places) -> None:
    """The limit is named, and the server does not stay."""
    with pytest.raises(ServingError, match="not ready after 1 s"):
        start_server(replace(options, extra_args=("--hang", "1"), start_timeout_s=1))
    assert not places.state_file.exists()


def test_a_taken_port_is_refused_before_anything_else(
    options: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the port and the fix, and nothing was prepared."""
    monkeypatch.setattr(plan.Plan, "ensure_python", lambda *_: pytest.fail("prepared"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"Port {port} .*--port"):
            start_server(replace(options, port=port))


def test_a_fixed_port_is_kept(options: ServeOptions) -> None:
    """A port asked for is used, and a server there is reused whether or not it is asked again."""
    port = health.free_port()
    first = start_server(replace(options, port=port))
    assert first.base_url == f"http://127.0.0.1:{port}/v1"
    assert start_server(options).pid == first.pid


def test_a_port_out_of_range_is_refused() -> None:
    """A number that is no port gives the same error."""
    with pytest.raises(PortInUseError):
        health.require_port(70_000)


def test_health_needs_our_key_and_our_model(options: ServeOptions, places: Places) -> None:
    """A server that does not take the key, or serves another model, is not ours."""
    start_server(options)
    state = read_state(places.state_file)
    assert state
    assert health.is_healthy(state)
    assert not health.is_healthy(replace(state, api_key="wrong"))
    assert not health.is_healthy(replace(state, model="other"))
    assert not health.is_healthy(replace(state, port=health.free_port()))


def test_too_little_memory_is_said_before_the_start(
    options: ServeOptions, monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    """No process is started that the machine cannot hold."""
    monkeypatch.setattr("streamlink_magic.serving.hardware.available_memory", lambda: 1024)
    with pytest.raises(NotEnoughMemoryError):
        start_server(options)
    assert not (places.logs / "server.log").exists()


def test_the_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """The key can be read by nobody else, also when the file existed with wider rights."""
    path = tmp_path / "server.json"
    path.touch(mode=0o644)
    write_state(path, some_state())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_state(path) == some_state()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"other": 1}'])
def test_a_broken_state_file_is_no_server(places: Places, text: str) -> None:
    """A damaged file is as good as none."""
    places.root.mkdir(parents=True)
    places.state_file.write_text(text)
    assert (find_server(), stop_server()) == (None, False)


def test_a_foreign_process_with_our_id_is_left_alone(places: Places) -> None:
    """A process that began at another time is not the server, even with its id."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        write_state(places.state_file, some_state(pid=stranger.pid, created=time.time() - 3600))
        assert stop_server() is False
        assert stranger.poll() is None
        stranger.kill()
    assert not is_alive(some_state(pid=stranger.pid))


def test_orphans_of_a_killed_server_are_stopped(options: ServeOptions, places: Places) -> None:
    """When the leader was killed, what it started is found by group and key."""
    first = start_server(options)
    sleep = "import time; time.sleep(60)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {sleep!r}]); {sleep}"
    leader = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "VLLM_API_KEY": first.api_key},
        start_new_session=True,
    )
    process = psutil.Process(leader.pid)
    while not process.children():
        time.sleep(0.02)
    (orphan,) = process.children()
    state = replace(
        read_state(places.state_file) or some_state(), pid=leader.pid, created=process.create_time()
    )
    leader.kill()
    leader.wait()
    assert orphan.is_running()
    assert stop_processes(state) is True
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_the_key_is_kept_out_of_every_printed_form() -> None:
    """Neither endpoint nor state show the key."""
    assert "secret" not in repr(some_state())
    assert "secret" not in repr(some_state().endpoint())
    assert some_state().endpoint().api_key == "secret"


@pytest.mark.usefixtures("places")
def test_the_fingerprint_changes_with_what_matters(model: str) -> None:
    """Options that make another server have another fingerprint; port and patience have not."""
    base = ServeOptions(model=model, device="cpu")
    prints = [
        plan.make_plan(each).fingerprint
        for each in (
            base,
            replace(base, max_model_len=4096),
            replace(base, kv_cache_gib=1),
            replace(base, eager=True),
            replace(base, extra_args=("--seed", "1")),
            replace(base, server_python=Path("/usr/bin/python3")),
            replace(base, model=""),
        )
    ]
    assert len(set(prints)) == len(prints)
    for same in (replace(base, port=8000), replace(base, start_timeout_s=1)):
        assert plan.make_plan(same).fingerprint == prints[0]
    default = ServeOptions(device="cpu", model="Qwen/Qwen2.5-Coder-1.5B-Instruct")
    assert plan.make_plan(default).fingerprint == prints[-1]
    (Path(model) / "config.json").write_text("{}")
    assert plan.make_plan(base).fingerprint != prints[0]


@pytest.mark.usefixtures("places")
def test_the_printed_command_survives_a_shell(model: str) -> None:
    """A shell reads back the same arguments; the key is a variable, and no secret is printed."""
    text = server_command(ServeOptions(model=model, device="cpu", port=8123, eager=True))
    assert text.startswith('VLLM_API_KEY="$STREAMLINK_API_KEY" ')
    words = shlex.split(text)
    assert words[words.index("--model") + 1] == model
    assert words[words.index("--port") + 1] == "8123"
    backend = words[words.index("--structured-outputs-config") + 1]
    assert json.loads(backend) == {"backend": "guidance"}
    assert {"VLLM_CPU_KVCACHE_SPACE=2", "VLLM_NO_USAGE_STATS=1", "HF_HUB_OFFLINE=1"} < set(words)
    assert "--enforce-eager" in words


@pytest.mark.usefixtures("places")
def test_what_was_compiled_is_kept_between_starts(model: str) -> None:
    """Inductor's cache lies in our folder; the form that vLLM cannot load again is off."""
    words = shlex.split(server_command(ServeOptions(model=model, device="cpu")))
    assert "VLLM_USE_AOT_COMPILE=0" in words
    assert any(word.startswith("TORCHINDUCTOR_CACHE_DIR=") for word in words)
    assert words[words.index("--max-num-batched-tokens") + 1] == "1024"


@pytest.mark.usefixtures("places")
def test_the_printed_command_of_an_absent_model_names_the_hub() -> None:
    """Where the model is not here yet, the command names hub id and pinned revision."""
    words = shlex.split(server_command(ServeOptions(device="cpu")))
    assert words[words.index("--model") + 1] == "Qwen/Qwen2.5-Coder-1.5B-Instruct"
    assert words[words.index("--revision") + 1] == "2e1fd397ee46e1388853d2af2c993145b0f1098a"
    assert "HF_HUB_OFFLINE=1" not in words


@pytest.mark.usefixtures("places")
def test_prepared_means_environment_and_model(model: str) -> None:
    """Both must be there for a start that downloads nothing."""
    own = Path(sys.executable)
    assert not is_prepared(ServeOptions(device="cpu"))
    assert not is_prepared(ServeOptions(device="cpu", server_python=own))
    assert is_prepared(ServeOptions(device="cpu", server_python=own, model=model))


def test_a_python_without_vllm_is_refused() -> None:
    """--server-python must name an interpreter that has vLLM."""
    for python in (Path(sys.executable), Path("/no/such/python")):
        with pytest.raises(ServingError, match=r"no Python that has vLLM.*--server-python"):
            plan.require_vllm(python)


def test_progress_off_a_terminal_is_plain_lines() -> None:
    """Each phase is one line without control characters, however often it is told."""
    written = io.StringIO()
    with TerminalProgress(Console(file=written, force_terminal=False)) as progress:
        progress("Downloading vLLM: torch")
        progress("Downloading vLLM: numpy")
        progress("Loading [bold]weights[/bold]", 0.1)
        progress("Loading [bold]weights[/bold]", 0.9)
    assert written.getvalue() == "Downloading vLLM\nLoading [bold]weights[/bold]\n"


def test_progress_on_a_terminal_leaves_one_line_a_phase() -> None:
    """A finished phase stays with its time; the live line is cleared."""
    written = io.StringIO()
    with TerminalProgress(Console(file=written, force_terminal=True, width=80)) as progress:
        progress("Loading weights", 0.5)
        progress("Ready", 1.0)
    assert "Loading weights (0 s)" in written.getvalue()
    assert "Ready (0 s)" in written.getvalue()


def test_the_public_names_are_these() -> None:
    """What the rest of the package may use."""
    assert serving.__all__ == [
        "Endpoint",
        "ServeOptions",
        "ServeProgress",
        "find_server",
        "is_prepared",
        "run_apart",
        "server_command",
        "start_server",
        "stop_server",
    ]


def test_importing_the_room_loads_nothing_heavy() -> None:
    """No vLLM, no HTTP library, no rich: a notebook that never serves pays nothing."""
    heavy = {"vllm", "torch", "transformers", "huggingface_hub", "httpx", "openai", "rich"}
    code = f"import sys, streamlink_magic.serving; print(sorted({heavy} & set(sys.modules)))"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
