"""The real model behind the gateway of a real hub, asked from two users' kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from campus import NEEDS, USERS, Campus, campus_over, kernel_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlink_magic.serving import Endpoint

pytestmark = [pytest.mark.model, *NEEDS]


@pytest.fixture
def campus(
    server: Endpoint, tmp_path: Path, kernel_environment: dict[str, str]
) -> Iterator[Campus]:
    """Yield a hub whose gateway stands in front of the shared local model server."""
    yield from campus_over(server.base_url, server.api_key, tmp_path, kernel_environment)


def test_the_real_model_answers_two_users_through_the_gateway(campus: Campus) -> None:
    """Each is answered with the hub's token, and each one's tokens are counted as theirs."""
    for user in USERS:
        status, shown = kernel_of(campus, user).run(
            "%%ask --tables songs\nHow many songs are there?"
        )
        assert status == "ok", shown
        assert "5" in shown
    ended = [one for one in campus.lines("gateway.jsonl") if one["event"] == "ended"]
    for user in USERS:
        asked = [one for one in ended if one["user"] == user and one["route"] == "chat"]
        assert {one["status"] for one in asked} == {200}
        assert sum(one["prompt_tokens"] for one in asked) > 100
        assert sum(one["completion_tokens"] for one in asked) > 1
    answered = [one for one in campus.lines("audit.jsonl") if one["event"] == "answered"]
    assert {one["user"] for one in answered} == set(USERS)
    assert all(one["completion_tokens"] > 1 for one in answered)
