"""Answer a question from a model and record it, or from a recording and compare."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic import errors
from streamlink_magic.errors import GuardError, ReplayDriftError, StreamlinkError
from streamlink_magic.memory.keeping import today
from streamlink_magic.pipeline import answer_written, link_question, write_sql
from streamlink_magic.records import Bundle, Check
from streamlink_magic.replay.bundle import Recorded, Recording, pack
from streamlink_magic.replay.choosing import choose, miss
from streamlink_magic.replay.drift import Drift, request_drift, result_drift
from streamlink_magic.replay.entry import Model
from streamlink_magic.replay.making import RECORDED_FAILURES, entry_of, failed_entry, outcome_of
from streamlink_magic.replay.places import Places, Shelf
from streamlink_magic.replay.request import Request, Ruler, describe_request
from streamlink_magic.replay.rewriting import write_recorded
from streamlink_magic.replay.tape import add_to_tape
from streamlink_magic.viewing import view_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.drafting import Written
    from streamlink_magic.pipeline import Ports
    from streamlink_magic.protocols import ChatModel, Progress
    from streamlink_magic.records import (
        AnswerView,
        AskContext,
        GuardedQuery,
        LinkedContext,
        Question,
    )
    from streamlink_magic.settings import Settings

_CHANGED = "Changed since it was recorded"
_ANEW = "Where a model is, record it anew: streamlink record NOTEBOOK.ipynb"


@dataclass(frozen=True, slots=True)
class Asking:
    """A question on its way, and what it may need.

    Attributes
    ----------
    find_model
        Returns the model to ask; called only where one is asked.
    ports
        Returns the world as the steps see it, around a model.
    places, cell
        Where recordings lie, and the id of the cell that runs.
    """

    question: Question
    find_model: Callable[[], ChatModel]
    ports: Callable[[ChatModel], Ports]
    settings: Settings
    progress: Progress
    run: bool = True
    places: Places = field(default_factory=Places)
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """An answer, with what a notebook keeps of it.

    Attributes
    ----------
    ports
        What was asked and read.
    entry
        Returns the output's part for the answer as it stands.
    compared
        Returns a view that has run with a warning for each difference to the recorded result.
    """

    view: AnswerView
    query: GuardedQuery | None
    ports: Ports
    entry: Callable[[AnswerView], Bundle]
    compared: Callable[[AnswerView], AnswerView]


def unrecorded(view: AnswerView, query: GuardedQuery | None, ports: Ports) -> Take:
    """Return an answer of which a notebook keeps nothing to replay: nobody asked its question."""
    return Take(view, query, ports, lambda _: Bundle({}, {}), lambda now: now)


class Deck:
    """Records and replays the answers of one notebook, as its settings say.

    ``record`` always asks the model. ``replay`` never does: what is not recorded is an error.
    ``auto`` replays what would be asked in the same words of the same tables, and asks otherwise.
    """

    def __init__(self) -> None:
        self._shelf = Shelf()
        self._asked: Counter[str] = Counter()

    def ask(self, asking: Asking) -> Take:
        """Answer a question.

        Raises
        ------
        ReplayMissError
            In replay, when nobody recorded an answer.
        ReplayDriftError
            When a recorded answer does not hold here any more.
        StreamlinkError
            What the question comes to otherwise. Its ``bundle`` holds the entry of a failure
            that is recorded.
        """
        mode = asking.settings.replay
        if mode == "record":
            return self._record(asking, asking.ports(asking.find_model()))
        ports = asking.ports(Ruler())
        linked = link_question(asking.question, ports, asking.settings, asking.progress)
        request = _request(linked.context, asking.settings)
        found = self._shelf.find(asking.places, request.key)
        if found:
            recording = self._choose(found, request, asking)
            if mode == "replay" or not tuple(request_drift(recording.entry, request)):
                return self._replay(recording, request, linked, ports, asking)
        if mode == "replay":
            known = self._shelf.all(asking.places)
            where = " ".join((asking.places.told(), *self._shelf.problems))
            raise miss(request, known, where)
        return self._record(asking, asking.ports(asking.find_model()))

    def _choose(self, found: tuple[Recording, ...], request: Request, asking: Asking) -> Recording:
        asked = f"{request.key} {sorted(request.prompt.items())}"
        recording = choose(found, request, cell=asking.cell, asked_before=self._asked[asked])
        self._asked[asked] += 1
        return recording

    def _record(self, asking: Asking, ports: Ports) -> Take:
        settings, progress = asking.settings, asking.progress
        model = Model(ports.model.name, ports.model.digest)
        try:
            written = write_sql(asking.question, ports, settings, progress, run=asking.run)
        except RECORDED_FAILURES as error:
            linked = link_question(asking.question, ports, settings, progress)
            _keep_failure(error, _request(linked.context, settings), model, settings)
            raise
        before = view_written(asking.question, written)
        request = _request(_context_of(written), settings)
        try:
            view, query = _finish(before, written, ports, asking)
        except RECORDED_FAILURES as error:
            _keep_failure(error, request, model, settings)
            raise
        recorded = Recorded(today(), view.tokens)

        def made(now: AnswerView) -> Recording:
            entry = entry_of(now, request, model, settings, checks=len(before.checks))
            return Recording(entry, recorded)

        _to_tape(made(view), settings)
        return Take(view, query, ports, lambda now: _pack(made(now)), lambda now: now)

    def _replay(
        self,
        recording: Recording,
        request: Request,
        linked: LinkedContext,
        ports: Ports,
        asking: Asking,
    ) -> Take:
        asking.progress("guard")
        drift = tuple(request_drift(recording.entry, request))
        _fail_as_recorded(recording, drift)
        try:
            written = write_recorded(recording, linked, ports, asking.settings)
            _require_recorded_verdict(recording, drift, written)
        except GuardError as error:
            raise _still_refused(error, recording, drift) from None
        before = _marked(view_written(asking.question, written), recording, drift)
        view, query = _finish(before, written, ports, asking)
        entry = partial(_replayed_entry, recording, drift)
        compared = partial(_compared, recording)
        return Take(compared(view), query, ports, entry, compared)


def _request(context: AskContext, settings: Settings) -> Request:
    return describe_request(context, budget_tokens=settings.prompt_tokens)


def _context_of(written: Written) -> AskContext:
    if written.context is None:
        raise AssertionError("unreachable: write_sql hands its context on")
    return written.context


def _finish(
    before: AnswerView, written: Written, ports: Ports, asking: Asking
) -> tuple[AnswerView, GuardedQuery | None]:
    return answer_written(before, written, ports, asking.settings, asking.progress, run=asking.run)


def _to_tape(recording: Recording, settings: Settings) -> None:
    if settings.tape:
        add_to_tape(Path(settings.tape), recording)


def _pack(recording: Recording) -> Bundle:
    return pack(recording.entry, recording.recorded)


def _keep_failure(
    error: StreamlinkError, request: Request, model: Model, settings: Settings
) -> None:
    recording = Recording(failed_entry(error, request, model, settings), Recorded(today()))
    _to_tape(recording, settings)
    error.bundle = _pack(recording)


def _fail_as_recorded(recording: Recording, drift: tuple[Drift, ...]) -> None:
    """Raise what was recorded where no SQL was written that could be looked at again."""
    entry = recording.entry
    if entry.failure is None or (entry.sql and entry.failure.error not in _OF_THE_MODEL):
        return
    kind = _OF_THE_MODEL.get(entry.failure.error, errors.ReplayError)
    error = kind(entry.failure.message, _hint(entry.failure.hint, drift))
    error.sql = entry.sql
    raise _with_entry(error, recording, drift)


_OF_THE_MODEL: dict[str, type[StreamlinkError]] = {
    one.__name__: one for one in (errors.UnanswerableError, errors.NoSqlError)
}


def _require_recorded_verdict(
    recording: Recording, drift: tuple[Drift, ...], written: Written
) -> None:
    """Refuse SQL that was refused when it was recorded, though the guard would let it run now."""
    failure = recording.entry.failure
    refused = failure is not None and issubclass(
        getattr(errors, failure.error, StreamlinkError), GuardError
    )
    if not refused or written.query is None:
        return
    more = Drift("verdict", "The guard refused this SQL when it was recorded, and would not now.")
    error = ReplayDriftError(more.text, _hint(_ANEW, drift))
    error.sql = recording.entry.sql
    raise _with_entry(error, recording, (*drift, more))


def _still_refused(
    error: GuardError, recording: Recording, drift: tuple[Drift, ...]
) -> StreamlinkError:
    """Return a refusal as it is where it was recorded so, and as a drift where it is new."""
    failure = recording.entry.failure
    if failure is not None and failure.error == type(error).__name__:
        return _with_entry(error, recording, drift)
    more = Drift("verdict", f"The recorded SQL may not run here any more: {error.message}")
    new = ReplayDriftError(more.text, _hint(_ANEW, drift))
    new.sql = recording.entry.sql
    return _with_entry(new, recording, (*drift, more))


def _hint(hint: str, drift: tuple[Drift, ...]) -> str:
    told = " ".join(one.text for one in drift)
    return f"{_CHANGED}: {told} {hint}".strip() if told else hint


def _with_entry(
    error: StreamlinkError, recording: Recording, drift: tuple[Drift, ...]
) -> StreamlinkError:
    error.bundle = pack(replace(recording.entry, drift=drift), recording.recorded)
    return error


def _marked(view: AnswerView, recording: Recording, drift: tuple[Drift, ...]) -> AnswerView:
    """Return the view of a replayed answer, with its badge, its drift and its recorded checks."""
    entry, recorded = recording.entry, recording.recorded
    day = f" on {recorded.day}" if recorded.day else ""
    recalled = tuple(Check(level, text) for level, text in entry.checks)
    fresh = (check for check in view.checks if check not in recalled)
    return replace(
        view,
        checks=(*_warnings(drift), *recalled, *fresh),
        recorded=f"Recorded{day} with {entry.model.name or 'a model'}. No model was asked now: "
        "the recorded SQL was checked and run again.",
    )


def _warnings(drift: tuple[Drift, ...]) -> tuple[Check, ...]:
    return tuple(Check("warning", f"{_CHANGED}: {one.text}") for one in drift)


def _compared(recording: Recording, view: AnswerView) -> AnswerView:
    """Return the view with a warning for each difference between its result and the recorded."""
    warnings = _warnings(_result_drift(recording, view))
    told = tuple(one for one in warnings if one not in view.checks)
    return replace(view, checks=(*told, *view.checks))


def _result_drift(recording: Recording, view: AnswerView) -> tuple[Drift, ...]:
    now = outcome_of(view.sql, view.result)
    found = tuple(result_drift(recording.entry.result, now))
    if recording.entry.failure is not None and now is not None:
        found = (*found, Drift("verdict", "This SQL failed when it was recorded, and ran now."))
    return found


def _replayed_entry(recording: Recording, drift: tuple[Drift, ...], view: AnswerView) -> Bundle:
    now = (*drift, *_result_drift(recording, view))
    return pack(replace(recording.entry, drift=now), recording.recorded)
