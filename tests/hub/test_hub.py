"""Two users of a real hub ask through its gateway, each from a kernel of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from campus import ASK, NEEDS, USERS, Campus, campus_over, kernel_of
from scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import HubKernel

pytestmark = NEEDS


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedServer]:
    """Yield a model server that writes what it is told."""
    with ScriptedServer() as server:
        server.answer = "SELECT id FROM songs ORDER BY id"
        yield server


@pytest.fixture(scope="module")
def campus(
    scripted: ScriptedServer,
    tmp_path_factory: pytest.TempPathFactory,
    kernel_environment: dict[str, str],
) -> Iterator[Campus]:
    """Yield a hub with two users whose servers run."""
    folder = tmp_path_factory.mktemp("hub")
    yield from campus_over(scripted.base_url, "upstream-key", folder, kernel_environment)


@pytest.fixture(scope="module")
def kernels(campus: Campus) -> dict[str, HubKernel]:
    """Return a kernel of each user."""
    return {user: kernel_of(campus, user) for user in USERS}


def test_both_users_ask_with_the_token_of_their_own_server(
    campus: Campus, kernels: dict[str, HubKernel], scripted: ScriptedServer
) -> None:
    """Nobody sets a key or an address: the policy names the gateway, the hub knows the kernels."""
    for kernel in kernels.values():
        status, shown = kernel.run("%%ask\nWhich songs are there?")
        assert status == "ok", shown
        assert "3 of more than 3" in shown  # rows = 3 in the policy
    ended = [one for one in campus.lines("gateway.jsonl") if one["event"] == "ended"]
    assert {one["user"] for one in ended if one["route"] == "chat"} == set(USERS)
    assert {one["status"] for one in ended} == {200}
    answered = [one for one in campus.lines("audit.jsonl") if one["event"] == "answered"]
    assert {one["user"] for one in answered} == set(USERS)
    assert b"Bearer upstream-key" in scripted.wire


def test_a_user_cannot_ask_elsewhere(
    campus: Campus, kernels: dict[str, HubKernel], scripted: ScriptedServer
) -> None:
    """The server behind the gateway is within reach on this machine, and refused by the policy."""
    before = len(scripted.received)
    kernels["ada"].run(f"%config AskMagics.base_url = {campus.upstream!r}")
    status, shown = kernels["ada"].run("%%ask\nWhich songs are there?")
    kernels["ada"].run("%config AskMagics.base_url = ''")
    assert status == "error"
    assert "OutsidePolicyError" in shown
    assert len(scripted.received) == before


def test_status_names_the_policy_as_the_source(
    campus: Campus, kernels: dict[str, HubKernel]
) -> None:
    """A user sees what holds and why, on the hub as anywhere."""
    _, shown = kernels["bob"].run("status = %streamlink status\nprint(status.rows)")
    assert f"policy file {campus.folder / 'policy.toml'}" in shown
    assert campus.endpoint in shown


def test_the_hub_decides_whose_token_it_is(campus: Campus, kernels: dict[str, HubKernel]) -> None:  # noqa: ARG001  users are there
    """A made-up token is unknown, one without the scope is refused, one with it may ask."""
    assert campus.post("made-up").status_code == 401
    narrow = campus.hub.token_of("ada", ["read:users!user"])
    assert campus.post(narrow).status_code == 403
    assert campus.post(campus.hub.token_of("ada", [ASK])).status_code == 200


def test_one_users_budget_is_not_anothers(campus: Campus, kernels: dict[str, HubKernel]) -> None:
    """Who asks too much waits, with the seconds said; the other goes on asking."""
    token = campus.hub.token_of("ada", [ASK])
    for _ in range(61):
        refused = campus.post(token)
        if refused.status_code == 429:
            break
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    status, shown = kernels["bob"].run("%%ask\nWhich songs are there?")
    assert status == "ok", shown
