from __future__ import annotations

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from streamlink_magic.errors import ContextTooLongError
from streamlink_magic.serving import (
    Endpoint,
    ServeOptions,
    find_server,
    is_prepared,
    start_server,
)

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
    """A start that finds a healthy server is quick and changes nothing."""
    began = time.monotonic()
    assert start_server(ServeOptions()) == endpoint
    assert find_server() == endpoint
    assert time.monotonic() - began < 5
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


def test_neither_log_nor_arguments_hold_the_key(endpoint: Endpoint) -> None:
    """The key is known to the server and to the owner's state file alone."""
    assert endpoint.api_key not in endpoint.log_path.read_text(encoding="utf-8")
    with open(f"/proc/{endpoint.pid}/cmdline", "rb") as arguments:  # noqa: PTH123 - not a file on disk
        assert endpoint.api_key.encode() not in arguments.read()


def test_a_context_beyond_the_model_fails_fast(endpoint: Endpoint) -> None:
    """The error comes within seconds, and the running server is not touched."""
    began = time.monotonic()
    with pytest.raises(ContextTooLongError, match="32,768 tokens"):
        start_server(ServeOptions(max_model_len=40_000))
    assert time.monotonic() - began < 10
    assert find_server() == endpoint
