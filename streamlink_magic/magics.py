"""The magics: parse the line, call the session, return the answer."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.inputtransformer2 import EscapedCommand, MagicAssign, TokenTransformBase
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Bool, Enum, Float, Int, List, Unicode, default

from streamlink_magic.adapters.spark.recognize import is_session
from streamlink_magic.asking import parse_cell, parse_line
from streamlink_magic.beside import suggested
from streamlink_magic.commands import COMMANDS, run_command
from streamlink_magic.commands.desk import Desk
from streamlink_magic.commands.explain import explain_own
from streamlink_magic.completing import complete, complete_command
from streamlink_magic.errors import AskUsageError, PolicyError, StreamlinkError
from streamlink_magic.governance import govern, hub_rules, origins
from streamlink_magic.governance.places import named_file
from streamlink_magic.memory.recall import read_memory
from streamlink_magic.records import Question
from streamlink_magic.session import AskRequest, AskSession
from streamlink_magic.settings import RESULT_BYTES, Grammar, Policy, Replay, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from tokenize import TokenInfo

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from streamlink_magic.answer import Answer
    from streamlink_magic.asking import AskLine
    from streamlink_magic.steps.render import Listing

_VARIABLES = {
    "base_url": "STREAMLINK_BASE_URL",
    "api_key": "STREAMLINK_API_KEY",
    "replay": "STREAMLINK_REPLAY",
    "notebook": "STREAMLINK_NOTEBOOK",
    "tape": "STREAMLINK_TAPE",
}
_UNSET = object()
_ASKS = re.compile(r"%ask\s")
_KINDS: tuple[Any, ...] = (EscapedCommand, MagicAssign)  # untyped in IPython


@magics_class
class AskMagics(Magics):
    """Ask the notebook's Spark session in plain words.

    Every trait below is a setting: ``%config AskMagics.rows = 100``.
    """

    base_url = Unicode(
        help="Address of the vLLM server, up to and with /v1. Empty: the local server that "
        "`streamlink serve` started. Default: STREAMLINK_BASE_URL."
    ).tag(config=True)
    api_key = Unicode(help="The server's key. Default: STREAMLINK_API_KEY.").tag(config=True)
    model = Unicode(help="Model to ask. Empty: the first that the server lists.").tag(config=True)
    session = Unicode(help="Variable of the Spark session. Empty: the only one.").tag(config=True)
    create_session = Bool(
        default_value=False, help="Make a local Spark session when there is none."
    ).tag(config=True)
    warm_up = Bool(
        default_value=True,
        help="Send the rules and schemas once in the background when a catalog is new, so that "
        "the first question is answered sooner.",
    ).tag(config=True)
    rows = Int(50, min=1, help="Rows fetched and shown.").tag(config=True)
    result_bytes = Int(
        RESULT_BYTES, min=1, help="Bytes of a result that are fetched; rows beyond are left out."
    ).tag(config=True)
    charts = Bool(default_value=True, help="Draw a chart where one fits the result.").tag(
        config=True
    )
    run_timeout_s = Float(300.0, help="Wall-clock limit of one query, in seconds.").tag(config=True)
    answer_timeout_s = Float(
        120.0, help="Longest wait for the next piece of the model's answer, in seconds."
    ).tag(config=True)
    answer_tokens = Int(384, help="Longest answer of the model, in tokens.").tag(config=True)
    prompt_tokens = Int(6000, help="Budget of the prompt, in the model's tokens.").tag(config=True)
    question_chars = Int(4000, help="Longest question, in characters.").tag(config=True)
    catalog_deadline_s = Float(
        20.0, help="How long describing tables may take for one question, in seconds."
    ).tag(config=True)
    catalog_age_s = Float(
        300.0, help="Age at which a table is described anew, in seconds. 0: always."
    ).tag(config=True)
    databases = List(
        Unicode(), help="Databases whose tables may be asked about. Empty: the current one."
    ).tag(config=True)
    turns = Int(
        3,
        min=0,
        help="Earlier questions that a follow-up is shown; it edits the last of them. "
        "0: every question stands by itself.",
    ).tag(config=True)
    memory_path = Unicode(
        ".streamlink/kept.jsonl",
        help="File of kept answers; the glossary lies beside it. Empty: nothing is remembered.",
    ).tag(config=True)
    examples = Int(
        3,
        min=0,
        help="Solved questions that go into the prompt: kept ones like the question, or else at "
        "most two built-in patterns. 0: none.",
    ).tag(config=True)
    cells = Int(
        2, min=0, help="Recent cells that mention the tables, as source. 0: none are sent."
    ).tag(config=True)
    send_values = Bool(
        default_value=False, help="Send literals in those cells as they are. Off: masked."
    ).tag(config=True)
    sample_values = Bool(
        default_value=True,
        help="Read the first rows of tables in the background, to know values and joins.",
    ).tag(config=True)
    sample_rows = Int(10_000, min=1, help="The most rows read of one table.").tag(config=True)
    sample_budget_s = Float(
        60.0, help="Seconds after which no further table is sampled in the background."
    ).tag(config=True)
    drop_personal = Bool(
        default_value=False,
        help="Leave out sampled columns in which a value looks like personal data; needs datafog.",
    ).tag(config=True)
    samples = Int(
        4,
        min=0,
        help="How many further answers are drawn, to vote by what they return. 0: none.",
    ).tag(config=True)
    translate = Bool(
        default_value=True,
        help="Put a question in another script than the tables' names into English first.",
    ).tag(config=True)
    adaptive = Bool(
        default_value=True,
        help="Draw all but one of the further answers only where the first two leave doubt.",
    ).tag(config=True)
    two_forms = Bool(
        default_value=True,
        help="Draw half of the further answers over the tables in a second form.",
    ).tag(config=True)
    refuse_unanswerable = Bool(
        default_value=True,
        help="Refuse a question when the drafts show that no table holds what it asks for.",
    ).tag(config=True)
    vote_timeout_s = Float(
        20.0, min=1.0, help="Seconds that each query run only to compare answers may take."
    ).tag(config=True)
    repair = Bool(
        default_value=True,
        help="Mend drafts in their syntax tree where catalog and data leave one reading.",
    ).tag(config=True)
    retries = Int(1, min=0, help="How often a failed draft goes back to the model.").tag(
        config=True
    )
    grammar = Enum(
        get_args(Grammar),
        "off",
        help="Which answers can name nothing but tables and columns of the prompt: always, "
        "samples (the further answers), retry (when the model is asked again) or off. It takes a "
        "server with structured outputs.",
    ).tag(config=True)
    replay = Enum(
        get_args(Replay),
        help="record: ask the model, and keep in the output what is needed to replay the answer. "
        "replay: ask none; check and run the recorded SQL, and tell what has changed. auto: "
        "replay where tables and prompt are as recorded, else ask. Default: STREAMLINK_REPLAY, "
        "or record.",
    ).tag(config=True)
    notebook = Unicode(
        help="Notebook whose outputs hold the recorded answers. Empty: this one, or every one in "
        "the kernel's folder where it is not told which. Default: STREAMLINK_NOTEBOOK."
    ).tag(config=True)
    tape = Unicode(
        help="JSON Lines file of recorded answers, written and read beside the notebook's own "
        "outputs. Empty: none. Default: STREAMLINK_TAPE."
    ).tag(config=True)
    readable_tables = List(
        Unicode(),
        help="Tables that a query may read, as db.table or db.*. Empty: all of the current "
        "database, of `databases`, and the temporary views.",
    ).tag(config=True)
    denied_tables = List(
        Unicode(), help="Tables and views that no query may read, not even through a view."
    ).tag(config=True)
    denied_columns = List(
        Unicode(),
        help="Columns that no query may use, as table.column, or column for that of every table. "
        "The model is not told of them.",
    ).tag(config=True)
    masked_columns = List(
        Unicode(), help="Columns that a query may only count; no value of them is read or sent."
    ).tag(config=True)
    allowed_udfs = List(Unicode(), help="User-defined functions a query may call.").tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell=shell)
        self.asks = AskSession(shell)
        self._from_files = dict(self.config.get(type(self).__name__, {}))
        _ = self.replay  # a mode that is none fails here, and not in the middle of the work

    @default("base_url")
    def _base_url(self) -> str:
        return os.environ.get("STREAMLINK_BASE_URL", "")

    @default("api_key")
    def _api_key(self) -> str:
        return os.environ.get("STREAMLINK_API_KEY", "")

    @default("replay")
    def _replay(self) -> str:
        mode = os.environ.get("STREAMLINK_REPLAY") or "record"
        if mode not in get_args(Replay):
            raise AskUsageError(
                f"STREAMLINK_REPLAY is {mode!r}; it is one of {', '.join(get_args(Replay))}."
            )
        return mode

    @default("notebook")
    def _notebook(self) -> str:
        return os.environ.get("STREAMLINK_NOTEBOOK", "")

    @default("tape")
    def _tape(self) -> str:
        return os.environ.get("STREAMLINK_TAPE", "")

    @no_var_expand
    @line_cell_magic
    def ask(self, line: str, cell: str | None = None) -> Answer:
        """Ask a question about the tables of this notebook's Spark session.

        ::

            %ask [options] question
            %%ask [NAME] [options]
            question

        NAME becomes a lazy Spark DataFrame over the whole result.

        Options: --tables a,b  use these tables; --rows N  show so many rows; --no-run  show the
        checked SQL and stop; --new  forget the earlier questions; --model ID; --session NAME.
        In the place of a question: --sql and SQL of your own  run it for the last answer;
        --next N  ask the last answer's Nth suggestion; --fix  mend the Spark SQL that a cell has
        just failed with, and what you say of it is heeded.
        """
        asked = parse_line(line) if cell is None else parse_cell(line, cell)
        if asked.sql:
            return self.asks.edit_last(asked.question, self._settings(asked), asked.name)
        if asked.fix:
            return self.asks.fix(asked.question, self._settings(asked), asked.name)
        if asked.suggestion:
            asked = replace(asked, question=suggested(self.asks.last, asked.suggestion))
        return self.asks.ask(_request(asked), self._settings(asked))

    def _settings(self, asked: AskLine) -> Settings:
        """Return what is in force now, below the policy file where there is one."""
        return govern(self._wanted(asked), hub_rules())

    def _wanted(self, asked: AskLine) -> Settings:
        """Return the traits as they are now, with the line's options over them."""
        names = Settings.__dataclass_fields__.keys() & set(self.trait_names())
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        policy = Policy(
            tables=tuple(self.readable_tables) or None,
            databases=tuple(self.databases),
            denied_tables=tuple(self.denied_tables),
            denied_columns=tuple(self.denied_columns),
            masked_columns=tuple(self.masked_columns),
            udfs=tuple(self.allowed_udfs),
        )
        values |= {"databases": tuple(self.databases), "policy": policy}
        settings = Settings(**values)
        return replace(
            settings,
            rows=asked.rows or settings.rows,
            model=asked.model or settings.model,
            session=asked.session or settings.session,
        )

    @no_var_expand
    @line_cell_magic
    def explain(self, line: str, cell: str | None = None) -> Listing:
        """Say what Spark SQL of your own does, reads and costs, and what could go wrong.

        ::

            %explain SELECT …
            %%explain
            SELECT …

        Nothing is run, and no model is asked.
        """
        desk = Desk(self.asks, self._settings(parse_line("")))
        return explain_own(desk, line if cell is None else f"{line}\n{cell}")

    @no_var_expand
    @line_magic
    def streamlink(self, line: str) -> Listing:
        """Look at what is known and in force, and correct it: ``%streamlink help``."""
        wanted, rules = self._wanted(parse_line("")), hub_rules()
        settings = govern(wanted, rules)
        sources = self._origins() | origins(wanted, settings, rules)
        return run_command(line, Desk(self.asks, settings, sources, rules))

    def _origins(self) -> dict[str, str]:
        """Return where each trait's value comes from."""
        return {name: self._origin(name) for name in self.traits(config=True)}

    def _origin(self, name: str) -> str:
        value, variable = getattr(self, name), _VARIABLES.get(name, "")
        if self._from_files.get(name, _UNSET) == value:
            return "configuration file"
        if name in self.config.get(type(self).__name__, {}):
            return "%config"
        if value != self.trait_defaults(name):
            return "set in the notebook"
        return f"environment: {variable}" if os.environ.get(variable) else "default"

    def _arguments_of(self, command: str) -> tuple[str, ...]:
        """Return what the tab key offers behind a command of ``%streamlink``."""
        if command in {"values", "joins"}:
            return tuple(table.name.name for table in self.asks.cache.last.tables)
        if command == "forget":
            with suppress(StreamlinkError):
                layers = self._settings(parse_line("")).memory_layers
                return tuple(entry.id for entry in read_memory(self.memory_path, layers).kept)
        return ()

    def after_cell(self, result: Any) -> None:  # noqa: ANN401  IPython's ExecutionResult
        """Let the session look at the cell that has just run."""
        source = getattr(result.info, "raw_cell", "") or ""
        if result.error_in_exec is not None:
            self.asks.note_failure(source, result.error_in_exec)
        with suppress(PolicyError):  # a question will say what is wrong; until then nothing is done
            self.asks.after_cell(source, self._settings(parse_line("")))

    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Complete options, tables, columns, models and sessions."""
        lines = context.full_text.split("\n")
        try:
            self.asks.heed(self._settings(parse_line("")))
        except PolicyError:  # what may be seen is not known
            return {"completions": [], "matched_fragment": "", "suppress": False}
        before = "\n".join([*lines[: context.cursor_line], context.text_until_cursor])
        namespace = self.shell.user_ns if self.shell else {}
        found = complete_command(
            before, commands=tuple(COMMANDS), arguments=self._arguments_of
        ) or complete(
            before,
            catalog=self.asks.cache.last,
            models=self.asks.model_names,
            sessions=[name for name, value in namespace.items() if is_session(value)],
        )
        word, matches = found or ("", ())
        return {
            "completions": [SimpleCompletion(one, type="ask") for one in matches],
            "matched_fragment": word,
            "suppress": bool(matches),
        }


def _request(asked: AskLine) -> AskRequest:
    question = Question(asked.question, tables=asked.tables)
    return AskRequest(question, name=asked.name, run=asked.run, fresh=asked.fresh)


class AskedLine(TokenTransformBase):
    """Takes ``%ask … flights?`` before IPython reads the question mark as a call for help.

    Parameters
    ----------
    inner
        IPython's own transformer of such a line.
    """

    def __init__(self, inner: TokenTransformBase) -> None:
        self._inner = inner
        self.start_line = inner.start_line
        self.start_col = -1  # what starts first wins, and help starts with the line's first word

    @classmethod
    def find(cls, tokens_by_line: Sequence[Sequence[TokenInfo]]) -> AskedLine | None:
        """Return the transformer of the first line that asks, if one does."""
        for line in tokens_by_line:
            for kind in _KINDS:
                inner: TokenTransformBase | None = kind.find([line])
                if inner and _asks(line, (inner.start_line + 1, inner.start_col)):
                    return cls(inner)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """Return the lines with the magic as a call."""
        transformed: list[str] = self._inner.transform(lines)
        return transformed


def _asks(line: Sequence[TokenInfo], start: tuple[int, int]) -> bool:
    return any(token.start == start and _ASKS.match(token.line, start[1]) for token in line)


def load(shell: InteractiveShell) -> None:
    """Add the magics, the completion and the hook after each cell."""
    if getattr(shell, "_streamlink_loaded", None) is not None:
        unload(shell)
    named_file()  # from now on a changed variable loosens nothing
    magics = AskMagics(shell)

    @context_matcher(identifier="streamlink_magic")  # type: ignore[untyped-decorator]
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        return magics.match(context)

    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(matcher)
    shell.input_transformer_manager.token_transformers.append(AskedLine)
    shell.events.register("post_run_cell", magics.after_cell)
    shell.__dict__["_streamlink_loaded"] = (magics, matcher)


def unload(shell: InteractiveShell) -> None:
    """Take away what ``load`` added; IPython has no call that unregisters a magic."""
    loaded = shell.__dict__.pop("_streamlink_loaded", None)
    if loaded is None:
        return
    magics, matcher = loaded
    for kind in ("line", "cell"):
        for name in ("ask", "explain", "streamlink"):
            shell.magics_manager.magics[kind].pop(name, None)
    shell.magics_manager.registry.pop("AskMagics", None)
    shell.configurables[:] = [one for one in shell.configurables if one is not magics]
    shell.Completer.custom_matchers.remove(matcher)
    shell.input_transformer_manager.token_transformers.remove(AskedLine)
    shell.events.unregister("post_run_cell", magics.after_cell)
