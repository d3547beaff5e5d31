"""The result object: what ``%%ask`` returns, as useful as what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlink_magic.errors import ExecutionError
from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.records import AnswerView, Check, GuardedQuery, QueryResult, SentPart
from streamlink_magic.steps.render import how, mimebundle, render_text

Entry = Callable[[AnswerView], Any]
Keeper = Callable[[AnswerView], KeptAnswer]
Runner = Callable[["Answer"], tuple[AnswerView, GuardedQuery]]


class Answer:
    """An answered question.

    Parameters
    ----------
    view
        What is shown.
    query
        The guarded query; None until it may run.
    dataframe
        Makes the lazy Spark DataFrame of a guarded query.
    runner
        Runs the SQL of an answer that was not run yet.
    keeper
        Writes the answer into the project's memory.
    entry
        Returns what a notebook keeps to replay the answer: data and metadata of an output.

    Examples
    --------
    >>> answer = %ask How many flights left from each airport?   # doctest: +SKIP
    >>> answer.df.where("flights > 100000")                      # doctest: +SKIP
    """

    def __init__(
        self,
        view: AnswerView,
        query: GuardedQuery | None,
        *,
        dataframe: Callable[[GuardedQuery], object],
        runner: Runner,
        keeper: Keeper,
        entry: Entry | None = None,
    ) -> None:
        self.view = view
        self._query = query
        self._dataframe = dataframe
        self._runner = runner
        self._keeper = keeper
        self._entry = entry
        self._already_shown = False

    @property
    def question(self) -> str:
        """The question as it was asked."""
        return self.view.question

    @property
    def sql(self) -> str:
        """The Spark SQL that the guard checked."""
        return self.view.sql

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the checked plan reads."""
        return self.view.verdict.tables

    @property
    def checks(self) -> tuple[Check, ...]:
        """What was noticed about the answer."""
        return self.view.checks

    @property
    def sent(self) -> tuple[SentPart, ...]:
        """Every byte of the prompt that left the kernel, by class."""
        return self.view.sent

    @property
    def df(self) -> Any:  # noqa: ANN401
        """The whole result as a lazy Spark DataFrame over the plan that was checked.

        Raises
        ------
        ExecutionError
            When the SQL has not been allowed to run yet.
        """
        if self._query is None:
            raise ExecutionError(
                "This answer's SQL has not run.", "Read it, then run it on your word: answer.run()"
            )
        return self._dataframe(self._query)

    @property
    def result(self) -> QueryResult:
        """The rows that are shown.

        Raises
        ------
        ExecutionError
            When the SQL has not run.
        """
        if self.view.result is None:
            raise ExecutionError("This answer's SQL has not run.", "Run it: answer.run()")
        return self.view.result

    def pandas(self) -> Any:  # noqa: ANN401
        """Return the rows shown as a pandas DataFrame; ``answer.df.toPandas()`` has all rows."""
        table: Any = self.result.arrow
        return table.to_pandas()

    def explain(self) -> str:
        """Return in words how the answer came about."""
        return "\n".join((self.view.explanation.headline, *how(self.view)))

    def run(self) -> Answer:
        """Run the SQL of an answer that was only shown, through the guard as ever.

        On Spark Connect, where the guard has no proof, this is the user's own word for it.

        Raises
        ------
        GuardError
            When the statement breaks a rule even so.
        ExecutionError
            When Spark fails.
        """
        self.view, self._query = self._runner(self)
        return self

    def keep(self) -> KeptAnswer:
        """Confirm that the answer is right, so that it is an example for questions like it.

        Question and SQL go into the project's memory file, with your name and the day; no row
        does. ``%streamlink forget ID`` takes it out again.

        Raises
        ------
        MemoryFileError
            When the SQL was never allowed to run, or the file cannot be written.
        """
        return self._keeper(self.view)

    def shown(self, *, here: bool = True) -> None:
        """Note whether a display of this cell holds the answer, so that its value is silent."""
        self._already_shown = here

    def __repr__(self) -> str:
        return render_text(self.view)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        if self._entry is None:
            return dict(mimebundle(self.view)), {}
        kept = self._entry(self.view)
        return {**mimebundle(self.view), **kept.data}, dict(kept.metadata)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self._already_shown:
            self._already_shown = False
            return
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
