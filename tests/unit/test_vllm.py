"""The wire, against a real HTTP server on loopback that answers as it is told."""

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streamlink_magic.adapters.vllm import VllmModel
from streamlink_magic.errors import (
    ModelTimeoutError,
    ServerRefusedError,
    ServerUnreachableError,
    StreamlinkError,
)
from streamlink_magic.records import Completion, Message, TokenLogprob

ASKED = (Message("user", "How many?"), Message("assistant", "```sql\n"))
Handler = Callable[[BaseHTTPRequestHandler, dict[str, object]], None]


class Server:
    """A server whose answer to a chat is a function; it keeps what it was sent."""

    def __init__(self) -> None:
        self.chat: Handler = stream("SELECT 1")
        self.bodies: list[dict[str, object]] = []
        self.keys: list[str] = []
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Stay quiet."""

            def do_GET(self) -> None:
                reply(self, 200, {"object": "list", "data": [CARD]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.keys.append(self.headers["Authorization"])
                if self.path == "/tokenize":
                    reply(self, 200, {"count": 17})
                    return
                outer.bodies.append(body)
                outer.chat(self, body)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"


CARD = {"id": "coder", "object": "model", "created": 0, "owned_by": "x", "max_model_len": 4096}


def reply(handler: BaseHTTPRequestHandler, status: int, body: object) -> None:
    data = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def event(handler: BaseHTTPRequestHandler, data: object) -> None:
    handler.wfile.write(b"data: " + json.dumps(data).encode() + b"\n\n")
    handler.wfile.flush()


def stream(text: str, *, dies: bool = False, error: bool = False) -> Handler:
    def answer(handler: BaseHTTPRequestHandler, body: dict[str, object]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for piece in text.split(" "):
            event(handler, chunk({"content": piece + " "}, told=bool(body.get("logprobs"))))
        if error:
            event(handler, {"error": {"message": "engine died", "type": "x", "code": 500}})
        elif not dies:
            event(handler, chunk({}, finish="stop"))
            handler.wfile.write(b"data: [DONE]\n\n")

    return answer


def chunk(
    delta: dict[str, str], finish: str | None = None, *, told: bool = False
) -> dict[str, object]:
    choice: dict[str, object] = {"index": 0, "delta": delta, "finish_reason": finish}
    if told:
        token = {"token": delta["content"], "logprob": -0.5, "top_logprobs": []}
        choice["logprobs"] = {"content": [token]}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "coder",
        "choices": [choice],
    }


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


def written(model: VllmModel) -> list[str | Completion]:
    with closing(model.stream(ASKED, max_tokens=50)) as pieces:  # type: ignore[type-var]
        return list(pieces)


def test_an_answer_streams_and_ends_with_the_whole(server: Server) -> None:
    """Pieces come as they are written; the completion holds all of them."""
    *pieces, completion = written(VllmModel(server.url, "key"))
    assert pieces == ["SELECT ", "1 "]
    assert isinstance(completion, Completion)
    assert (completion.text, completion.model, completion.finish_reason) == (
        "SELECT 1 ",
        "coder",
        "stop",
    )


def test_the_request_is_what_the_prompt_says(server: Server) -> None:
    """Messages go out as they are, deterministic, with the key, continuing the open fence."""
    written(VllmModel(server.url, "key"))
    body = server.bodies[0]
    assert body["messages"] == [{"role": one.role, "content": one.content} for one in ASKED]
    assert (body["temperature"], body["max_tokens"]) == (0.0, 50)
    assert body["continue_final_message"] is True
    assert server.keys[0] == "Bearer key"


def test_names_context_and_tokens_come_from_the_server(server: Server) -> None:
    """Nothing about the model is guessed."""
    model = VllmModel(server.url, "key")
    assert (model.name, model.context_tokens, model.count_tokens(ASKED)) == ("coder", 4096, 17)


def test_a_model_that_is_not_there_lists_those_that_are(server: Server) -> None:
    """The hint holds the names to choose from."""
    with pytest.raises(ServerRefusedError, match="'other'") as caught:
        _ = VllmModel(server.url, "key", model="other").name
    assert "coder" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        (400, "--tables"),
        (401, "STREAMLINK_API_KEY"),
        (403, "admin"),
        (404, "base_url"),
        (429, "busy"),
        (500, "log"),
        (503, "log"),
    ],
)
def test_every_refusal_names_its_status_and_its_fix(
    server: Server, status: int, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server said is passed on, with what to do about it."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.01)
    server.chat = lambda handler, _: reply(handler, status, {"error": {"message": "no such luck"}})
    with pytest.raises(ServerRefusedError, match=f"{status}.*no such luck") as caught:
        written(VllmModel(server.url, "key"))
    assert caught.value.status == status
    assert fix in caught.value.hint


@pytest.mark.parametrize(("status", "tries"), [(503, 3), (429, 3), (401, 1), (404, 1)])
def test_only_what_may_pass_is_tried_again(
    server: Server, status: int, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy server is asked three times, a wrong key once."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.01)
    server.chat = lambda handler, _: reply(handler, status, {"error": {"message": "x"}})
    with pytest.raises(ServerRefusedError):
        written(VllmModel(server.url, "key"))
    assert len(server.bodies) == tries


@pytest.mark.parametrize("how", [{"dies": True}, {"error": True}])
def test_a_server_that_dies_mid_answer_is_no_answer(server: Server, how: dict[str, bool]) -> None:
    """Half an answer is never taken for a whole one."""
    server.chat = stream("SELECT half", **how)
    with pytest.raises(ServerUnreachableError, match="middle of its answer") as caught:
        written(VllmModel(server.url, "key"))
    assert "streamlink serve" in caught.value.hint


def test_silence_ends_at_the_limit(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is in the message, the way to raise it in the hint."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.01)
    hold = threading.Event()
    server.chat = lambda _handler, _body: hold.wait(20) and None
    try:
        with pytest.raises(ModelTimeoutError, match=r"silent for 0.2 s") as caught:
            written(VllmModel(server.url, "key", timeout_s=0.2))
    finally:
        hold.set()
    assert "answer_timeout_s" in caught.value.hint


def test_no_server_names_both_ways_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start one, or name one."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.01)
    with pytest.raises(ServerUnreachableError) as caught:
        written(VllmModel("http://127.0.0.1:9/v1", "key"))
    assert "streamlink serve" in caught.value.hint
    assert "base_url" in caught.value.hint


def test_the_key_shows_in_no_repr_and_no_error(server: Server) -> None:
    """A saved notebook must not hold it."""
    server.chat = lambda handler, _: reply(handler, 401, {"error": {"message": "bad key"}})
    model = VllmModel(server.url, "s3cret")
    with pytest.raises(StreamlinkError) as caught:
        written(model)
    assert "s3cret" not in repr(model) + str(caught.value) + repr(caught.value)


def refusing(answer: Handler, *, as_event: bool) -> Handler:
    """Refuse what is bound to a grammar, by status or, as vLLM does, in the stream."""

    def chat(handler: BaseHTTPRequestHandler, body: dict[str, object]) -> None:
        error = {"error": {"message": "Grammar error: too long", "type": "x", "code": 400}}
        if "structured_outputs" not in body:
            answer(handler, body)
        elif as_event:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            event(handler, error)
        else:
            reply(handler, 400, error)

    return chat


def test_a_grammar_goes_out_as_structured_output(server: Server) -> None:
    """It is vLLM's own field; without a grammar there is none."""
    model = VllmModel(server.url, "key")
    model.sample(
        ASKED, count=2, temperature=0.8, max_tokens=9, stopped=threading.Event(), grammar="start: X"
    )
    written(model)
    assert server.bodies[0]["structured_outputs"] == {"grammar": "start: X"}
    assert "structured_outputs" not in server.bodies[1]


