"""The audit: what is written before and after, by many at once, and what stops without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic import session
from streamlink_magic.auditing import Account, MeteredModel
from streamlink_magic.auditing.journal import append_line
from streamlink_magic.auditing.lines import digest
from streamlink_magic.errors import AuditError, ExecutionError, StreamlinkError, UnsafeSqlError
from streamlink_magic.records import Column, Completion, Message, QueryResult, Question
from streamlink_magic.session import AskRequest, AskSession
from streamlink_magic.settings import AuditRules, Settings
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.testing import FakeModel, FakeWorkbench, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlink_magic.protocols import Witness

QUESTION = "How many songs does Anna own?"
SQL = "SELECT count(*) FROM song WHERE owner = 'Anna'"
VALUE = "SECRETVALUE"


class NamedModel(FakeModel):
    """Lists its name, as a server does."""

    def names(self) -> tuple[str, ...]:
        """Return the one name."""
        return (self.name,)


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """Return where the audit goes."""
    return tmp_path / "audit.jsonl"


@pytest.fixture
def workbench(monkeypatch: pytest.MonkeyPatch) -> FakeWorkbench:
    """Return a session with a table; its query returns a value that nobody may write down."""
    rows = ((VALUE,), (VALUE,))
    bench = FakeWorkbench(
        [table("song", "song_id int, title string, owner string")],
        result=QueryResult((Column("title", "string"),), rows),
    )

    def opened(_spark: object, _databases: object, witness: Witness) -> FakeWorkbench:
        bench.witness = witness
        return bench

    monkeypatch.setattr(session, "find_session", lambda *_: SimpleNamespace())
    monkeypatch.setattr(session, "restricted_mode", lambda _: None)
    monkeypatch.setattr(session, "identity", lambda _: "one")
    monkeypatch.setattr(session, "open_workbench", opened)
    monkeypatch.setattr(session, "find_model", lambda *_: NamedModel([SQL]))
    monkeypatch.setattr(session, "IPythonNotebook", lambda *_, **__: SimpleNamespace(read=_nothing))
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    return bench


def _nothing() -> Any:  # noqa: ANN401
    from streamlink_magic.records import NotebookSnapshot

    return NotebookSnapshot()


def settings_for(sink: AuditRules) -> Settings:
    return Settings(memory_path="", samples=0, retries=0, sample_values=False, audit=(sink,))


def ask(settings: Settings, *, run: bool = True) -> Any:  # noqa: ANN401
    asks = AskSession(SimpleNamespace(user_ns={}))
    return asks.ask(AskRequest(Question(QUESTION), run=run), settings)


def lines_of(audit: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in audit.read_text("utf-8").splitlines()]


def test_a_question_has_a_line_before_each_thing_and_one_after(
    audit: Path, workbench: FakeWorkbench
) -> None:
    """Who, when, which model and tables, what the guard said, and how much came of it."""
    ask(settings_for(AuditRules(str(audit))))
    lines = lines_of(audit)
    assert [line["event"] for line in lines] == ["asked", "run", "ran", "answered"]
    assert len({line["id"] for line in lines}) == 1
    assert {line["user"] for line in lines} == {"ada"}
    assert all(line["time"].endswith("+00:00") for line in lines)
    last = lines[-1]
    assert (last["model"], last["allowed"], last["rule"], last["rows"]) == ("fake", True, "ok", 2)
    assert lines[2]["rows"] == 2
    assert {"prompt_tokens", "completion_tokens", "seconds", "phases", "tables"} <= last.keys()
    assert workbench.ran == [SQL]


def test_no_line_holds_a_row(audit: Path, workbench: FakeWorkbench) -> None:  # noqa: ARG001
    """Neither hashed nor in clear is a value of the result written down."""
    ask(settings_for(AuditRules(str(audit), clear=True)))
    ask(settings_for(AuditRules(str(audit))))
    assert VALUE not in audit.read_text("utf-8")


def test_question_and_sql_are_digests_unless_the_policy_says_clear(
    audit: Path,
    workbench: FakeWorkbench,  # noqa: ARG001
) -> None:
    """The same words give the same digest, so that lines can be matched without being read."""
    ask(settings_for(AuditRules(str(audit))))
    hashed = audit.read_text("utf-8")
    assert "Anna" not in hashed
    assert lines_of(audit)[0]["question"] == digest(QUESTION, "")
    assert lines_of(audit)[1]["sql"] == digest(SQL, "")
    audit.unlink()
    ask(settings_for(AuditRules(str(audit), key="pepper")))
    assert lines_of(audit)[0]["question"] == digest(QUESTION, "pepper")
    assert lines_of(audit)[0]["question"].startswith("hmac-sha256:")
    audit.unlink()
    ask(settings_for(AuditRules(str(audit), clear=True)))
    assert lines_of(audit)[0]["question"] == QUESTION
    assert lines_of(audit)[-1]["sql"] == SQL


def test_a_refusal_is_written_with_its_rule(
    audit: Path, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stopped matters most to somebody who reads an audit."""

    def refuse(_sql: str) -> None:
        raise UnsafeSqlError(replace(_verdict(), rule="not-a-query", why=f"Because of {VALUE}."))

    monkeypatch.setattr(workbench, "parse", refuse)
    with pytest.raises(StreamlinkError):
        ask(settings_for(AuditRules(str(audit), clear=True)))
    last = lines_of(audit)[-1]
    assert (last["event"], last["allowed"], last["rule"]) == ("refused", False, "not-a-query")
    assert VALUE not in audit.read_text("utf-8")
    assert workbench.ran == []


