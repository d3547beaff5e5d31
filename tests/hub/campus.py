"""A hub as the page for admins describes it: its gateway, its policy, two users and kernels."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hub import Hub, HubKernel, free_port

import streamlink_magic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEEDS = [
    pytest.mark.spark,
    pytest.mark.skipif(os.geteuid() != 0, reason="a policy must not belong to the kernels' user"),
]
PAGE = Path(streamlink_magic.__file__).parents[1] / "docs" / "hub.md"
USERS = ("ada", "bob")
ASK = "access:services!service=model"
# What the page leaves to each hub: who may come in, how kernels are started, where things lie.
LOCAL = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.command = ["configurable-http-proxy"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {{"ada", "bob"}}
c.DummyAuthenticator.password = "only on loopback"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{homes}/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.environment.update({environment!r})
c.JupyterHub.services.append({{"name": "tests", "api_token": "token-of-the-tests"}})
c.JupyterHub.load_roles.append({{
    "name": "tests",
    "services": ["tests"],
    "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"],
}})
"""
POLICY = """
[model]
endpoints = ["{endpoint}"]
hub_token_for = "{endpoint}"
[limits]
rows = 3
[audit]
path = "{audit}"
"""
GATEWAY = """
upstream = "{upstream}"
upstream_key_file = "{key}"
requests_per_minute = 60
audit = "{audit}"
"""
MADE = (
    "from streamlink_magic.adapters.spark.create import create_session\n"
    "spark = create_session(memory='512m', cores='1')\n"
    "spark.range(5).createOrReplaceTempView('songs')\n"
    "%load_ext streamlink_magic"
)


def page_block(language: str, word: str) -> str:
    """Return the block of the page that holds a word, as an admin would copy it."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (block,) = [one for one in blocks if word in one]
    return str(block)


@dataclass(frozen=True)
class Campus:
    """A hub with its gateway, the files of both, and the server behind them."""

    hub: Hub
    upstream: str
    folder: Path

    @property
    def endpoint(self) -> str:
        """What users know of the model server."""
        return f"{self.hub.root}/services/model/v1"

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of an audit."""
        text = (self.folder / name).read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def post(self, token: str) -> httpx2.Response:
        """Ask the gateway without a notebook."""
        body = {"model": "scripted", "messages": [{"role": "user", "content": "How many?"}]}
        return httpx2.post(
            f"{self.endpoint}/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )


def campus_over(
    upstream: str, key: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[Campus]:
    """Yield a hub whose configuration is the page's, with this test's places in it."""
    hub_port, service_port = free_port(), free_port()
    port = free_port()
    files = {
        "policy.toml": POLICY.format(
            endpoint=f"http://127.0.0.1:{port}/services/model/v1", audit=folder / "audit.jsonl"
        ),
        "gateway.toml": GATEWAY.format(
            upstream=upstream, key=folder / "vllm.key", audit=folder / "gateway.jsonl"
        ),
        "vllm.key": key,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o600 if name == "vllm.key" else 0o644)
    page = page_block("python", "JupyterHub.services")
    page = page.replace("/etc/streamlink_magic/", f"{folder}/").replace("10101", str(service_port))
    kept = {name: text for name, text in environment.items() if name not in {"PATH", "HOME"}}
    local = LOCAL.format(
        port=port,
        hub_port=hub_port,
        proxy_port=free_port(),
        homes=folder / "homes",
        environment={name: kept[name] for name in kept if name.startswith(("PYTHON", "JAVA"))},
    )
    with Hub(folder, page + local, port) as hub:
        yield Campus(hub, upstream, folder)


def kernel_of(campus: Campus, user: str) -> HubKernel:
    """Return a kernel of the user's in which Spark and the extension are ready."""
    campus.hub.start_server(user)
    kernel = campus.hub.kernel(user)
    status, shown = kernel.run(MADE)
    assert status == "ok", shown
    return kernel
