"""One object a shell: it finds Spark and the model, keeps the turns, and asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.drawing import draw_picture
from streamlink_magic.adapters.notebook import IPythonNotebook, cell_id, notebook_path
from streamlink_magic.adapters.spark.catalog import columns_of
from streamlink_magic.adapters.spark.recognize import (
    SWITCH_ON,
    find_session,
    identity,
    is_connect,
    is_dataframe,
    restricted_mode,
)
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.answer import Answer
from streamlink_magic.auditing import Account
from streamlink_magic.beside import next_words, offer_controls, python_cell
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.disclosure import bounds_views, see_tables
from streamlink_magic.editing import run_edited
from streamlink_magic.endpoint import LateModel, find_model
from streamlink_magic.errors import AskUsageError, StreamlinkError
from streamlink_magic.fixing import fix_failure, last_failure
from streamlink_magic.history import AskHistory
from streamlink_magic.memory.keeping import kept_from, today, who
from streamlink_magic.memory.kept import add_kept
from streamlink_magic.memory.recall import memory_file, read_memory
from streamlink_magic.pipeline import Ports, approve_query, run_query, write_sql
from streamlink_magic.records import Check, Question, Turn
from streamlink_magic.replay import Asking, Deck, Places, unrecorded
from streamlink_magic.steps.suggest import suggest_questions
from streamlink_magic.viewing import view_written
from streamlink_magic.warming import WarmUp
from streamlink_magic.watching import Watch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from streamlink_magic.adapters.display import LiveLine
    from streamlink_magic.adapters.vllm import VllmModel
    from streamlink_magic.adapters.widgets import Controls
    from streamlink_magic.drafting import Written
    from streamlink_magic.fixing import Failure
    from streamlink_magic.memory.entries import KeptAnswer
    from streamlink_magic.memory.recall import Memory
    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.records import AnswerView, GuardedQuery
    from streamlink_magic.replay import Take
    from streamlink_magic.settings import Settings

_CHANGES_TABLES = re.compile(
    r"\b(create|drop|alter|replace|insert|rename|use)\b|"
    r"saveAsTable|insertInto|writeTo|TempView|setCurrentDatabase",
    re.IGNORECASE,
)
_TURNS_KEPT = 20


@dataclass(frozen=True, slots=True)
class AskRequest:
    """What was typed: the question and the options before it.

    Attributes
    ----------
    name
        The variable for the lazy DataFrame; empty binds none.
    run
        False shows the SQL and runs nothing.
    fresh
        Whether the earlier questions are forgotten first.
    """

    question: Question
    name: str = ""
    run: bool = True
    fresh: bool = False


class AskSession:
    """What one notebook has asked so far, and the way to ask on.

    Parameters
    ----------
    shell
        The IPython shell; its variables hold the Spark session.
    """

    def __init__(self, shell: Any) -> None:  # noqa: ANN401
        self._shell = shell
        self.cache = CatalogCache()
        self.turns: list[Turn] = []
        self.history = AskHistory()
        self.model_names: tuple[str, ...] = ()
        self._warm = WarmUp(self.cache)
        self._told_unrestricted: set[str] = set()
        self._shown: Answer | None = None
        self._deck = Deck()
        self._last: Answer | None = None
        self._failed: tuple[str, BaseException | None] = ("", None)
        self._controls: Controls | None = None
        self._watch = Watch(shell)

    def ask(self, request: AskRequest, settings: Settings) -> Answer:
        """Answer a question, bind its DataFrame, and remember the turn.

        Nothing is bound or remembered when a step fails.

        Raises
        ------
        StreamlinkError
            One of its subclasses, by the step that failed.
        StoppedByUser
            When the user stopped it; the model call and the Spark job have been cancelled.
        """
        account = Account.of(settings, request.question.text)
        with self._watch.line() as line:
            try:
                with account.recording("asked"):
                    spark = self._spark(settings)
                    workbench = open_workbench(spark, settings.databases, account)
                    asking = self._asking(request, workbench, settings, line, account)
                    take = self._deck.ask(asking)
                    view = replace(self._warned(take.view, spark), times=line.times())
                    account.answered(view)
            except StreamlinkError as error:
                self._show_failure(error, line)
                raise
            take = replace(take, view=_told_of(account, view))
            answer = self._answer(take, settings, account, name=request.name)
            self._remember(request, answer, take.query)
            self._show(answer, line)
        self._offer(answer, line.display_id, settings)
        return answer

    def _asking(
        self,
        request: AskRequest,
        workbench: Workbench,
        settings: Settings,
        line: LiveLine,
        account: Account,
    ) -> Asking:
        def model() -> ChatModel:
            return account.metered(self._find_model(settings, line))

        def ports(model: ChatModel) -> Ports:
            made = self._ports(workbench, model, settings)
            return replace(made, turns=()) if request.fresh else made

        return Asking(
            question=request.question,
            find_model=model,
            ports=ports,
            settings=settings,
            progress=line,
            run=request.run,
            places=Places(settings.notebook or notebook_path(self._shell), settings.tape),
            cell=cell_id(self._shell),
        )

    def _find_model(self, settings: Settings, progress: Progress | None) -> VllmModel:
        model = find_model(settings, progress)
        self.model_names = model.names()
        return model

    def fix(self, wish: str, settings: Settings, name: str = "") -> Answer:
        """Mend the Spark SQL that failed last and run what comes of it, through the guard.

        Parameters
        ----------
        wish
            What the user says of it; empty leaves it at Spark's complaint.

        Raises
        ------
        AskUsageError
            When nothing failed, or what failed is no Spark SQL.
        StreamlinkError
            One of its subclasses, by the step that failed.
        """
        failure = replace(self._failure(), wish=wish)
        account = Account.of(settings, wish)
        with self._watch.line() as line:
            with account.recording("fixing", sql=failure.sql):
                line("context")
                workbench = open_workbench(self._spark(settings), settings.databases, account)
                model = account.metered(LateModel(settings, line))
                ports = self._ports(workbench, model, settings)
                tables = see_tables(workbench, settings, self.cache).tables
                view, query = fix_failure(failure, tables, ports, settings, line)
                view = replace(view, times=line.times())
                account.answered(view)
            take = unrecorded(_told_of(account, view), query, ports)
            answer = self._answer(take, settings, account, name=name)
            self._remember(AskRequest(Question(view.question), name=name), answer, query)
            self._show(answer, line)
        self._offer(answer, line.display_id, settings)
        return answer

    def note_failure(self, source: str, error: BaseException) -> None:
        """Keep the cell that failed last, for ``%ask --fix``."""
        self._failed = (source, error)

    def _failure(self) -> Failure:
        notebook = IPythonNotebook(self._shell, is_dataframe=is_dataframe, columns_of=columns_of)
        return last_failure(*self._failed, notebook.read().cells, self._shell.user_ns)

    @property
    def last(self) -> Answer:
        """The last answer.

        Raises
        ------
        AskUsageError
            When nothing has been asked yet.
        """
        if self._last is None:
            self.history.find()
            raise AskUsageError("The last question was not answered: ask again.")
        return self._last

    def edit_last(self, sql: str, settings: Settings, name: str = "") -> Answer:
        """Run SQL of the user's own in the place of the last answer's, and return that answer.

        Raises
        ------
        AskUsageError
            When nothing has been asked yet.
        StreamlinkError
            As ``Answer.edit`` does.
        """
        answer = self.last.edit(sql)
        if name:
            self._shell.user_ns[name] = answer.df
        # Below this cell is where the user looks now: what could come next stands here, too.
        with self._watch.line() as line:
            self._show(answer, line)
        self._offer(answer, line.display_id, settings)
        return answer

    def insert(self, source: str) -> None:
        """Put a cell below the one that runs; in a terminal it is the next input."""
        self._shell.set_next_input(source)

    def live_line(self) -> AbstractContextManager[LiveLine]:
        """Return a line that shows how far a longer task has come; use it with ``with``."""
        return self._watch.line()

    def cell_of(self, sql: str, settings: Settings) -> str:
        """Return the source of a cell that runs a statement by itself."""
        return python_cell(sql, self._spark_name(settings))

    def write_anew(
        self, question: Question, settings: Settings, progress: Progress, *, without: str
    ) -> Written:
        """Return checked SQL for a question that stands by itself; nothing is remembered.

        Parameters
        ----------
        without
            A kept question that is left out of the memory, so that its answer is not given away.

        Raises
        ------
        StreamlinkError
            One of its subclasses, by the step that failed.
        """
        account = Account.of(settings, question.text)
        with account.recording("asked"):
            model = self._find_model(settings, progress)
            workbench = open_workbench(self._spark(settings), settings.databases, account)
            ports = self._ports(workbench, account.metered(model), settings)
            kept = tuple(one for one in ports.memory.kept if one.question != without)
            ports = replace(ports, turns=(), memory=replace(ports.memory, kept=kept))
            written = write_sql(question, ports, settings, progress)
            account.answered(view_written(question, written))
        return written

    def workbench(self, settings: Settings) -> Workbench:
        """Return the notebook's Spark session through its seams.

        Raises
        ------
        SessionError
            When there is none, or more than one.
        """
        return open_workbench(self._spark(settings), settings.databases, Account.of(settings))

    def heed(self, settings: Settings) -> None:
        """Forget what a policy that is no longer in force let be seen."""
        self.cache.keep_to(settings.policy, bounded=bounds_views(settings.policy))

    def remember(self, settings: Settings) -> Memory:
        """Return what the project's files hold; the catalog heeds what they say of joins.

        Raises
        ------
        MemoryFileError
            When a file as a whole cannot be read.
        """
        memory = read_memory(settings.memory_path, settings.memory_layers)
        if memory.joins != self.cache.corrections:
            self.cache.correct_joins(memory.joins)
        return memory

    def spark_told(self, settings: Settings) -> str:
        """Return in words which Spark session is asked.

        Raises
        ------
        SessionError
            When there is none, or more than one.
        """
        spark: Any = find_session(self._shell.user_ns, settings.session)
        name = self._spark_name(settings)
        kind = "Spark Connect" if is_connect(spark) else "Spark"
        return f"{kind} {spark.version}{f', variable {name}' if name else ''}"

    def _spark_name(self, settings: Settings) -> str:
        spark = find_session(self._shell.user_ns, settings.session)
        held = (name for name, value in self._shell.user_ns.items() if value is spark)
        return next((one for one in held if not one.startswith("_")), "")

    def restriction_told(self, settings: Settings) -> str:
        """Return in words whether Spark's own restricted mode is on; empty where it has none.

        Raises
        ------
        SessionError
            When there is no session, or more than one.
        """
        on = restricted_mode(find_session(self._shell.user_ns, settings.session))
        return "" if on is None else "on" if on else f"off. {SWITCH_ON}"

    def _warned(self, view: AnswerView, spark: object) -> AnswerView:
        """Warn once a session where Spark's restricted mode is off."""
        known = identity(spark)
        if known in self._told_unrestricted or restricted_mode(spark) is not False:
            return view
        self._told_unrestricted.add(known)
        warning = Check("warning", f"Spark's restricted mode is off in this session. {SWITCH_ON}")
        return replace(view, checks=(*view.checks, warning))

    def keep(self, view: AnswerView, settings: Settings) -> KeptAnswer:
        """Write an answer into the project's memory and return its entry.

        Raises
        ------
        MemoryFileError
            When memory is switched off, the SQL was never allowed, or the file is not writable.
        OutsidePolicyError
            When the policy file closes the memory of kept answers.
        """
        path = memory_file(settings, "kept")
        entry = kept_from(view, author=who(), date=today())
        add_kept(path, [entry])
        return entry

    def _spark(self, settings: Settings) -> object:
        if settings.create_session and not settings.session:
            from streamlink_magic.adapters.spark.create import create_session

            return find_session(self._shell.user_ns, fallback=create_session)
        return find_session(self._shell.user_ns, settings.session)

    def _ports(self, workbench: Workbench, model: ChatModel, settings: Settings) -> Ports:
        notebook = IPythonNotebook(self._shell, is_dataframe=is_dataframe, columns_of=columns_of)
        return Ports(
            notebook=notebook.read(),
            workbench=workbench,
            model=model,
            cache=self.cache,
            turns=tuple(self.turns),
            memory=self.remember(settings),
        )

    def _answer(
        self, take: Take, settings: Settings, account: Account, *, name: str = ""
    ) -> Answer:
        view, query, ports = take.view, take.query, take.ports
        number = self.history.add(view)

        def run_now(answer: Answer, sql: str) -> tuple[AnswerView, GuardedQuery]:
            event = "edited" if sql else "approved"
            recording = account.recording(event, sql=sql or answer.sql)
            with self._watch.line() as line, recording:
                if sql:
                    done, checked = run_edited(answer.view, sql, ports, settings, line)
                else:
                    own = query if answer.sql == view.sql else None  # it may have been edited
                    checked = own or approve_query(answer.sql, ports, settings)
                    done = run_query(answer.view, checked, ports.workbench, settings, line)
                account.answered(done)
            done = replace(done, times=(*view.times, *line.times()))
            done = done if sql else take.compared(done)
            self.history.update(number, done)
            self._turn_edited(answer.view, done)
            if name:
                self._shell.user_ns[name] = ports.workbench.dataframe(checked)
            return done, checked

        return Answer(
            view,
            query,
            dataframe=ports.workbench.dataframe,
            runner=run_now,
            keeper=partial(self.keep, settings=settings),
            entry=take.entry,
            drawer=draw_picture if settings.charts else None,
            suggester=self.suggestions,
        )

    def suggestions(self, view: AnswerView) -> tuple[str, ...]:
        """Return questions that could follow an answer."""
        return suggest_questions(
            view.sql, (*view.read, *self.cache.last.tables), self.cache.profile
        )

    def _turn_edited(self, before: AnswerView, after: AnswerView) -> None:
        """Let a follow-up build on the SQL as it is now."""
        for place, turn in enumerate(self.turns):
            if (turn.question, turn.sql) == (before.question, before.sql):
                self.turns[place] = replace(turn, sql=after.sql)

    def _remember(self, request: AskRequest, answer: Answer, query: GuardedQuery | None) -> None:
        if request.name and query is not None:
            self._shell.user_ns[request.name] = answer.df
        if request.fresh:
            self.turns.clear()
        self.turns.append(Turn(answer.question, answer.sql, follows=answer.view.follows))
        del self.turns[:-_TURNS_KEPT]

    def _show(self, answer: Answer, line: LiveLine) -> None:
        """Put the answer where the live line was; in a terminal the cell's value shows it."""
        if getattr(self._shell, "kernel", None) is not None:
            line.finish(*answer._repr_mimebundle_(), next_words(answer))
            answer.shown()
            self._shown = answer
        self._last = answer

    def _offer(self, answer: Answer, display_id: str, settings: Settings) -> None:
        """Put the controls below an answer, and take those of the answer before away."""
        if self._controls is not None:
            self._controls.settle()
        self._controls = offer_controls(
            self._shell,
            answer,
            display_id,
            ask=lambda text: self.ask(AskRequest(Question(text)), settings),
            cell=self.cell_of(answer.sql, settings),
        )

    def _show_failure(self, error: StreamlinkError, line: LiveLine) -> None:
        """Leave in the cell's output what is needed to fail alike in replay; no eye sees it."""
        if error.bundle is not None and getattr(self._shell, "kernel", None) is not None:
            line.finish({"text/plain": "", **error.bundle.data}, error.bundle.metadata)

    def after_cell(self, source: str, settings: Settings) -> None:
        """Look at a cell that has just run: it may have changed tables or made a session."""
        if self._shown is not None:
            self._shown.shown(here=False)  # after ``x = %ask …`` a later ``x`` shows it again
            self._shown = None
        if _CHANGES_TABLES.search(source):
            self.cache.forget()
            self._warm.due = True
        if settings.warm_up and self._warm.due:
            self._warm_up(settings)

    def _warm_up(self, settings: Settings) -> None:
        try:
            spark = find_session(self._shell.user_ns, settings.session)
        except StreamlinkError:
            return  # the notebook has no session yet; a later cell will make it
        self._warm.begin(spark, settings, remember=partial(self.remember, settings))


def _told_of(account: Account, view: AnswerView) -> AnswerView:
    """Warn of lines that the audit lacks, where the policy does without."""
    missing = dict.fromkeys(account.problems)
    warnings = (Check("warning", f"Not recorded: {problem}") for problem in missing)
    return replace(view, checks=(*view.checks, *warnings))
