"""The gateway over real HTTP: who may ask, how much, and what goes on to the model server."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import uvicorn
from scripted import ScriptedServer

from streamlink_magic.adapters.vllm import VllmModel
from streamlink_magic.errors import GatewayError, ServerRefusedError, ServerUnreachableError
from streamlink_magic.gateway.__main__ import main
from streamlink_magic.gateway.app import Gateway
from streamlink_magic.gateway.callers import Caller
from streamlink_magic.gateway.config import GatewayConfig, read_config
from streamlink_magic.gateway.usage import UsageReader
from streamlink_magic.records import Completion, Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA = "ada-token"
PREFIX = "/services/model/"
CALLERS = {
    "ada-token": Caller("ada", may_ask=True),
    "bob-token": Caller("bob", may_ask=True),
    "narrow-token": Caller("eve", may_ask=False),
    "watcher-token": Caller("prometheus", may_ask=False, may_measure=True, is_service=True),
    "batch-token": Caller("batch", may_ask=True, is_service=True),
}
QUESTION = (Message("user", "How many songs?"),)
CHAT = {"model": "scripted", "messages": [{"role": "user", "content": "How many SECRETS?"}]}


async def identify(token: str) -> Caller | None:
    """Stand in for the hub."""
    return CALLERS.get(token)


@pytest.fixture
def upstream() -> Iterator[ScriptedServer]:
    """Yield the model server behind the gateway."""
    with ScriptedServer() as server:
        server.answer = "SELECT count(*) FROM song"
        yield server


@contextmanager
def running(config: GatewayConfig) -> Iterator[str]:
    """Serve a gateway; yield its address, up to and without ``/v1``."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = Gateway(config, identify).app(PREFIX)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{PREFIX.rstrip('/')}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture
def config(upstream: ScriptedServer) -> GatewayConfig:
    """Return a gateway's configuration with room for everybody."""
    return GatewayConfig(upstream.base_url, upstream_key="upstream-key")


def call(
    root: str,
    route: str = "/v1/chat/completions",
    body: object = None,
    *,
    token: str = ADA,
    **headers: str,
) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"Authorization": f"Bearer {token}", **named} if token else named
    if body is None:
        return httpx2.get(f"{root}{route}", headers=given)
    return httpx2.post(f"{root}{route}", json=body, headers=given)


def model_at(root: str, token: str = ADA) -> VllmModel:
    return VllmModel(f"{root}/v1", token)


def text_of(model: VllmModel) -> str:
    *_, last = model.stream(QUESTION, max_tokens=50)
    assert isinstance(last, Completion)
    return last.text


def test_our_own_client_works_through_it(config: GatewayConfig, upstream: ScriptedServer) -> None:
    """Streams, samples, warming and counting tokens; the key of the server stays behind it."""
    with running(config) as root:
        model = model_at(root)
        assert text_of(model) == upstream.answer
        drawn = model.sample(
            QUESTION, count=2, temperature=0.5, max_tokens=9, stopped=threading.Event()
        )
        assert drawn[0].text == upstream.answer
        model.warm(QUESTION)
        assert model.count_tokens(QUESTION) > 0
        assert model.names() == ("scripted",)
    assert b"Bearer upstream-key" in upstream.wire
    assert b"ada-token" not in upstream.wire


@pytest.mark.parametrize(("token", "status"), [("", 401), ("unknown", 401), ("narrow-token", 403)])
@pytest.mark.parametrize("route", ["/v1/chat/completions", "/tokenize", "/v1/models"])
def test_only_tokens_with_the_scope_may_ask(
    config: GatewayConfig, upstream: ScriptedServer, token: str, status: int, route: str
) -> None:
    """No token, one that the hub does not know, one without the scope: the server hears nothing."""
    with running(config) as root:
        answer = call(root, route, None if route.endswith("models") else CHAT, token=token)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)
    assert bytes(upstream.wire) == b""


