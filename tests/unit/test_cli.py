"""The command line: exit codes, and errors that end with the fix."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streamlink_magic import doctor
from streamlink_magic.cli import app
from streamlink_magic.doctor import Finding

RUN = CliRunner()


def test_help_lists_every_command() -> None:
    """A newcomer sees all that there is."""
    shown = RUN.invoke(app, ["--help"]).output
    assert all(
        name in shown for name in ("serve", "demo", "doctor", "guard", "fuzz", "bench", "eval")
    )


@pytest.mark.parametrize(
    "arguments", [["serve", "--device", "tpu"], ["eval"], ["guard", "x.jsonl"], ["fly"]]
)
def test_bad_usage_ends_with_2(arguments: list[str]) -> None:
    """Exit codes are 0 done, 1 failed, 2 misused."""
    assert RUN.invoke(app, arguments).exit_code == 2


def test_the_printed_command_holds_no_key_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """People who start vLLM themselves can copy it."""
    monkeypatch.setenv("STREAMLINK_CACHE", str(tmp_path))
    done = RUN.invoke(
        app, ["serve", "--print-command", "--port", "8123", "--max-model-len", "4096"]
    )
    assert done.exit_code == 0, done.output
    assert "vllm.entrypoints.openai.api_server" in done.output
    assert "--port 8123" in done.output
    assert "--max-model-len 4096" in done.output
    assert "$STREAMLINK_API_KEY" in done.output
    assert list(tmp_path.rglob("*.json")) == []


def test_what_stands_behind_two_dashes_goes_to_vllm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A gateway's server is asked for priorities, for which there is no option of ours."""
    monkeypatch.setenv("STREAMLINK_CACHE", str(tmp_path))
    further = ["--", "--scheduling-policy", "priority"]
    done = RUN.invoke(app, ["serve", "--print-command", *further])
    assert done.exit_code == 0, done.output
    assert done.output.rstrip().endswith("--scheduling-policy priority")
    assert RUN.invoke(app, ["serve", "--print-command", *further[1:]]).exit_code == 2


def test_stopping_what_does_not_run_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is no failure."""
    monkeypatch.setenv("STREAMLINK_CACHE", str(tmp_path))
    done = RUN.invoke(app, ["serve", "--stop"])
    assert (done.exit_code, "No server" in done.output) == (0, True)


def test_a_missing_set_is_an_error_with_its_path(tmp_path: Path) -> None:
    """The failure is two lines, not a traceback."""
    done = RUN.invoke(app, ["eval", str(tmp_path / "none"), "--out", str(tmp_path / "p.jsonl")])
    assert done.exit_code == 1
    assert "EvaluationError" in done.output
    assert "none" in done.output
    assert "→" in done.output
    assert not (tmp_path / "p.jsonl").exists()


def test_the_doctor_prints_a_line_each_and_fails_when_something_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each line is ok, or the fix."""
    findings = [
        Finding("Python", ok=True, seen="3.11"),
        Finding("Java", False, "none", "Install it."),
    ]
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))
    done = RUN.invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.output.splitlines()] == ["ok", "fix", "→"]
    assert "Install it." in done.output


def test_the_doctor_names_the_extra_that_brings_a_missing_package() -> None:
    """The fix can be pasted."""
    finding = doctor._package("no-such-package", "'streamlink-magic[spark]'")
    assert (finding.ok, finding.fix) == (False, "pip install 'streamlink-magic[spark]'")


def test_a_broken_schema_file_is_named(tmp_path: Path) -> None:
    """Bad input never ends in a traceback."""
    from streamlink_magic.errors import CatalogError
    from streamlink_magic.samples import make_empty_tables

    bad = tmp_path / "schema.json"
    bad.write_text(json.dumps(["not", "a", "schema"]), encoding="utf-8")
    with pytest.raises(CatalogError, match=r"schema.json") as caught:
        make_empty_tables(None, bad)
    assert "orders" in caught.value.hint


def test_a_polite_kill_stops_what_the_command_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that were started for a measurement do not outlive it."""
    stopped: list[str] = []

    def killed(*_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            stopped.append("server")

    monkeypatch.setattr("streamlink_magic.bench.serve.bench_serve", killed)
    before = signal.getsignal(signal.SIGTERM)
    assert RUN.invoke(app, ["bench", "serve"]).exit_code == 128 + signal.SIGTERM
    assert stopped == ["server"]
    assert signal.getsignal(signal.SIGTERM) == before
