from __future__ import annotations

import http.client
import json
import struct
import subprocess
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from streamlink_magic.adapters.vllm import VllmModel
from streamlink_magic.errors import ContextTooLongError
from streamlink_magic.records import Message
from streamlink_magic.serving import (
    Endpoint,
    ServeOptions,
    find_server,
    is_prepared,
    start_server,
)
from streamlink_magic.serving.command import CHUNK_TOKENS
from streamlink_magic.serving.conversion import QUANTIZE_SCRIPT
from streamlink_magic.serving.places import find_places
from streamlink_magic.serving.plan import make_plan

if TYPE_CHECKING:
    from pathlib import Path

# The server is shared by every test of the run and left running: no test here stops it.
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    """Return the shared server, started if nobody has."""
    return start_server(ServeOptions())


def call(endpoint: Endpoint, path: str, key: str, body: object = None) -> tuple[int, bytes]:
    """Send one request and return status and body."""
    port = urlsplit(endpoint.base_url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", path, sent, headers)
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, content


def complete(endpoint: Endpoint, question: str, **more: object) -> str:
    """Return the model's answer to a question."""
    body = {
        "model": endpoint.model,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 40,
        "temperature": 0,
        **more,
    }
    status, content = call(endpoint, "/v1/chat/completions", endpoint.api_key, body)
    assert status == 200, content
    return str(json.loads(content)["choices"][0]["message"]["content"])


def test_a_second_start_returns_the_same_server(endpoint: Endpoint) -> None:
    """A start that finds a healthy server changes nothing."""
    assert start_server(ServeOptions()) == endpoint
    assert find_server() == endpoint
    assert is_prepared(ServeOptions())


def test_a_wrong_key_is_refused(endpoint: Endpoint) -> None:
    """Other users of the machine cannot use the server, nor list its models."""
    assert call(endpoint, "/v1/models", "wrong")[0] == 401
    assert call(endpoint, "/v1/models", endpoint.api_key)[0] == 200


def test_the_model_writes_sql(endpoint: Endpoint) -> None:
    """The public name answers, with a query for a question about a table."""
    assert endpoint.model == "Qwen2.5-Coder-1.5B-Instruct"
    answer = complete(endpoint, "Write one SQL query: how many rows has the table ducks?")
    assert "COUNT(*)" in answer.upper()


def test_a_grammar_binds_the_model(endpoint: Endpoint) -> None:
    """Structured outputs are on: nothing but the grammar's one sentence can come."""
    grammar = {"grammar": 'start: "SELECT " ("alpha" | "beta") " FROM gamma"'}
    answer = complete(endpoint, "Tell me a joke.", structured_outputs=grammar)
    assert answer in {"SELECT alpha FROM gamma", "SELECT beta FROM gamma"}


def test_drafts_of_a_prompt_that_is_read_in_pieces_leave_the_server_alive(
    endpoint: Endpoint,
) -> None:
    """A large schema is longer than the server reads at once, and drafts are drawn at random.

    A seed in such a request ends vLLM 0.32 on a CPU, and with it everybody's questions.
    """
    columns = ", ".join(f"figure_{number} INT" for number in range(400))
    messages = [Message("system", f"CREATE TABLE wide ({columns});"), Message("user", "Count.")]
    model = VllmModel(endpoint.base_url, endpoint.api_key)
    assert model.count_tokens(messages) > 2 * CHUNK_TOKENS
    drawn = model.sample(messages, count=4, temperature=1.0, max_tokens=8, stopped=Event())
    assert len(drawn) == 4
    assert find_server() == endpoint


def test_neither_log_nor_arguments_hold_the_key(endpoint: Endpoint) -> None:
    """The key is known to the server and to the owner's state file alone."""
    assert endpoint.api_key not in endpoint.log_path.read_text(encoding="utf-8")
    with open(f"/proc/{endpoint.pid}/cmdline", "rb") as arguments:  # noqa: PTH123 - not a file on disk
        assert endpoint.api_key.encode() not in arguments.read()


def test_a_context_beyond_the_model_fails_fast(endpoint: Endpoint) -> None:
    """The error comes before anything starts, and the running server is not touched."""
    with pytest.raises(ContextTooLongError, match="32,768 tokens"):
        start_server(ServeOptions(max_model_len=40_000))
    assert find_server() == endpoint


def test_the_default_on_a_cpu_is_served_as_int8(endpoint: Endpoint) -> None:
    """Every linear layer is int8 with one scale a row; embeddings keep their type."""
    plan = make_plan(ServeOptions())
    if plan.device != "cpu":
        pytest.skip("this machine has a GPU, where the weights stay bf16")
    folder = plan.find_folder(find_places())
    assert folder is not None
    with (folder / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    layer = "model.layers.0.mlp.up_proj.weight"
    rows = header[layer]["shape"][0]
    assert header[layer]["dtype"] == "I8"
    assert header[f"{layer}_scale"]["shape"] == [rows, 1]
    assert header["model.embed_tokens.weight"]["dtype"] == "BF16"
    assert endpoint.model in folder.name


def write_weights(file: Path, tensors: dict[str, list[list[float]]]) -> None:
    """Write float32 matrices in the safetensors format."""
    header: dict[str, object] = {}
    body = b""
    for name, rows in tensors.items():
        data = struct.pack(f"<{len(rows) * len(rows[0])}f", *(cell for row in rows for cell in row))
        shape = [len(rows), len(rows[0])]
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
        body += data
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + body)


def test_an_output_layer_tied_to_the_embedding_is_rounded_on_its_own(tmp_path: Path) -> None:
    """Models from the hub share one matrix for both; the embedding stays as it is."""
    python = make_plan(ServeOptions()).find_python(find_places())
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    write_weights(
        source / "model.safetensors", {"model.embed_tokens.weight": [[1.27, -0.5], [0.0, 2.54]]}
    )
    (source / "config.json").write_text('{"tie_word_embeddings": true}', encoding="utf-8")
    subprocess.run([str(python), str(QUANTIZE_SCRIPT), str(source), str(target)], check=True)
    raw = (target / "model.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    start, end = header["lm_head.weight"]["data_offsets"]
    assert struct.unpack("4b", raw[8 + size + start : 8 + size + end]) == (127, -50, 0, 127)
    assert header["model.embed_tokens.weight"]["dtype"] == "F32"
    assert json.loads((target / "config.json").read_text())["tie_word_embeddings"] is False