@pytest.mark.parametrize(
    "route", ["/", "/v1/embeddings", "/v1/load_lora_adapter", "/v1/../tokenize/x"]
)
def test_other_routes_are_not_there(
    config: GatewayConfig, upstream: ScriptedServer, route: str
) -> None:
    """What the server can do besides is nobody's business."""
    with running(config) as root:
        assert call(root, route, CHAT).status_code in {404, 405}
    assert bytes(upstream.wire) == b""


def test_too_many_requests_wait(config: GatewayConfig) -> None:
    """Each user has a budget of their own, and is told when it is full again."""
    with running(replace(config, requests_per_minute=3)) as root:
        statuses = [call(root, body=CHAT).status_code for _ in range(4)]
        refused = call(root, body=CHAT)
        assert call(root, body=CHAT, token="bob-token").status_code == 200
    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "try again in" in refused.json()["error"]["message"]


def test_tokens_are_a_budget_too(config: GatewayConfig) -> None:
    """What was read and written counts; an answer under way is not cut."""
    streamed = {**CHAT, "stream": True}
    with running(replace(config, tokens_per_hour=150)) as root:
        statuses = [call(root, body=streamed).status_code for _ in range(3)]
        refused = call(root, body=streamed)
        assert call(root, body=streamed, token="bob-token").status_code == 200
        with pytest.raises(ServerRefusedError, match="tokens of this hour"):
            text_of(model_at(root))
    assert statuses == [200, 200, 429]
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600


def test_an_answer_passes_piece_by_piece(config: GatewayConfig, upstream: ScriptedServer) -> None:
    """The first word is there before the server has written the second."""
    upstream.gate = threading.Event()
    with running(config) as root:
        pieces = model_at(root).stream(QUESTION, max_tokens=50)
        assert next(pieces) == "SELECT"
        upstream.gate.set()
        *_, last = pieces
    assert isinstance(last, Completion)
    assert last.text == upstream.answer


def test_who_goes_away_ends_the_generation(config: GatewayConfig, upstream: ScriptedServer) -> None:
    """The server's connection is closed at once, and what it wrote is counted."""
    upstream.endless = True
    with running(replace(config, tokens_per_hour=50)) as root:
        pieces = model_at(root).stream(QUESTION, max_tokens=50)
        assert next(pieces) == "SELECT"
        pieces.close()  # type: ignore[attr-defined]
        assert upstream.gone.wait(20)
        deadline = time.monotonic() + 20
        while call(root, body=CHAT).status_code != 429:
            assert time.monotonic() < deadline
    assert len(upstream.received) == 1


def test_who_hangs_up_after_the_last_word_has_had_the_whole_answer(
    config: GatewayConfig, tmp_path: Path
) -> None:
    """Clients stop reading at ``[DONE]``; that is no answer that was left."""
    audit = tmp_path / "gateway.jsonl"
    with running(replace(config, audit=str(audit))) as root:
        for _ in range(5):
            assert text_of(model_at(root))
    lines = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    assert [one["status"] for one in lines if one["event"] == "ended"] == [200] * 5


def test_a_server_that_dies_is_not_taken_for_one_that_ends(
    config: GatewayConfig, upstream: ScriptedServer
) -> None:
    """The break is handed on, so that half an answer is never taken for a whole one."""
    upstream.dies = True
    with running(config) as root, pytest.raises(ServerUnreachableError):
        text_of(model_at(root))


def test_without_a_server_it_says_so() -> None:
    """502 for a question, 503 for the health check, and when to come back."""
    with running(GatewayConfig("http://127.0.0.1:9/v1")) as root:
        answer = call(root, body=CHAT)
        assert (answer.status_code, answer.headers["Retry-After"]) == (502, "5")
        assert call(root, "/v1/models").status_code == 502
        assert call(root, "/health", token="").status_code == 503


def test_health_needs_no_token(config: GatewayConfig) -> None:
    """A load balancer has none."""
    with running(config) as root:
        assert call(root, "/health", token="").json() == {"status": "ok"}


