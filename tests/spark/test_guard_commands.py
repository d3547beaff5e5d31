"""The guard's commands as a user starts them: processes of their own, small counts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.spark


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    start = "from streamlink_magic.cli import app; app()"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=folder,  # where Spark leaves its warehouse
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_fuzz_tells_what_came_of_its_statements(tmp_path: Path) -> None:
    """The counts add up to what was asked for, and nothing that differs is allowed."""
    done = _run(tmp_path, "fuzz", "--count", "300", "--seed", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("300 statements of seed 2 in ")
    counts = {line.split()[0]: int(line.split()[1]) for line in lines if line.startswith("  ")}
    assert sum(counts.values()) == 300
    assert min(counts[name] for name in ("agree", "parser", "grammar", "text")) > 0
    assert "Of those that differ the whole guard allows: none" in lines


def test_bench_guard_tells_times_by_kind(tmp_path: Path) -> None:
    """A table for the first round, one for the later ones, and a line for asking again."""
    statements, schema = tmp_path / "statements.jsonl", tmp_path / "tables.json"
    statements.write_text(
        "\n".join(
            json.dumps({"sql": sql, "class": kind, "db": "shop"})
            for kind, sql in (("read", "SELECT town FROM sales"), ("write", "DROP TABLE sales"))
        )
    )
    schema.write_text(json.dumps({"shop": {"sales": ["town string", "price double"]}}))
    done = _run(tmp_path, "bench", "guard", str(statements), "--schema", str(schema))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[0].startswith("cold")
    rows = [line.split()[:3] for line in lines if line.split()[0] in {"read", "write", "all"}]
    assert rows == 2 * [
        ["read", "1", "1"], ["write", "1", "0"], ["all", "2", "1"],
    ]  # fmt: skip
    assert lines[-1].startswith("asked again at once: ")


def test_guard_writes_a_verdict_for_each_statement(tmp_path: Path) -> None:
    """The command of the README, with a schema in place of a catalog."""
    statements, schema = tmp_path / "statements.jsonl", tmp_path / "tables.json"
    out = tmp_path / "verdicts.jsonl"
    texts = ("SELECT town FROM shop.sales", "DROP TABLE shop.sales", "SELECT * FROM shop.none")
    lines = [json.dumps({"id": number, "sql": sql}) for number, sql in enumerate(texts)]
    statements.write_text("\n".join(lines))
    schema.write_text(json.dumps({"shop": {"sales": ["town string"]}}))
    done = _run(tmp_path, "guard", str(statements), "--out", str(out), "--schema", str(schema))
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(each["id"], each["rule"]) for each in verdicts] == [
        ("0", "ok"), ("1", "not-a-query"), ("2", "unknown-table"),
    ]  # fmt: skip
