"""Checking SQL without asking a model: ``check_sql`` for one statement, ``guard_file`` for many."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.adapters.spark.analyzer import ClassicAnalyzer
from streamlink_magic.adapters.spark.connect import ConnectAnalyzer
from streamlink_magic.adapters.spark.recognize import is_connect, is_session, is_stopped
from streamlink_magic.adapters.spark.several import in_threads
from streamlink_magic.errors import GuardError, SessionError, StreamlinkError
from streamlink_magic.governance import under_rules
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_sql, guard_unproven
from streamlink_magic.steps.guard.agreement import with_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlink_magic.protocols import Progress
    from streamlink_magic.records import Verdict

__all__ = ["check_sql", "guard_file", "statement_checker"]

_Checker = Callable[[str, Policy], "Verdict"]

# A table that is made anew in another form may be taken for its old self so long, by a check that
# runs nothing. What is run is always checked afresh.
_LASTING_S = 5.0
_MAX_THREADS = 4
_MAX_KEPT = 1_000


def check_sql(sql: str, *, session: object, policy: Policy | None = None) -> Verdict:
    """Say whether a statement only reads what the policy opens, running nothing.

    A statement that was checked a moment ago is not checked again, as long as nothing happened
    in the Spark application since and the session's settings, views and functions are the same.

    Parameters
    ----------
    sql
        One statement.
    session
        A live SparkSession. On Spark Connect the parser runs beside it, which needs a Java and
        PySpark's jars; without them nothing can be proven, so nothing is allowed there.
    policy
        What may be read; by default everything in the current database and the temporary views.
        A hub's policy file tightens it.

    Returns
    -------
    Verdict
        Whether it may run, and if not, the rule, the clause and why. An allowed statement in
        which sqlglot sees other tables than Spark carries a warning.

    Raises
    ------
    SessionError
        When ``session`` is no SparkSession, or a stopped one.
    PolicyFileError
        When there is a policy file that cannot be used.

    Examples
    --------
    >>> check_sql("DROP TABLE orders", session=spark)  # doctest: +SKIP
    Verdict(allowed=False, rule='not-a-query', clause='DROP', why='Only a query may run: ...')
    """
    _require_live(session)
    policy = under_rules(policy or Policy())
    recalls = not is_connect(session)
    check = _own_checker(session, threading.get_ident()) if recalls else statement_checker(session)
    return with_warnings(check(sql, policy), sql)


def guard_file(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    session: object,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> None:
    """Check a file of statements and write a verdict for each.

    Parameters
    ----------
    path
        Lines of JSON with ``id``, ``sql`` and, optionally, ``db``: the database in which names
        are looked up. The session's own current database stays as it is.
    out
        Lines with ``id``, ``verdict`` (``allow`` or ``refuse``), ``rule``, ``clause`` and
        ``why``; written whole or not at all.

    Raises
    ------
    StreamlinkError
        When a line is not such an object; the message names it.
    SessionError
        When ``session`` is no SparkSession, or a stopped one.
    """
    _require_live(session)
    policy = under_rules(policy or Policy())
    statements = list(_statements(Path(path)))
    lines: list[str] = []
    for line in _checked(statements, session, policy):
        lines.append(line)
        if progress is not None:
            progress("guard", f"{len(lines)} of {len(statements)}")
    _write_whole(Path(out), "".join(lines))


def _checked(
    statements: Sequence[Mapping[str, str]], session: object, policy: Policy
) -> Iterator[str]:
    """Yield the lines of the verdicts, in the order of the statements."""
    checkers: dict[tuple[str, int], _Checker] = {}

    def check(statement: Mapping[str, str]) -> str:
        key = statement["db"], threading.get_ident()
        if key not in checkers:
            checkers[key] = statement_checker(session, statement["db"])
        return _line(statement["id"], checkers[key](statement["sql"], policy))

    threads = min(_MAX_THREADS, os.cpu_count() or 1, len(statements))
    if threads > 1 and not is_connect(session):
        # Spark analyses one statement while the tree of another is read here.
        yield from in_threads(session, check, statements, threads=threads)
    else:
        yield from map(check, statements)


def _require_live(session: object) -> None:
    if not is_session(session):
        raise SessionError(
            f"A SparkSession was expected, not a {type(session).__name__}.",
            "Pass the notebook's own: check_sql(sql, session=spark)",
        )
    if is_stopped(session):
        raise SessionError(
            "The Spark session was stopped.",
            "Start a new one: spark = SparkSession.builder.getOrCreate()",
        )


class _RecallingChecker:
    """Checks statements, but none again while nothing has changed since it was checked."""

    def __init__(self, analyzer: ClassicAnalyzer) -> None:
        self._analyzer = analyzer
        self._version: tuple[object, ...] = ()
        self._verdicts: dict[tuple[str, Policy], Verdict] = {}

    def __call__(self, sql: str, policy: Policy) -> Verdict:
        # Taken before the check: what changes during it makes the next look-up miss.
        version = self._analyzer.version
        if version != self._version or len(self._verdicts) >= _MAX_KEPT:
            self._version, self._verdicts = version, {}
        key = sql, policy
        if key not in self._verdicts:
            self._verdicts[key] = _verdict(self._analyzer, sql, policy)
        return self._verdicts[key]


@lru_cache(maxsize=16)
def _own_checker(session: object, _thread: int) -> _Checker:
    """Return the checker of a thread: one that served two would mix up their statements."""
    return statement_checker(session, recalling=True)


def statement_checker(session: object, database: str = "", *, recalling: bool = False) -> _Checker:
    """Return what checks one statement after another, given the SQL and a ``policy``.

    It serves one thread at a time.

    Parameters
    ----------
    database
        Where unqualified names are looked up; empty means the session's current database.
    recalling
        Whether a statement that was just checked is answered from memory, on a classic session
        in which nothing has happened since.

    Raises
    ------
    SessionError
        When ``session`` is no SparkSession, or a stopped one.
    """
    _require_live(session)
    if not is_connect(session):
        classic = ClassicAnalyzer(session, database, lasting_s=_LASTING_S)
        return _RecallingChecker(classic) if recalling else partial(_verdict, classic)
    analyzer = ConnectAnalyzer(session, database)
    try:
        analyzer.ready()
    except SessionError as error:
        why = str(error)
        return lambda sql, policy: guard_unproven(sql, policy, why)
    return partial(_verdict, analyzer)


def _verdict(analyzer: ClassicAnalyzer | ConnectAnalyzer, sql: str, policy: Policy) -> Verdict:
    try:
        return guard_sql(sql, analyzer, policy).verdict
    except GuardError as refused:
        return refused.verdict


def _statements(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _statement(line, f"{path}, line {number}")


def _statement(line: str, where: str) -> dict[str, str]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise StreamlinkError(
            f"{where} is not JSON: {error}", "Put one object on each line."
        ) from None
    if not isinstance(record, dict) or not isinstance(record.get("sql"), str) or "id" not in record:
        raise StreamlinkError(f"{where} lacks id or sql.", 'Write {"id": "q1", "sql": "SELECT 1"}.')
    return {"id": str(record["id"]), "sql": record["sql"], "db": str(record.get("db") or "")}


def _line(name: str, verdict: Verdict) -> str:
    record = {
        "id": name,
        "verdict": "allow" if verdict.allowed else "refuse",
        "rule": verdict.rule,
        "clause": verdict.clause,
        "why": verdict.why,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write_whole(out: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(out)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
