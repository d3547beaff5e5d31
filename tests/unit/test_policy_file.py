"""The policy file: what it may say, whom it may belong to, and that a broken one stops all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from streamlink_magic import doctor, guard
from streamlink_magic.adapters.spark import create
from streamlink_magic.cli import app
from streamlink_magic.errors import PolicyFileError
from streamlink_magic.evaluation import command
from streamlink_magic.governance import hub_rules, places, stated_rows
from streamlink_magic.governance.reading import read_rules
from streamlink_magic.policy import Policy
from streamlink_magic.steps.guard.scope import Identity, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from governed import PolicyFile

WHOLE = """
[model]
endpoints = ["https://hub.example.org/services/model/v1", "local"]
models = ["qwen"]
hub_token_for = "https://hub.example.org/services/model/v1"

[read]
catalogs = ["lake"]
databases = ["sales"]
tables = ["ref.towns"]
denied_tables = ["sales.payroll"]
denied_columns = ["customers.iban"]
masked_columns = ["email"]
paths = ["/data/open"]
on_disagreement = "refuse"

[limits]
rows = 200
run_timeout_s = 60
max_scan_bytes = 1e9

[privacy]
sample_values = false
memory = ["terms", "joins"]

[audit]
path = "/var/log/streamlink_magic/audit.jsonl"
required = true
text = "clear"
"""
HERE = {"catalog": "spark_catalog", "database": "default"}


def test_everything_that_a_file_says_is_understood(policy_file: PolicyFile) -> None:
    """Each key finds its place, and what is not mentioned stays the user's."""
    rules = read_rules(policy_file.write(WHOLE))
    assert rules.endpoints == ("https://hub.example.org/services/model/v1", "local")
    assert rules.limits == {"rows": 200, "run_timeout_s": 60}
    assert rules.switched_off == {"sample_values"}
    assert rules.memory == ("terms", "joins")
    assert rules.audit[0].clear
    assert rules.audit[0].required
    (stated,) = rules.read
    assert stated["tables"] == ("lake.*.*", "sales.*", "ref.towns")
    assert stated["max_scan_bytes"] == 1e9
    assert "udfs" not in stated
    assert "sales.payroll" in stated_rows(rules)["denied_tables"]


@pytest.mark.parametrize(
    ("name", "opened"),
    [
        (Identity("orders", "sales", "spark_catalog"), True),
        (Identity("anything", "any", "lake"), True),
        (Identity("towns", "ref", "spark_catalog"), True),
        (Identity("payroll", "sales", "spark_catalog"), False),
        (Identity("secrets", "hr", "spark_catalog"), False),
        (Identity("orders", "sales", "other"), False),
        (Identity("my_view"), True),
    ],
)
def test_catalogs_databases_and_tables_open_what_they_name(
    policy_file: PolicyFile, name: Identity, *, opened: bool
) -> None:
    """A user who opens the same sees just that; a temporary view is judged by what it reads."""
    (stated,) = read_rules(policy_file.write(WHOLE)).read
    user = Policy(tables=("sales.*", "lake.*.*", "ref.*", "hr.*", "other.*.*"), views=("*",))
    assert scope_of(user.under(stated), HERE).allows(name) is opened
    assert scope_of(Policy().under(stated), HERE).allows_in_view(name) is opened


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rowz = 5", "rowz is unknown"),
        ("[limit]\nrows = 5", "limit is unknown"),
        ("[limits]\nrow = 5", "limits.row is unknown"),
        ("[limits]\nrows = -1", "limits.rows is not"),
        ("[limits]\nrows = nan", "limits.rows is not"),
        ("[limits]\nrows = true", "limits.rows is not"),
        ("[limits]\nmax_scan_bytes = 0", "max_scan_bytes"),
        ("[read]\ntables = 'sales.*'", "read.tables is not a list"),
        ("[read]\ntables = ['']", "read.tables is not a list"),
        ("[read]\npaths = ['data']", "paths"),
        ("[read]\non_disagreement = 'shrug'", "on_disagreement"),
        ("[model]\nendpoints = ['box:8000']", "no address"),
        ("[model]\nendpoints = ['http://me:pw@box/v1']", "no address"),
        ("[model]\nhub_token_for = 'http://box/v1'", "hub_token_for is not among"),
        ("[privacy]\nsample_values = 'no'", "true or false"),
        ("[privacy]\nmemory = ['all']", "no layer"),
        ("[audit]\nrequired = true", "audit.path is missing"),
        ("[audit]\npath = 'audit.jsonl'", "audit.path"),
        ("[audit]\npath = '/a'\ntext = 'some'", "audit.text"),
        ("[read", "cannot be understood"),
    ],
)
def test_what_is_not_understood_refuses_to_run(
    policy_file: PolicyFile, text: str, said: str
) -> None:
    """A misspelt ceiling must not be taken for none; the error names the file and the place."""
    path = policy_file.write(text)
    with pytest.raises(PolicyFileError, match=said) as raised:
        hub_rules()
    assert str(path) in raised.value.message
    assert raised.value.hint


def test_a_file_that_is_not_there_refuses_to_run(policy_file: PolicyFile) -> None:
    """Taking the file away does not take away the policy."""
    policy_file.path.unlink()
    with pytest.raises(PolicyFileError, match="cannot be read"):
        hub_rules()


def test_bytes_that_are_no_text_refuse_to_run(policy_file: PolicyFile) -> None:
    """A damaged file is broken, not empty."""
    policy_file.path.write_bytes(b"\xff\xfe[read]")
    with pytest.raises(PolicyFileError, match="cannot be understood"):
        hub_rules()


