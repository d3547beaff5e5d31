"""Where a question may go: to the server that was named, and to nobody on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scripted import ScriptedServer

from streamlink_magic.adapters.vllm import VllmModel
from streamlink_magic.endpoint import find_model
from streamlink_magic.errors import ServerRefusedError
from streamlink_magic.records import Completion, Message
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = (Message("user", "How many SECRET songs?"),)
TOKEN = "token-of-the-hub"


@pytest.fixture
def named() -> Iterator[ScriptedServer]:
    """Yield the server that the user named."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def other() -> Iterator[ScriptedServer]:
    """Yield a server that nobody named."""
    with ScriptedServer() as server:
        yield server


def ask(model: VllmModel) -> str:
    *_, last = model.stream(QUESTION, max_tokens=9)
    assert isinstance(last, Completion)
    return last.text


def test_a_redirect_is_not_followed(named: ScriptedServer, other: ScriptedServer) -> None:
    """A server that was named cannot send the question on to one that was not."""
    model = VllmModel(named.base_url, "key")
    assert ask(model) == "SELECT 1"
    named.redirect = other.base_url.removesuffix("/v1")
    with pytest.raises(ServerRefusedError, match="307") as refused:
        ask(model)
    assert "elsewhere" in refused.value.hint
    with pytest.raises(ServerRefusedError):
        model.warm(QUESTION)
    with pytest.raises(ServerRefusedError):
        model.count_tokens(QUESTION)
    assert bytes(other.wire) == b""


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_no_proxy_of_the_environment_sees_a_question(
    named: ScriptedServer,
    other: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """A proxy would read along; the connection goes to the named server itself."""
    monkeypatch.setenv(variable, other.base_url.removesuffix("/v1"))
    assert ask(VllmModel(named.base_url, "key")) == "SELECT 1"
    assert b"SECRET" in named.wire
    assert bytes(other.wire) == b""


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the token that a hub put into this kernel's environment."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
    return TOKEN


def test_the_hubs_token_goes_to_the_endpoint_that_the_policy_names(
    named: ScriptedServer, token: str
) -> None:
    """It is the key there, so that users need none of their own."""
    settings = Settings(base_url=f"{named.base_url}/", hub_token_for=named.base_url)
    ask(find_model(settings, None))
    assert f"Bearer {token}".encode() in named.wire


@pytest.mark.parametrize("key", ["", "mine"])
def test_the_hubs_token_goes_nowhere_else(
    named: ScriptedServer, other: ScriptedServer, token: str, key: str
) -> None:
    """Neither to another server, nor where the user has a key, nor without a policy."""
    for named_by_policy in ("", other.base_url):
        settings = Settings(base_url=named.base_url, hub_token_for=named_by_policy, api_key=key)
        ask(find_model(settings, None))
    own = Settings(base_url=named.base_url, hub_token_for=named.base_url, api_key=key or "own")
    ask(find_model(own, None))
    assert token.encode() not in named.wire
    assert bytes(other.wire) == b""