def _verdict() -> Any:  # noqa: ANN401
    from streamlink_magic.records import Verdict

    return Verdict(allowed=False, rule="")


@pytest.mark.parametrize(
    ("raised", "event"),
    [
        (ExecutionError(f"Spark cannot cast {VALUE}."), "failed"),
        (KeyboardInterrupt(), "stopped"),
        (RuntimeError(VALUE), "failed"),
    ],
)
def test_a_failure_is_written_by_its_kind(
    audit: Path,
    workbench: FakeWorkbench,
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    event: str,
) -> None:
    """Its words are not: Spark quotes the value that it stumbled over."""

    def fail(query: Any, **_: object) -> None:  # noqa: ANN401
        assert workbench.witness
        with workbench.witness.running(query):
            raise raised

    monkeypatch.setattr(workbench, "run", fail)
    with pytest.raises(type(raised)):
        ask(settings_for(AuditRules(str(audit), clear=True)))
    lines = lines_of(audit)
    assert [line["event"] for line in lines] == ["asked", "run", "ran", event]
    assert lines[2]["error"] == lines[3]["error"] == type(raised).__name__
    assert VALUE not in audit.read_text("utf-8")


def test_an_answer_run_on_the_users_word_is_written(audit: Path, workbench: FakeWorkbench) -> None:
    """And so is the DataFrame that is handed out: from there on it is the user's."""
    answer = ask(settings_for(AuditRules(str(audit))), run=False)
    assert [line["event"] for line in lines_of(audit)] == ["asked", "answered"]
    answer.run()
    _ = answer.df
    events = [line["event"] for line in lines_of(audit)[2:]]
    assert events == ["approved", "run", "ran", "answered", "dataframe"]
    assert workbench.ran == [SQL]


UNWRITABLE = ["folder", "missing/audit.jsonl", "pipe", "link", "file/audit.jsonl"]


@pytest.fixture
def unwritable(tmp_path: Path) -> Callable[[str], AuditRules]:
    """Return what names a place where no audit can be written."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    return lambda name: AuditRules(str(tmp_path / name))


@pytest.mark.parametrize("name", UNWRITABLE)
def test_nothing_runs_when_the_audit_that_is_required_cannot_be_written(
    workbench: FakeWorkbench,
    unwritable: Callable[[str], AuditRules],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Not even the model is asked."""
    model = NamedModel([SQL])
    monkeypatch.setattr(session, "find_model", lambda *_: model)
    with pytest.raises(AuditError, match="cannot be written"):
        ask(settings_for(unwritable(name)))
    assert workbench.ran == []
    assert model.sent == []