def test_metrics_are_for_those_who_may_read_them(config: GatewayConfig) -> None:
    """They count, by route and class, and name nobody."""
    with running(config) as root:
        text_of(model_at(root))
        call(root, body=CHAT, token="narrow-token")
        assert call(root, "/metrics").status_code == 403
        assert call(root, "/metrics", token="").status_code == 401
        text = call(root, "/metrics", token="watcher-token").text
    assert 'streamlink_gateway_requests_total{route="chat",status="200"} 1.0' in text
    assert 'streamlink_gateway_requests_total{route="chat",status="403"} 1.0' in text
    assert 'streamlink_gateway_tokens_total{kind="completion"} 4.0' in text
    assert 'streamlink_gateway_tokens_total{kind="prompt"} 100.0' in text
    assert 'running_requests{kind="interactive"} 0.0' in text
    assert "ada" not in text


@pytest.mark.parametrize(
    ("who", "extra", "priority"),
    [
        ("ada", {"stream": True}, 0),
        ("ada", {"stream": True, "priority": -5}, 1),
        ("ada", {"stream": True, "priority": 9}, 1),
        ("ada, in the background", {"stream": True}, 1),
        ("ada", {}, 1),
        ("batch", {"stream": True}, 1),
    ],
)
def test_people_who_wait_come_first(
    config: GatewayConfig,
    upstream: ScriptedServer,
    who: str,
    extra: dict[str, Any],
    priority: int,
) -> None:
    """A streamed question of a user comes first; users may step back but never forward."""
    name, _, rest = who.partition(",")
    header = "background" if rest else "urgent"
    with running(replace(config, priority=True)) as root:
        call(root, body={**CHAT, **extra}, token=f"{name}-token", X_Request_Class=header)
    assert f'"priority": {priority}'.encode() in upstream.wire


def test_a_server_without_priorities_is_sent_none(
    config: GatewayConfig, upstream: ScriptedServer
) -> None:
    """It may not know the field, and users would think that it counts."""
    with running(config) as root:
        assert call(root, body={**CHAT, "priority": 3}).status_code == 200
    assert b'"priority"' not in upstream.wire


@pytest.mark.parametrize(
    "extra",
    [
        {"chat_template": "{{ 1 }}"},
        {"mm_processor_kwargs": {}},
        {"messages": []},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "http://x"}}],
                }
            ]
        },
        {"messages": [{"role": "user", "content": None}]},
        {"n": 0},
        {"max_tokens": "9"},
        {"model": None},
    ],
)
def test_what_is_no_plain_question_is_not_passed_on(
    config: GatewayConfig, upstream: ScriptedServer, extra: dict[str, Any]
) -> None:
    """Templates, pictures to fetch and whatever else a server may understand stay outside."""
    with running(config) as root:
        assert call(root, body={**CHAT, **extra}).status_code == 400
    assert bytes(upstream.wire) == b""


def test_long_answers_and_many_are_cut_to_the_limit(
    config: GatewayConfig, upstream: ScriptedServer
) -> None:
    """The gateway's numbers are the most, and there is one where the user names none."""
    limited = replace(config, answer_tokens=64, answers=2)
    with running(limited) as root:
        call(root, body={**CHAT, "stream": True, "max_tokens": 9_999, "n": 50})
        call(root, body={**CHAT, "stream": True})
    first, second = upstream.received
    assert (first["max_tokens"], first["n"]) == (64, 2)
    assert (second["max_tokens"], second["n"]) == (64, 1)


def test_a_long_request_is_not_read_to_its_end(
    config: GatewayConfig, upstream: ScriptedServer
) -> None:
    """It ends at the limit, whatever its header promised."""
    with running(replace(config, body_bytes=1_000)) as root:
        answer = call(root, body={**CHAT, "messages": [{"role": "user", "content": "x" * 5_000}]})
    assert answer.status_code == 413
    assert bytes(upstream.wire) == b""


