"""What leaves the kernel and what is written down, byte for byte: Spark, a recording server."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from IPython.core.interactiveshell import InteractiveShell
from scripted import ScriptedServer
from traitlets.config import Config

from streamlink_magic.magics import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governed import PolicyFile
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Each value stands in one place; its number tells which, should it turn up where it must not.
EMAILS = ("hidden1@clinic.example", "hidden2@clinic.example")
TOWNS = ("Valtown3", "Valtown4")
STATEMENTS = (
    "CREATE DATABASE ward",
    "USE ward",
    "CREATE TABLE patients (patient_id INT, email STRING, town STRING) USING parquet",
    "CREATE TABLE letters (patient_id INT, email STRING, kind STRING) USING parquet",
    f"INSERT INTO patients VALUES (1, '{EMAILS[0]}', '{TOWNS[0]}')",
    f"INSERT INTO patients VALUES (2, '{EMAILS[1]}', '{TOWNS[1]}')",
    f"INSERT INTO letters VALUES (1, '{EMAILS[0]}', 'Valkind5'), (2, '{EMAILS[1]}', 'Valkind6')",
    "CREATE VIEW reached AS SELECT patient_id, email AS contact, town FROM patients",
)
IN_CELLS = (
    "picked = spark.table('patients').where(\"town = 'Valcell7'\")",
    "known = 'Valcell8'  # patients",
    "print('Val' + 'output9 of patients')",
)
VALUES = (*EMAILS, *TOWNS, "Valkind5", "Valkind6", "Valcell7", "Valcell8", "Valoutput9")
MEMORY = {
    "kept.jsonl": json.dumps(
        {
            "question": "How many patients live in Valkept10?",
            "sql": "SELECT count(*) FROM patients WHERE town = 'Valkept10'",
            "author": "ada",
            "date": "2026-01-01",
            "tables": ["ward.patients"],
            "schema": "",
        }
    ),
    "terms.toml": '"near" = "town = \'Valterm11\'"\n',
}


@dataclass
class Ward:
    """A notebook over the ward's tables, and the server that it asks."""

    shell: InteractiveShell
    server: ScriptedServer
    folder: Path

    def run(self, source: str) -> Any:  # noqa: ANN401
        """Run a cell as a front end would, and wait for what it sets off in the background."""
        before = set(threading.enumerate())
        ran = self.shell.run_cell(source, store_history=True)
        for thread in set(threading.enumerate()) - before:
            thread.join(60)
        return ran

    def ask(self, question: str, *answers: str, options: str = "") -> Any:  # noqa: ANN401
        """Ask, with what the model will write."""
        self.server.answer = answers[0] if answers else "SELECT count(*) FROM patients"
        return self.run(f"%%ask {options}\n{question}")

    def kept_files(self) -> bytes:
        """Return every byte of every file that was written in the notebook's folder."""
        files = (one for one in self.folder.rglob("*") if one.is_file())
        return b"\n".join(one.read_bytes() for one in files)


@pytest.fixture
def ward(
    spark: SparkSession,
    policy_file: PolicyFile,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Ward]:
    """Yield a notebook in which cells have run; the policy is whatever the test writes first."""
    for statement in STATEMENTS:
        spark.sql(statement)
    folder = tmp_path_factory.mktemp("project")
    monkeypatch.chdir(folder)
    policy_file.write("")
    config = Config()
    config.HistoryManager.enabled = True
    config.HistoryManager.hist_file = ":memory:"
    shell = InteractiveShell.instance(config=config)
    shell.user_ns["spark"] = spark
    with ScriptedServer() as server:
        monkeypatch.setenv("STREAMLINK_BASE_URL", server.base_url)
        load(shell)
        yield Ward(shell, server, folder)
    InteractiveShell.clear_instance()
    spark.sql("USE default")
    spark.sql("DROP DATABASE ward CASCADE")


def everything(ward: Ward) -> None:
    """Do all that could carry a value: cells, memory, follow-ups, failures, samples, commands."""
    memory = ward.folder / ".streamlink"
    memory.mkdir()
    for name, text in MEMORY.items():
        (memory / name).write_text(text)
    for cell in IN_CELLS:
        assert ward.run(cell).success
    ward.shell.run_line_magic("config", "AskMagics.send_values = True")
    ward.shell.run_line_magic("config", "AskMagics.cells = 5")
    ward.run("%streamlink values patients")
    assert ward.ask("How many patients live in the town that is near?").success
    assert ward.ask("And how many letters?", "SELECT count(*) FROM letters").success
    assert ward.ask(
        "Which towns are there?", "SELECT town, count(*) FROM reached GROUP BY town"
    ).success
    ward.ask("Who is it?", "SELECT wings FROM patients WHERE town = town")  # asked again, fails