def test_a_query_does_not_run_when_its_line_cannot_be_written(
    audit: Path, workbench: FakeWorkbench
) -> None:
    """The file was there when the question came and is gone when its SQL should run."""
    answer = ask(settings_for(AuditRules(str(audit))), run=False)
    audit.unlink()
    audit.mkdir()
    with pytest.raises(AuditError):
        answer.run()
    with pytest.raises(AuditError):
        _ = answer.df
    assert workbench.ran == []


def test_an_audit_that_is_not_required_is_missed_aloud(
    workbench: FakeWorkbench, unwritable: Callable[[str], AuditRules]
) -> None:
    """The answer comes, and says that it was not recorded."""
    answer = ask(settings_for(replace(unwritable("folder"), required=False)))
    assert any("Not recorded" in check.text for check in answer.checks)
    assert workbench.ran == [SQL]


def test_looks_at_tables_are_written_too(audit: Path, workbench: FakeWorkbench) -> None:
    """A command that reads values leaves the same two lines as a question's query."""
    asks = AskSession(SimpleNamespace(user_ns={}))
    bench = asks.workbench(settings_for(AuditRules(str(audit))))
    query = guard_sql("SELECT 1", bench, Settings().policy)
    bench.run(query, row_limit=1, timeout_s=1, progress=lambda *_: None)
    assert [line["event"] for line in lines_of(audit)] == ["run", "ran"]
    assert workbench.ran == ["SELECT 1"]


WRITER = """
import sys
from streamlink_magic.auditing.journal import append_line
for number in range(int(sys.argv[2])):
    filler = "x" * (number * 20)
    append_line(sys.argv[1], {"who": sys.argv[3], "number": number, "filler": filler})
"""


def test_many_kernels_append_without_tearing_a_line(audit: Path) -> None:
    """Six processes at once, lines of up to 6,000 characters: each arrives whole, in its order."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(audit), "300", name])
        for name in "abcdef"
    ]
    assert [one.wait(120) for one in writers] == [0] * 6
    lines = lines_of(audit)
    assert len(lines) == 1800
    for name in "abcdef":
        assert [one["number"] for one in lines if one["who"] == name] == list(range(300))


def test_a_line_that_was_cut_is_a_failure(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk takes a part of a line; that is not a record."""
    monkeypatch.setattr(os, "write", lambda _handle, line: len(line) - 1)
    with pytest.raises(AuditError, match="only a part"):
        append_line(str(audit), {"event": "asked"})


def test_a_new_file_is_for_its_owners_eyes(audit: Path) -> None:
    """What users asked is nobody else's business; an admin may widen it."""
    append_line(str(audit), {"event": "asked"})
    assert audit.stat().st_mode & 0o777 == 0o600


def test_without_a_sink_an_account_does_nothing() -> None:
    """Notebooks without a policy pay nothing and leave no trace."""
    account = Account((), user="ada", question=QUESTION)
    model = FakeModel()
    assert account.metered(model) is model
    with account.recording("asked"), nullcontext():
        account.write("anything")
    assert account.problems == []


class WordyModel(FakeModel):
    """Says of each draft that it took two tokens to read and seven to write."""

    def sample(self, *args: Any, **options: Any) -> tuple[Completion, ...]:  # noqa: ANN401
        """Return the drafts with their tokens."""
        drawn = super().sample(*args, **options)
        return tuple(replace(one, prompt_tokens=2, completion_tokens=7) for one in drawn)


def test_drafts_drawn_in_several_threads_are_all_counted() -> None:
    """The two forms of a prompt are drawn over at once, and no token may be lost."""
    model = MeteredModel(WordyModel(samples=["SELECT 1"] * 3))

    def draw(_: int) -> None:
        messages = [Message("user", "How many?")]
        model.sample(messages, count=3, temperature=1.0, max_tokens=9, stopped=Event())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(draw, range(400)))
    assert (model.calls, model.prompt_tokens, model.completion_tokens) == (400, 2_400, 8_400)