def test_only_the_models_that_are_named_can_be_seen_and_asked(
    config: GatewayConfig, upstream: ScriptedServer
) -> None:
    """Others may be loaded for somebody else."""
    with running(replace(config, models=("other",))) as root:
        assert call(root, "/v1/models").json()["data"] == []
        assert call(root, body=CHAT).status_code == 403
    assert b"SECRETS" not in upstream.wire


@pytest.mark.parametrize(
    ("given", "kept"), [("trace-7.b", True), ("a b", False), ("x" * 65, False), ("", False)]
)
def test_every_request_has_an_id(
    config: GatewayConfig, upstream: ScriptedServer, given: str, *, kept: bool
) -> None:
    """A sane one of the client's is kept; it is in the answer and goes on to the server."""
    with running(config) as root:
        answer = call(root, body=CHAT, X_Request_Id=given)
    number = answer.headers["X-Request-Id"]
    assert (number == given) is kept
    assert number.encode() in upstream.wire


def test_who_asked_is_written_and_what_is_not(config: GatewayConfig, tmp_path: Path) -> None:
    """A line before and one after, refusals too; here no user can reach the file."""
    audit = tmp_path / "gateway.jsonl"
    with running(replace(config, audit=str(audit))) as root:
        call(root, body={**CHAT, "stream": True}, X_Request_Id="r1")
        call(root, body=CHAT, token="narrow-token")
    lines = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    assert [(one["event"], one["user"]) for one in lines] == [
        ("begun", "ada"), ("ended", "ada"), ("refused", "eve"),
    ]  # fmt: skip
    assert lines[1]["id"] == "r1"
    assert (lines[1]["prompt_tokens"], lines[1]["completion_tokens"]) == (100, 4)
    assert (lines[1]["status"], lines[2]["status"]) == (200, 403)
    assert "SECRET" not in audit.read_text("utf-8")


def test_what_cannot_be_recorded_is_not_asked(
    config: GatewayConfig, upstream: ScriptedServer, tmp_path: Path
) -> None:
    """A gateway without its audit refuses, and says nothing of where that lies."""
    with running(replace(config, audit=str(tmp_path))) as root:
        answer = call(root, body=CHAT)
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert bytes(upstream.wire) == b""


def test_the_configuration_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    """A misspelt limit is no limit, so that it is refused."""
    file, key = tmp_path / "gateway.toml", tmp_path / "key"
    key.write_text("hush\n")
    file.write_text(
        f'upstream = "http://127.0.0.1:8000/v1"\nupstream_key_file = "{key}"\n'
        'models = ["qwen"]\nrequests_per_minute = 5\npriority = true\n'
    )
    config = read_config(file)
    assert config == GatewayConfig(
        "http://127.0.0.1:8000/v1", "hush", ("qwen",), requests_per_minute=5, priority=True
    )
    assert "hush" not in repr(config)
    for wrong in ("tokens_pr_hour = 5", "answers = 0", "answers = 1.5", "audit = 1", "[x]", "= 3"):
        file.write_text(f'upstream = "http://127.0.0.1:8000/v1"\n{wrong}\n')
        with pytest.raises(GatewayError):
            read_config(file)
    with pytest.raises(GatewayError, match="cannot be read"):
        read_config(tmp_path / "none.toml")


def test_it_starts_only_below_a_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the hub's environment it says how it is run, with a broken file what is wrong."""
    monkeypatch.delenv("JUPYTERHUB_SERVICE_URL", raising=False)
    assert main(["gateway.toml"]) == 2
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:10101")
    assert main([str(tmp_path / "none.toml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_usage_is_read_however_the_bytes_are_cut(size: int) -> None:
    """Events are cut anywhere on their way; the last count is the right one."""
    events = b"".join(
        b"data: "
        + json.dumps({"usage": {"prompt_tokens": 9, "completion_tokens": n}}).encode()
        + b"\n\n"
        for n in range(1, 5)
    )
    reader = UsageReader(streamed=True)
    for start in range(0, len(events), size):
        reader.feed(events[start : start + size])
    assert (reader.prompt_tokens, reader.completion_tokens, reader.total) == (9, 4, 13)
