"""How fast the guard is: statements a second, and times by kind of statement, cold and warm."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import StreamlinkError
from streamlink_magic.guard import statement_checker

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from streamlink_magic.policy import Policy
    from streamlink_magic.records import Verdict

_ALL = "all"
_P95 = 0.95


@dataclass(frozen=True, slots=True)
class Timed:
    """One check: what kind of statement, how long in seconds, and whether it was allowed."""

    kind: str
    seconds: float
    allowed: bool


def measure_guard(
    path: str | os.PathLike[str], *, session: object, policy: Policy, rounds: int = 2
) -> str:
    """Check the statements of a file again and again, and return a table of the times.

    Every round truly checks; what asking again costs, where nothing has changed, is told apart.

    Parameters
    ----------
    path
        Lines of JSON with ``sql`` and maybe ``class``, the kind, and ``db``, where names are
        looked up.
    rounds
        How often. The first round is the cold one; of the others the fastest time of each
        statement counts as warm.

    Raises
    ------
    StreamlinkError
        When the file holds no statement.
    SessionError
        When ``session`` is no live SparkSession.
    """
    records = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line]
    if not records:
        raise StreamlinkError(f"{path} holds no statement.", 'Write {"sql": "SELECT 1"} a line.')
    checkers = _checkers(records, session, recalling=False)
    passes = [
        [_timed(record, checkers[_database(record)], policy) for record in records]
        for _ in range(max(2, rounds))
    ]
    cold, *later = passes
    warm = [min(tries, key=lambda one: one.seconds) for tries in zip(*later, strict=True)]
    again = _asked_again(records, session, policy)
    return "\n".join([*_table("cold", cold), "", *_table("warm", warm), "", again])


def _checkers(
    records: Sequence[Mapping[str, object]], session: object, *, recalling: bool
) -> dict[str, Callable[[str, Policy], Verdict]]:
    return {
        database: statement_checker(session, database, recalling=recalling)
        for database in {_database(record) for record in records}
    }


def _asked_again(records: Sequence[Mapping[str, object]], session: object, policy: Policy) -> str:
    """Return how long ``check_sql`` takes for what it was just asked: no check, so no round."""
    checkers = _checkers(records, session, recalling=True)
    seconds = []
    for record in records:
        check = checkers[_database(record)]
        check(str(record["sql"]), policy)
        seconds.append(_timed(record, check, policy).seconds)
    return f"asked again at once: {statistics.median(seconds) * 1000:.1f} ms at the median"


def _database(record: Mapping[str, object]) -> str:
    return str(record.get("db") or "")


def _timed(
    record: Mapping[str, object], check: Callable[[str, Policy], Verdict], policy: Policy
) -> Timed:
    started = time.perf_counter()
    verdict = check(str(record["sql"]), policy)
    seconds = time.perf_counter() - started
    return Timed(str(record.get("class") or "statement"), seconds, verdict.allowed)


def _table(title: str, times: Sequence[Timed]) -> Iterable[str]:
    yield f"{title:<22}{'checked':>9}{'allowed':>9}{'a second':>10}{'median ms':>11}{'p95 ms':>9}"
    kinds = sorted({one.kind for one in times})
    for kind in [*kinds, _ALL]:
        chosen = [one for one in times if kind in {one.kind, _ALL}]
        seconds = sorted(one.seconds for one in chosen)
        late = seconds[min(len(seconds) - 1, int(_P95 * len(seconds)))]
        yield (
            f"{kind:<22}{len(chosen):>9}{sum(one.allowed for one in chosen):>9}"
            f"{len(seconds) / sum(seconds):>10.1f}{statistics.median(seconds) * 1000:>11.1f}"
            f"{late * 1000:>9.1f}"
        )