@pytest.mark.parametrize("mode", [0o646, 0o664, 0o666])
def test_a_file_that_others_may_write_is_not_trusted(policy_file: PolicyFile, mode: int) -> None:
    """Who could change it could loosen it."""
    policy_file.path.chmod(mode)
    with pytest.raises(PolicyFileError, match="may be written by others"):
        hub_rules()


def test_a_file_of_the_users_own_is_not_trusted(
    policy_file: PolicyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naming a file that one wrote oneself is no way around the admin's."""
    owner = policy_file.path.stat().st_uid or 1
    os.chown(policy_file.path, owner, -1)
    monkeypatch.setattr(os, "geteuid", lambda: owner)
    with pytest.raises(PolicyFileError, match="belongs to the user"):
        hub_rules()


def test_a_file_in_a_folder_that_others_may_write_is_not_trusted(
    policy_file: PolicyFile,
) -> None:
    """There another file could be put in its place."""
    policy_file.path.parent.chmod(0o777)
    with pytest.raises(PolicyFileError, match="may be written by others"):
        hub_rules()


def test_a_link_from_an_open_folder_is_not_trusted(
    policy_file: PolicyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the link lies counts as much as where it leads."""
    (tmp_path / "open").mkdir()
    link = tmp_path / "open" / "policy.toml"
    link.symlink_to(policy_file.path)
    (tmp_path / "open").chmod(0o777)
    monkeypatch.setenv(places.VARIABLE, str(link))
    places.named_file.cache_clear()
    with pytest.raises(PolicyFileError, match="may be written by others"):
        hub_rules()


def test_a_file_below_a_link_of_the_system_is_trusted(
    policy_file: PolicyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mounted configuration is made of links; in closed folders they are as good as files."""
    policy_file.write("[limits]\nrows = 7")
    link = tmp_path / "linked.toml"
    link.symlink_to(policy_file.path)
    monkeypatch.setenv(places.VARIABLE, str(link))
    places.named_file.cache_clear()
    assert hub_rules().limits == {"rows": 7}


def test_the_machines_file_holds_whatever_the_variable_says(
    policy_file: PolicyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both hold where both are there, and the tighter word of each counts."""
    machine = tmp_path / "machine.toml"
    machine.write_text("[limits]\nrows = 9\nsamples = 1\n[model]\nmodels = ['a', 'b']\n")
    monkeypatch.setattr(places, "MACHINE_FILE", machine)
    policy_file.write("[limits]\nrows = 20\ncells = 0\n[model]\nmodels = ['b', 'c']\n")
    rules = hub_rules()
    assert rules.limits == {"rows": 9, "samples": 1, "cells": 0}
    assert rules.models == ("b",)
    monkeypatch.setenv(places.VARIABLE, "")
    places.named_file.cache_clear()
    assert hub_rules().limits == {"rows": 9, "samples": 1}


def test_checking_sql_needs_a_policy_that_can_be_read(
    policy_file: PolicyFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither one statement nor a file of them is checked under a broken policy."""
    policy_file.write("[read")
    monkeypatch.setattr(guard, "_require_live", lambda _: None)
    monkeypatch.setattr(guard, "is_connect", lambda _: False)
    monkeypatch.setattr(guard, "_own_checker", lambda *_: pytest.fail("it was checked"))
    with pytest.raises(PolicyFileError):
        guard.check_sql("SELECT 1", session=object())
    with pytest.raises(PolicyFileError):
        guard.guard_file(tmp_path / "in", tmp_path / "out", session=object())
    assert not (tmp_path / "out").exists()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Return the command line over a session that is no Spark; a statement lies in a file."""
    (tmp_path / "in.jsonl").write_text('{"id": "q1", "sql": "SELECT 1"}\n')
    monkeypatch.setattr(create, "create_session", lambda **_: object())
    monkeypatch.setattr(command, "create_session", lambda **_: object())
    monkeypatch.setattr(guard, "_require_live", lambda _: None)
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_command_line_refuses_under_a_broken_policy(
    policy_file: PolicyFile, cli: Callable[..., Result], tmp_path: Path
) -> None:
    """``guard`` and ``eval`` end with 1, name the file, and write nothing."""
    policy_file.write("[limits]\nrowz = 1")
    out = tmp_path / "out.jsonl"
    for arguments in (("guard", tmp_path / "in.jsonl"), ("eval", tmp_path)):
        done = cli(*arguments, "--out", out)
        assert done.exit_code == 1
        assert "rowz is unknown" in done.output
        assert not out.exists()


def test_a_measurement_that_leaves_no_record_is_refused_where_one_is_required(
    policy_file: PolicyFile, cli: Callable[..., Result], tmp_path: Path
) -> None:
    """``eval`` asks hundreds of questions; no line of the audit would tell of them."""
    policy_file.write(f'[audit]\npath = "{tmp_path / "audit.jsonl"}"')
    done = cli("eval", tmp_path, "--out", tmp_path / "out.jsonl")
    assert done.exit_code == 1
    assert "requires an audit" in done.output


def test_doctor_tells_of_the_policy(policy_file: PolicyFile) -> None:
    """Who looks for what is missing finds the broken file, and the fix."""
    (finding,) = doctor._policy()
    assert finding.ok
    assert str(policy_file.path) in finding.seen
    policy_file.write("[limits]\nrowz = 1")
    (finding,) = doctor._policy()
    assert not finding.ok
    assert "admin" in finding.fix