def found(wire: bytes | bytearray, values: tuple[str, ...]) -> set[str]:
    return {value for value in values if value.encode() in wire}


def test_without_a_policy_values_do_travel(ward: Ward) -> None:
    """The recorder sees what is sent; were it blind, the next test would prove nothing."""
    everything(ward)
    seen = found(ward.server.wire, (*VALUES, "Valkept10", "Valterm11"))
    assert {*TOWNS, "Valcell7", "Valcell8", "Valkept10", "Valterm11"} <= seen
    assert "Valoutput9" not in seen


def test_in_metadata_only_mode_no_value_is_sent(ward: Ward, policy_file: PolicyFile) -> None:
    """One switch: of all bytes that reach the server none is a value of a row, cell or memory."""
    policy_file.write("[privacy]\nmetadata_only = true")
    everything(ward)
    wire = bytes(ward.server.wire)
    assert b"patient_id" in wire
    assert b"How many patients live" in wire
    assert found(wire, (*VALUES, "Valkept10", "Valterm11")) == set()
    assert b"Val" not in wire.replace(b"Valid", b"").replace(b"Value", b"")


MASKED = '[read]\nmasked_columns = ["email"]\n[audit]\npath = "{audit}"\ntext = "clear"\n'


def test_masked_values_are_nowhere(ward: Ward, policy_file: PolicyFile) -> None:
    """Not in a prompt, an output, the memory or the audit; yet the column may be counted."""
    audit = ward.folder / "audit.jsonl"
    policy_file.write(MASKED.format(audit=audit))
    everything(ward)
    counted = ward.ask("How many emails?", "SELECT count(DISTINCT email) FROM patients").result
    assert counted.result.rows == ((2,),)
    assert ward.run("%streamlink keep").success
    viewed = ward.ask("How many contacts?", "SELECT count(contact) FROM reached").result
    for sql in (
        "SELECT email FROM patients",
        "SELECT contact FROM reached",
        "SELECT max(email) FROM letters",
    ):
        assert not ward.ask("Which emails are there?", sql).success
    shown = "".join(json.dumps(one._repr_mimebundle_()) for one in (counted, viewed))
    assert found(ward.server.wire, TOWNS) == set(TOWNS)
    assert found(ward.server.wire, EMAILS) == set()
    assert found(ward.kept_files(), EMAILS) == set()
    assert found(shown.encode(), EMAILS) == set()
    events = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    refused = [one["rule"] for one in events if one["event"] == "refused"]
    assert refused[-3:] == ["column"] * 3
    assert {"run", "ran", "answered"} <= {one["event"] for one in events}
    assert [one["tables"] for one in events if one["event"] == "answered"][-1] == ["ward.reached"]


def test_every_run_in_spark_stands_in_the_audit(ward: Ward, policy_file: PolicyFile) -> None:
    """Samples, votes, the answer itself and the DataFrame: a line before each."""
    audit = ward.folder / "audit.jsonl"
    policy_file.write(f'[audit]\npath = "{audit}"\ntext = "clear"')
    ward.run("x = 1")
    assert ward.ask("How many?", options="counted").success
    events = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    ran = [one["sql"] for one in events if one["event"] == "run"]
    assert sum("LEFT(" in sql.upper() for sql in ran) == 3  # a sample of each table and view
    assert ran[-1] == "SELECT count(*) FROM patients"
    assert events[-1]["event"] == "dataframe"
    runs, ends = (sum(one["event"] == kind for one in events) for kind in ("run", "ran"))
    assert runs == ends


def test_an_audit_that_cannot_be_written_stops_samples_and_questions(
    ward: Ward, policy_file: PolicyFile, tmp_path: Path
) -> None:
    """Spark runs no job and the server hears nothing."""
    policy_file.write(f'[audit]\npath = "{tmp_path}"')
    ward.run("x = 1")
    ran = ward.ask("How many?")
    assert type(ran.error_in_exec).__name__ == "AuditError"
    assert bytes(ward.server.wire) == b""


def listened_to() -> set[int]:
    """Return the ports of this process (the named server) and of what it started (Spark's JVM)."""
    own = psutil.Process()
    ports = set[int]()
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # Spark's workers come and go
            connections = process.net_connections()
            ports |= {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}
    return ports


def test_a_question_opens_no_connection_but_to_the_server(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside Spark's own JVM, a child on this machine, only the named server is spoken to."""
    reached, strange = list[Any](), list[Any]()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:  # noqa: ANN401
        reached.append(address)
        if address[0] != "127.0.0.1" or address[1] not in listened_to():
            strange.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    everything(ward)
    port = int(ward.server.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
    assert port in {address[1] for address in reached}
    assert strange == []
