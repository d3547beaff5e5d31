"""One object a shell: it finds Spark and the model, keeps the turns, and asks."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.display import LiveLine
from streamlink_magic.adapters.drawing import draw_picture, warm_drawing
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
from streamlink_magic.adapters.widgets import run_controls
from streamlink_magic.answer import Answer
from streamlink_magic.auditing import Account
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.disclosure import bounds_views, see_catalog
from streamlink_magic.endpoint import find_model
from streamlink_magic.errors import StreamlinkError
from streamlink_magic.history import AskHistory
from streamlink_magic.memory.keeping import kept_from, today, who
from streamlink_magic.memory.kept import add_kept
from streamlink_magic.memory.recall import memory_file, read_memory
from streamlink_magic.pipeline import Ports, approve_query, run_query, view_written, write_sql
from streamlink_magic.records import Check, Question, Turn
from streamlink_magic.replay import Asking, Deck, Places
from streamlink_magic.sampling import open_sampler
from streamlink_magic.steps.prompt import prefix_messages

if TYPE_CHECKING:
    from streamlink_magic.adapters.vllm import VllmModel
    from streamlink_magic.drafting import Written
    from streamlink_magic.memory.entries import KeptAnswer
    from streamlink_magic.memory.recall import Memory
    from streamlink_magic.protocols import ChatModel, Progress, Workbench
    from streamlink_magic.records import AnswerView, CatalogSnapshot, GuardedQuery, Message
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
        self._warmed: tuple[Message, ...] = ()
        self._cold = True
        self._told_unrestricted: set[str] = set()
        self._shown: Answer | None = None
        self._deck = Deck()

    def ask(self, request: AskRequest, settings: Settings) -> Answer:
        """Answer a question, bind its DataFrame, and remember the turn.

        Nothing is bound or remembered when a step fails.

        Raises
        ------
        StreamlinkError
            One of its subclasses, by the step that failed.
        KeyboardInterrupt
            When the user stopped it; the model call and the Spark job have been cancelled.
        """
        account = Account.of(settings, request.question.text)
        with LiveLine(self._shell) as line:
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
            answer = self._answer(take, settings, account)
            self._remember(request, answer, take.query)
            self._show(answer, line)
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

    def live_line(self) -> LiveLine:
        """Return a line that shows how far a longer task has come; use it with ``with``."""
        return LiveLine(self._shell)

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
        held = (name for name, value in self._shell.user_ns.items() if value is spark)
        name = next((one for one in held if not one.startswith("_")), "")
        kind = "Spark Connect" if is_connect(spark) else "Spark"
        return f"{kind} {spark.version}{f', variable {name}' if name else ''}"

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

    def _answer(self, take: Take, settings: Settings, account: Account) -> Answer:
        view, query, ports = take.view, take.query, take.ports
        number = self.history.add(view)

        def run_now(answer: Answer) -> tuple[AnswerView, GuardedQuery]:
            with LiveLine(self._shell) as line, account.recording("approved", sql=answer.sql):
                approved = query or approve_query(answer.sql, ports, settings)
                done = run_query(answer.view, approved, ports.workbench, settings, line)
                account.answered(done)
            done = take.compared(replace(done, times=(*view.times, *line.times())))
            self.history.update(number, done)
            return done, approved

        return Answer(
            view,
            query,
            dataframe=ports.workbench.dataframe,
            runner=run_now,
            keeper=partial(self.keep, settings=settings),
            entry=take.entry,
            drawer=draw_picture if settings.charts else None,
        )

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
            line.finish(*answer._repr_mimebundle_())
            answer.shown()
            self._shown = answer
        if answer.view.result is None:
            run_controls(self._shell, partial(_run_and_show, answer), warning=answer.view.status)

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
            self._cold = True
        if settings.warm_up and self._cold:
            self._warm_up(settings)

    def _warm_up(self, settings: Settings) -> None:
        """Send the prompt's stable front once, in the background, so that vLLM caches it."""
        try:
            spark = find_session(self._shell.user_ns, settings.session)
        except StreamlinkError:
            return  # the notebook has no session yet; a later cell will make it
        self._cold = False
        threading.Thread(target=self._send_prefix, args=(spark, settings), daemon=True).start()

    def _send_prefix(self, spark: object, settings: Settings) -> None:
        # All are kindnesses: whatever is wrong, a stopped Spark too, the question will say.
        with suppress(Exception):
            if settings.charts:
                warm_drawing()
        account = Account.of(settings)
        with suppress(Exception):
            self._learn(open_workbench(spark, settings.databases, account), settings)
        with suppress(Exception):
            account.write("warmed")  # names and types are sent, and no question
            self._warm(open_workbench(spark, settings.databases, account), settings)

    def _learn(self, workbench: Workbench, settings: Settings) -> None:
        """Look at bounded samples, so that joins and values are known when a question comes."""
        self.remember(settings)
        if not settings.sample_values:
            return
        self._snapshot(workbench, settings)
        reader = open_sampler(workbench, settings)
        self.cache.learn(reader, budget_s=settings.sample_budget_s)

    def _warm(self, workbench: Workbench, settings: Settings) -> None:
        snapshot = self._snapshot(workbench, settings)
        model = find_model(settings, None)
        tables = tuple(table for table in snapshot.tables if table.described)
        front = partial(prefix_messages, tables, snapshot.current_database, self.cache.profile)
        messages = front()
        fits = model.count_tokens(messages) <= settings.prompt_tokens
        if tables and fits and messages != self._warmed:
            self._warmed = messages
            model.warm(messages)
            if settings.two_forms and settings.samples:
                model.warm(front(form="columns"))

    def _snapshot(self, workbench: Workbench, settings: Settings) -> CatalogSnapshot:
        return self.cache.snapshot(
            see_catalog(workbench, settings.policy, self.cache),
            deadline_s=settings.catalog_deadline_s,
            age_s=settings.catalog_age_s,
        )


def _told_of(account: Account, view: AnswerView) -> AnswerView:
    """Warn of lines that the audit lacks, where the policy does without."""
    missing = dict.fromkeys(account.problems)
    warnings = (Check("warning", f"Not recorded: {problem}") for problem in missing)
    return replace(view, checks=(*view.checks, *warnings))


def _run_and_show(answer: Answer) -> None:
    answer.run()
    answer._ipython_display_()