@pytest.mark.parametrize("as_event", [False, True])
def test_a_server_that_refuses_the_grammar_is_asked_without(
    server: Server, *, as_event: bool
) -> None:
    """The question goes on, and the same grammar is not sent again."""
    server.chat = refusing(stream("SELECT 1"), as_event=as_event)
    model = VllmModel(server.url, "key")
    for _ in range(2):
        with closing(model.stream(ASKED, max_tokens=50, grammar="start: X")) as pieces:  # type: ignore[type-var]
            assert list(pieces)[:2] == ["SELECT ", "1 "]
    assert ["structured_outputs" in body for body in server.bodies] == [True, False, False]


def test_an_answer_tells_how_likely_each_token_was(server: Server) -> None:
    """First choice and further drafts alike, token by token."""
    model = VllmModel(server.url, "key")
    *_, first = written(model)
    (drawn,) = model.sample(
        ASKED, count=1, temperature=0.8, max_tokens=9, stopped=threading.Event()
    )
    for answer in (first, drawn):
        assert isinstance(answer, Completion)
        assert answer.logprobs == (TokenLogprob("SELECT ", -0.5), TokenLogprob("1 ", -0.5))


def test_a_server_that_tells_no_probabilities_answers_all_the_same(server: Server) -> None:
    """It is asked without them, once and for all."""
    answer = stream("SELECT 1")

    def chat(handler: BaseHTTPRequestHandler, body: dict[str, object]) -> None:
        if "logprobs" in body:
            reply(handler, 400, {"error": {"message": "logprobs are not allowed here"}})
        else:
            answer(handler, body)

    server.chat = chat
    model = VllmModel(server.url, "key")
    for _ in range(2):
        *_, completion = written(model)
        assert isinstance(completion, Completion)
        assert (completion.text, completion.logprobs) == ("SELECT 1 ", ())
    assert ["logprobs" in body for body in server.bodies] == [True, False, False]


