"""The account of one question: what is written of it before, while and after it runs."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streamlink_magic.auditing.journal import append_line
from streamlink_magic.auditing.lines import (
    answer_words,
    failure_words,
    run_words,
    shown_address,
    stamp,
    written_for,
)
from streamlink_magic.auditing.metered import MeteredModel
from streamlink_magic.errors import AuditError, GuardError
from streamlink_magic.memory.keeping import who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streamlink_magic.protocols import ChatModel, Clock
    from streamlink_magic.records import AnswerView, GuardedQuery, QueryResult
    from streamlink_magic.settings import AuditRules, Settings


class Account:
    """Writes one question's lines into every sink; without a sink it does nothing.

    It is a ``Witness``: the workbench tells it of each query before it runs and after.

    Parameters
    ----------
    sinks
        Where lines go.
    user
        Who asks.
    question
        What is asked; empty for a look at tables that nobody asked a question about.
    server
        The model server's address; empty is the local one.

    Attributes
    ----------
    problems
        Why a line is missing from a sink that is not required.
    """

    def __init__(
        self,
        sinks: Sequence[AuditRules],
        *,
        user: str,
        question: str = "",
        server: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        self._sinks = tuple(sinks)
        self._user = user
        self._asked = {"question": question, "server": server or "local"}
        self._clock = clock
        self._number = uuid.uuid4().hex
        self._view: AnswerView | None = None
        self._meter: MeteredModel | None = None
        self.problems: list[str] = []

    @classmethod
    def of(cls, settings: Settings, question: str = "") -> Account:
        """Return the account that the settings want of a question."""
        server = shown_address(settings.base_url) if settings.base_url else ""
        return cls(settings.audit, user=who(), question=question, server=server)

    def metered(self, model: ChatModel) -> ChatModel:
        """Return the model with its tokens counted for the account."""
        if not self._sinks:
            return model
        self._meter = MeteredModel(model)
        return self._meter

    def answered(self, view: AnswerView) -> None:
        """Take note of the answer that the last line tells of."""
        self._view = view

    @contextmanager
    def recording(self, event: str, **words: object) -> Iterator[None]:
        """Write a line before the block and one after it, whatever becomes of it.

        Parameters
        ----------
        event
            What is about to happen: ``asked``, ``approved`` …

        Raises
        ------
        AuditError
            When a sink that is required takes no line; before the block nothing has run then.
        """
        self.write(event, **self._asked, **words)
        began, before = self._clock(), self._tokens()
        try:
            yield
        except AuditError:
            raise  # there is nowhere to write it
        except BaseException as error:
            self._end(_outcome(error), began, before, **failure_words(error))
            raise
        said = answer_words(self._view) if self._view else {}
        self._end("answered", began, before, **said)

    @contextmanager
    def running(self, query: GuardedQuery) -> Iterator[Callable[[QueryResult], None]]:
        """Write a line before a query runs and one after; the block hands its result over.

        Raises
        ------
        AuditError
            As ``recording``.
        """
        self.write("run", **run_words(query))
        began, results = self._clock(), list[Any]()
        try:
            yield results.append
        except BaseException as error:
            self._after_run(began, error=type(error).__name__)
            raise
        self._after_run(began, rows=sum(len(one.rows) for one in results))

    def handing_out(self, query: GuardedQuery) -> None:
        """Write that the user gets a query as a DataFrame, to run it as they like.

        Raises
        ------
        AuditError
            As ``recording``.
        """
        self.write("dataframe", **run_words(query))

    def write(self, event: str, **words: object) -> None:
        """Write one line.

        Raises
        ------
        AuditError
            When a sink that is required does not take it.
        """
        for sink in self._sinks:
            record = {**stamp(event, self._number, self._user), **words}
            try:
                append_line(sink.path, written_for(sink, record))
            except AuditError as error:
                if sink.required:
                    raise
                self.problems.append(error.message)

    def _after_run(self, began: float, **words: object) -> None:
        self.write("ran", seconds=self._since(began), **words)

    def _end(self, event: str, began: float, before: tuple[int, int], **words: object) -> None:
        read, wrote = self._tokens()
        tokens = {"prompt_tokens": read - before[0], "completion_tokens": wrote - before[1]}
        self.write(event, **words, **tokens, seconds=self._since(began))

    def _tokens(self) -> tuple[int, int]:
        meter = self._meter
        return (meter.prompt_tokens, meter.completion_tokens) if meter else (0, 0)

    def _since(self, began: float) -> float:
        return round(self._clock() - began, 3)


def _outcome(error: BaseException) -> str:
    if isinstance(error, GuardError):
        return "refused"
    return "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
