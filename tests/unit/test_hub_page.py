"""The page for admins: what it shows is what the product reads, and no ceiling is left out."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from governed import SOMEBODY
from traitlets.config import Config

import streamlink_magic
from streamlink_magic.gateway.config import read_config
from streamlink_magic.governance.reading import NAMES, NUMBERS, SWITCHES, read_rules
from streamlink_magic.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governed import PolicyFile

PAGE = (Path(streamlink_magic.__file__).parents[1] / "docs" / "hub.md").read_text("utf-8")


def block(language: str, word: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    (found,) = [one for one in blocks if word in one]
    return str(found)


def test_the_policy_of_the_page_is_a_policy(policy_file: PolicyFile) -> None:
    """Every line of it is understood, as an admin would copy it."""
    rules = read_rules(policy_file.write(block("toml", "[read]")))
    assert rules.models == ("Qwen2.5-Coder-1.5B-Instruct",)
    assert rules.limits == {"rows": 200, "run_timeout_s": 120}
    assert rules.audit[0].key
    assert rules.drop_personal
    assert rules.hub_token_for == rules.endpoints[0]  # type: ignore[index]


def test_the_gateways_configuration_of_the_page_is_one(tmp_path: Path) -> None:
    """The same for the gateway's file."""
    key = tmp_path / "vllm.key"
    key.write_text("k")
    file = tmp_path / "gateway.toml"
    file.write_text(block("toml", "upstream =").replace("/etc/streamlink_magic/vllm.key", str(key)))
    config = read_config(file)
    assert config.priority
    assert config.tokens_per_hour == 500_000


@pytest.fixture
def audit() -> Iterator[Path]:
    """Yield an audit made by the page's commands, in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        commands = block("sh", "chattr").replace("/var/log", folder)
        done = subprocess.run(["sh", "-ec", commands], check=False, capture_output=True, text=True)
        made = Path(folder, "streamlink_magic", "audit.jsonl")
        assert made.exists(), done.stderr
        if done.returncode:
            pytest.skip(f"this file system cannot keep a file from being cut: {done.stderr}")
        try:
            yield made
        finally:
            subprocess.run(["chattr", "-a", made], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="an admin makes the audit")
def test_users_add_to_the_audit_and_neither_read_nor_cut_it(audit: Path) -> None:
    """The commands of the page, tried by somebody who is not root."""

    def tried(command: str) -> int:
        done = subprocess.run(
            ["sh", "-c", command, "sh", str(audit)],
            user=SOMEBODY, group=SOMEBODY, extra_groups=(), capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode

    assert tried('echo one >> "$1"') == 0
    for command in ('cat "$1"', 'echo two > "$1"', 'rm "$1"', 'mv "$1" "$1.old"'):
        assert tried(command), command
    assert audit.read_text() == "one\n"


def test_the_charts_values_of_the_page_hold_a_policy(policy_file: PolicyFile) -> None:
    """They are YAML, and the file in them is one that kernels read."""
    values = yaml.safe_load(block("yaml", "singleuser:"))
    policy = values["singleuser"]["extraFiles"]["policy"]
    assert policy["mode"] == 0o444
    assert policy["mountPath"] == "/etc/streamlink_magic/policy.toml"
    rules = read_rules(policy_file.write(policy["stringData"]))
    assert rules.hub_token_for in (rules.endpoints or ())


def test_the_charts_values_tell_the_hub_what_the_plain_configuration_does() -> None:
    """That one is run by a test with a real hub; the chart's must not say less or more."""
    plain, chart = Config(), Config()
    exec(block("python", "JupyterHub.services"), {"get_config": lambda: plain})  # noqa: S102  the page's own
    hub = yaml.safe_load(block("yaml", "singleuser:"))["hub"]
    exec(hub["extraConfig"]["model"], {"c": chart})  # noqa: S102
    named = [{"name": name, **role} for name, role in hub["loadRoles"].items()]  # as the chart does
    assert named == plain.JupyterHub.load_roles
    assert chart.Spawner.server_token_scopes == plain.Spawner.server_token_scopes
    assert list(hub["services"]) == [one["name"] for one in plain.JupyterHub.services]


def test_litellm_lets_nobody_count_tokens_without_a_key() -> None:
    """Its way past the models is open to all unless told otherwise; no key stands in the file."""
    told = yaml.safe_load(block("yaml", "litellm_params"))
    (model,) = told["model_list"]
    (passed,) = told["general_settings"]["pass_through_endpoints"]
    assert passed["auth"] is True
    assert passed["path"] == "/tokenize"
    server = model["litellm_params"]["api_base"].removesuffix("/v1")
    assert passed["target"] == f"{server}/tokenize"
    assert model["litellm_params"]["api_key"] == "os.environ/VLLM_KEY"
    assert passed["headers"]["Authorization"] == "bearer os.environ/VLLM_KEY"


@pytest.mark.parametrize("name", [*NUMBERS, *SWITCHES, *NAMES, "metadata_only", "drop_personal"])
def test_the_table_tells_of_every_ceiling(name: str) -> None:
    """A ceiling that nobody is told of will not be set."""
    table = PAGE[PAGE.index("| ceiling |") : PAGE.index("What a file does not mention")]
    assert f"`{name}`" in table or f".{name}`" in table


def test_every_row_names_the_test_that_tries_to_loosen_it() -> None:
    """Who reads the table can run the attempt: the last cell is a test that is there."""
    table = PAGE[PAGE.index("| ceiling |") : PAGE.index("What a file does not mention")]
    tried = Path(__file__).with_name("test_policy_ceilings.py").read_text("utf-8")
    rows = table.strip().splitlines()[2:]
    assert len(rows) > 10
    for row in rows:
        named = re.search(r"`(\w+)` \|$", row)
        assert named, row
        assert f"def test_{named.group(1)}(" in tried, row


def test_every_limit_of_the_guard_is_covered() -> None:
    """The table speaks of all of them as max_…, so that each must be called so."""
    limits = [one.name for one in fields(Policy) if isinstance(one.default, int | float)]
    assert all(name.startswith("max_") for name in limits)


def test_no_command_of_the_page_has_a_key_among_its_arguments() -> None:
    """Every user of a machine sees the arguments of every program on it."""
    commands = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert commands
    for line in "".join(commands).replace("\\\n", "").splitlines():
        assert line.startswith("export ") or not re.search(r"(?i)key[ =]", line), line


def test_all_toml_of_the_page_parses() -> None:
    """Also what is only shown."""
    for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        assert tomllib.loads(text)
