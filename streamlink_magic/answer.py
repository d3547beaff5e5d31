"""The result object: what ``%%ask`` returns, as useful as what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlink_magic.chart import Chart
from streamlink_magic.errors import ChartError, ExecutionError
from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.reading import Items, Table, Words, arrange
from streamlink_magic.records import (
    AnswerView,
    ChartSpec,
    Check,
    GuardedQuery,
    QueryResult,
    SentPart,
)
from streamlink_magic.steps.chart import KINDS, make_chart
from streamlink_magic.steps.render import (
    checks_listing,
    how,
    how_html,
    mimebundle,
    render_markdown,
    render_text,
    sent_listing,
)

Drawer = Callable[[ChartSpec], str]
Entry = Callable[[AnswerView], Any]
Keeper = Callable[[AnswerView], KeptAnswer]
Runner = Callable[["Answer", str], tuple[AnswerView, GuardedQuery]]
Suggester = Callable[[AnswerView], tuple[str, ...]]


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
        Runs the SQL of an answer that was not run yet, or other SQL in its place.
    keeper
        Writes the answer into the project's memory.
    drawer
        Draws a chart as a picture; None where charts are off.
    entry
        Returns what a notebook keeps to replay the answer: data and metadata of an output.
    suggester
        Makes questions that could come next.

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
        drawer: Drawer | None = None,
        entry: Entry | None = None,
        suggester: Suggester = lambda _: (),
    ) -> None:
        self.view = view
        self._query = query
        self._dataframe = dataframe
        self._runner = runner
        self._keeper = keeper
        self._drawer = drawer
        self._drawn: tuple[ChartSpec, str, str] | None = None
        self._entry = entry
        self._suggester = suggester
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
    def checks(self) -> Items[Check]:
        """What was noticed about the answer."""
        return Items(self.view.checks, checks_listing(self.view))

    @property
    def sent(self) -> Items[SentPart]:
        """Every byte of the prompt that left the kernel, by class."""
        return Items(self.view.sent, sent_listing(self.view))

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

    def chart(self, kind: str = "", *, x: str = "", y: str = "") -> Chart:
        """Return the rows shown as a chart.

        Parameters
        ----------
        kind
            ``bar``, ``line``, ``area`` or ``scatter``. Empty: the one that fits.
        x, y
            The columns that lie along and upwards. Empty: chosen.

        Raises
        ------
        ChartError
            When the rows give no such chart.
        ExecutionError
            When the SQL has not run.
        """
        result = self.result
        if kind or x or y:
            fitting = self.view.chart.kind if self.view.chart else ""
            wanted = kind or (fitting if fitting in KINDS else "bar")
            return Chart(make_chart(result, wanted, x=x, y=y))
        if self.view.chart is None:
            raise ChartError(
                "No chart fits these rows by itself.",
                f"Choose one: answer.chart({KINDS[0]!r}, x=…, y=…); there are {', '.join(KINDS)}.",
            )
        return Chart(self.view.chart)

    def table(self, sort: str = "", *, descending: bool = False, contains: str = "") -> Table:
        """Return the rows shown in another order, or only those that hold a text.

        ``answer.df`` has all rows; these are the ones that were fetched.

        Raises
        ------
        AskUsageError
            When there is no such column.
        ExecutionError
            When the SQL has not run.
        """
        return Table(arrange(self.result, sort=sort, descending=descending, contains=contains))

    def explain(self) -> Words:
        """Return in words how the answer came about."""
        told = (self.view.explanation.headline, *how(self.view, linked=True))
        return Words("\n".join(told), how_html(self.view))

    def markdown(self) -> Words:
        """Return the answer as Markdown, to be pasted into a pull request or a wiki."""
        return Words(render_markdown(self.view))

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
        self.view, self._query = self._runner(self, "")
        return self

    def edit(self, sql: str) -> Answer:
        """Run SQL of your own in the place of this answer's, through the guard as ever.

        Raises
        ------
        GuardError
            When it breaks a rule, or Spark cannot use it; the answer stays as it was.
        ExecutionError
            When Spark fails.
        """
        before = self.view
        self.view, self._query = self._runner(self, sql)
        if self._entry is not None:  # the question still comes to what was recorded for it
            kept = self._entry(before)
            self._entry = lambda _: kept
        return self

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Questions that could come next and that the catalog can answer; no model made them."""
        return self._suggester(self.view)

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
        shown = dict(mimebundle(self.view, *self._picture()))
        if self._entry is None:
            return shown, {}
        kept = self._entry(self.view)
        return {**shown, **kept.data}, dict(kept.metadata)

    def _picture(self) -> tuple[str, str]:
        """Return the drawn chart, or why there is none; it is drawn once."""
        chart = self.view.chart
        if chart is None or chart.kind == "figure" or self._drawer is None:
            return "", ""
        if self._drawn is None or self._drawn[0] is not chart:
            self._drawn = (chart, *_drawn(self._drawer, chart))
        return self._drawn[1:]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self._already_shown:
            self._already_shown = False
            return
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


def _drawn(drawer: Drawer, chart: ChartSpec) -> tuple[str, str]:
    try:
        return drawer(chart), ""
    except ChartError as error:
        return "", f"A {chart.kind} chart fits these rows. {error}"
