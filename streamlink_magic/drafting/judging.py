"""Guard each draft of a question, and run those that differ, none of them twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.drafting.mending import guard_or_mend
from streamlink_magic.errors import ExecutionError, NoSqlError, StreamlinkError
from streamlink_magic.steps.repair import missing_values
from streamlink_magic.steps.vote import Candidate, weight_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamlink_magic.drafting.desk import Desk
    from streamlink_magic.records import QueryResult, SqlDraft
    from streamlink_magic.steps.generate import Drafts


class Judge:
    """Looks at the drafts of one question; what it has seen it does not look at again.

    Attributes
    ----------
    failure
        Why the first of the drafts that cannot be used cannot be; None as long as all can.
    """

    def __init__(self, desk: Desk) -> None:
        self.failure: StreamlinkError | None = None
        self._desk = desk
        self._seen: dict[str, Candidate | None] = {}
        self._results: dict[str, QueryResult | None] = {}

    def candidates(self, drafts: Drafts) -> tuple[Candidate, ...]:
        """Return the drafts that pass, with what they return where they differ.

        Those that repeat the query before are left out where another one changes it.
        """
        first = () if isinstance(drafts.first, NoSqlError) else (drafts.first,)
        passed = [
            replace(found, greedy=draft.first_choice)
            for draft in (*first, *drafts.others)
            if (found := self._look(draft)) is not None
        ]
        return self._compared(self._changed(passed))

    def _look(self, draft: SqlDraft) -> Candidate | None:
        if draft.sql not in self._seen:
            try:
                self._seen[draft.sql] = _candidate(draft, self._desk)
            except StreamlinkError as error:
                self._seen[draft.sql] = None
                self.failure = self.failure or error
        return self._seen[draft.sql]

    def _changed(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return those that are not the query before, as long as there is one."""
        changed = [one for one in candidates if not repeats(one.draft.sql, self._desk)]
        return changed or candidates

    def _compared(self, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
        plans = dict.fromkeys(one.plan for one in candidates)
        if len(plans) < 2 or not self._desk.run:  # noqa: PLR2004  one plan needs no comparison
            return tuple(candidates)
        self._run(_one_of_each_plan(candidates), len(plans))
        return tuple(
            replace(one, result=result)
            for one in candidates
            if (result := self._results[one.plan]) is not None
        )

    def _run(self, candidates: Iterable[Candidate], readings: int) -> None:
        for one in candidates:
            if one.plan not in self._results:
                self._desk.progress("Spark", f"{readings} readings")
                self._results[one.plan] = self._first_rows(one)

    def _first_rows(self, one: Candidate) -> QueryResult | None:
        settings = self._desk.settings
        try:
            return self._desk.workbench.run(
                one.query,
                row_limit=settings.rows,
                timeout_s=min(settings.run_timeout_s, settings.vote_timeout_s),
                progress=self._desk.progress,
                byte_limit=settings.byte_limit,
            )
        except ExecutionError as error:
            error.sql = error.sql or one.draft.sql
            self.failure = self.failure or error
            return None


def repeats(sql: str, desk: Desk) -> bool:
    """Return whether a statement is the one that a follow-up was to change."""
    return _squeezed(sql) == _squeezed(desk.before)


def _squeezed(sql: str) -> str:
    return " ".join(sql.split()).casefold()


def _candidate(draft: SqlDraft, desk: Desk) -> Candidate:
    mended, query = guard_or_mend(draft, desk.known, desk.workbench, desk.settings)
    absent = missing_values(mended.sql, desk.known)
    return Candidate(mended, query, desk.workbench.meaning(query), absent=absent)


def _one_of_each_plan(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
    """Return one for each plan: the one that may become the answer.

    Equal plans may call their columns differently.
    """
    stands: dict[str, Candidate] = {}
    for each in sorted(candidates, key=weight_of, reverse=True):
        stands.setdefault(each.plan, each)
    return stands.values()