def test_another_refusal_is_no_word_about_the_grammar(server: Server) -> None:
    """A prompt that is too long is too long without a grammar, too."""
    server.chat = lambda handler, _: reply(handler, 400, {"error": {"message": "too long"}})
    pieces = VllmModel(server.url, "key").stream(ASKED, max_tokens=50, grammar="start: X")
    with pytest.raises(ServerRefusedError, match="too long"):
        list(pieces)
    assert len(server.bodies) == 1


def told(chances: dict[str, float]) -> Handler:
    """Return an answer of one token, with how likely each was."""
    top = [{"token": word, "logprob": math.log(chance)} for word, chance in chances.items()]

    def answer(handler: BaseHTTPRequestHandler, _: dict[str, object]) -> None:
        content = [{**top[0], "top_logprobs": top}] if top else None
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": "Yes"},
            "finish_reason": "length",
            "logprobs": {"content": content} if content else None,
        }
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "coder"}
        reply(handler, 200, {**body, "choices": [choice]})

    return answer


@pytest.mark.parametrize(
    ("chances", "odds"),
    [
        ({"Yes": 0.5, " yes": 0.25, "No": 0.25}, math.log(3)),
        ({"no": 0.8, "yes": 0.2}, math.log(0.25)),
        ({"maybe": 1.0}, None),
        ({}, None),
    ],
)
def test_odds_sum_every_spelling_of_a_word(
    server: Server, chances: dict[str, float], odds: float | None
) -> None:
    """Case and a space before it do not matter; a server that tells nothing gives none."""
    server.chat = told(chances)
    asked = VllmModel(server.url, "key").odds((Message("user", "Is it?"),), ("yes", "no"))
    assert asked == (None if odds is None else pytest.approx(odds, abs=1e-4))
    assert server.bodies[-1]["max_tokens"] == 1
