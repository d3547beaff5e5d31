"""How the product is told to behave: one frozen record of settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from streamlink_magic.policy import Policy

__all__ = ["MEMORY_LAYERS", "RESULT_BYTES", "AuditRules", "Grammar", "Policy", "Replay", "Settings"]

Replay = Literal["record", "auto", "replay"]
"""Whether answers come from the model, from recordings where they still fit, or only from these."""

Grammar = Literal["off", "samples", "retry", "always"]
"""Which answers of the model are bound to a grammar of the tables in the prompt."""

RESULT_BYTES = 64 * 1024 * 1024
"""How many bytes of a result are fetched unless told otherwise."""

MEMORY_LAYERS = ("kept", "terms", "joins")
"""What a project's memory is made of: kept answers, glossary, corrected joins."""


@dataclass(frozen=True, slots=True)
class AuditRules:
    """Where each question is recorded, and how much of it; an admin's word, not a user's.

    Attributes
    ----------
    path
        A file, JSON Lines, to which lines are only ever added.
    required
        Whether nothing runs when a line cannot be written.
    clear
        Whether question and SQL are written as they are; otherwise only their digests are.
    key
        What the digests are keyed with; empty: they are plain SHA-256.
    """

    path: str
    required: bool = True
    clear: bool = False
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force for one question; units are in the names.

    Attributes
    ----------
    base_url, api_key, model
        The model server. An empty ``base_url`` means the local one that ``streamlink serve``
        started; an empty ``model`` means the first that the server lists.
    session
        The variable that holds the Spark session; empty means the only one.
    create_session
        Whether a local session is made when the notebook has none.
    warm_up
        Whether the prompt's stable front is sent in the background when a catalog is new.
    rows
        How many rows of a result are fetched and shown.
    result_bytes
        How many bytes of a result are fetched; the rows beyond are left out, and the answer says
        so.
    charts
        Whether a chart is drawn where one fits the result.
    run_timeout_s
        Wall-clock limit of one query.
    answer_timeout_s
        Longest wait for the next piece of the model's answer.
    answer_tokens
        Longest answer of the model.
    prompt_tokens
        Budget of the whole prompt, in the model's own tokens.
    question_chars
        Longest question accepted.
    catalog_deadline_s
        How long reading the catalog may take for one question.
    catalog_age_s
        After how long a table is described anew.
    databases
        Databases whose tables may be used; empty means the current one.
    turns
        How many earlier questions a follow-up is shown; it edits the last of them. A question
        that stands by itself is shown none. 0: every question stands by itself.
    memory_path
        File of the answers that users kept, JSON Lines; the glossary lies beside it. A relative
        path counts from the kernel's working folder. Empty: nothing is remembered.
    examples
        How many solved questions go into the prompt: kept ones like the question, or else at
        most two built-in patterns. 0: none.
    cells
        How many recent cells that mention the tables go into the prompt (their source, never
        their outputs).
    send_values
        Whether quoted text and numbers in those cells are sent as they are. Off: they are masked.
    sample_values
        Whether the first rows of tables are read in the background, to know which values there
        are and which columns join. Off: joins rest on names, and no value is known.
    sample_rows
        The most rows read of one table.
    sample_budget_s
        Seconds after which no further table is sampled.
    samples
        How many further drafts are drawn beside the model's first, to vote by what they return.
        0: none.
    translate
        Whether a question in another script than the tables' names is put into English first.
    adaptive
        Whether all but one of the further drafts are drawn only where the first two leave doubt:
        they disagree and the model wavered over the names in its first, or that one cannot be
        used or finds nothing. Off: all are drawn at once.
    two_forms
        Whether half of the further drafts are drawn over the tables in a second form, as lists of
        full column names. Two forms err in different places.
    refuse_unanswerable
        Whether a question is refused when the drafts show that no table holds what it asks for.
    vote_timeout_s
        Wall-clock limit of each query that is run only to compare drafts.
    repair
        Whether drafts are mended in their syntax tree, where catalog and data leave one reading.
    retries
        How often a failed draft is sent back to the model with Spark's error.
    grammar
        Which answers of the model are bound to queries over the tables in the prompt, so that it
        cannot name a column that no table has: ``always``, ``samples`` (the further drafts
        only), ``retry`` (only when it is asked again) or ``off``. It takes a server with
        structured outputs; another one is asked without.
    memory_layers
        What of the memory is used: ``kept``, ``terms``, ``joins``.
    drop_personal
        Whether sampled values that look like personal data are dropped.
    hub_token_for
        The endpoint that is sent the hub's own token where no key is set; empty: none is.
    audit
        Where each question is recorded.
    replay
        ``record`` asks the model each time; the answer's output keeps what is needed to replay it.
        ``replay`` asks none: the recorded SQL is checked and run again, and what is not as
        recorded is told. ``auto`` replays where tables and prompt are as recorded, and asks
        otherwise.
    notebook
        The notebook whose outputs hold the recorded answers. Empty: the one that the kernel
        belongs to or, where it is not told which, every notebook in its folder.
    tape
        A file to which recordings also go, and in which they are looked for. Empty: none.
    """

    base_url: str = ""
    api_key: str = ""
    model: str = ""
    session: str = ""
    create_session: bool = False
    warm_up: bool = True
    rows: int = 50
    result_bytes: int = RESULT_BYTES
    charts: bool = True
    run_timeout_s: float = 300.0
    answer_timeout_s: float = 120.0
    answer_tokens: int = 384
    prompt_tokens: int = 6000
    question_chars: int = 4000
    catalog_deadline_s: float = 20.0
    catalog_age_s: float = 300.0
    databases: tuple[str, ...] = ()
    turns: int = 3
    memory_path: str = ".streamlink/kept.jsonl"
    examples: int = 3
    cells: int = 2
    send_values: bool = False
    sample_values: bool = True
    sample_rows: int = 10_000
    sample_budget_s: float = 60.0
    samples: int = 4
    translate: bool = True
    adaptive: bool = True
    two_forms: bool = True
    refuse_unanswerable: bool = True
    vote_timeout_s: float = 20.0
    repair: bool = True
    retries: int = 1
    grammar: Grammar = "off"
    memory_layers: tuple[str, ...] = MEMORY_LAYERS
    drop_personal: bool = False
    hub_token_for: str = ""
    audit: tuple[AuditRules, ...] = ()
    replay: Replay = "record"
    notebook: str = ""
    tape: str = ""
    policy: Policy = field(default_factory=Policy)

    @property
    def byte_limit(self) -> float:
        """How many bytes of a result may be fetched, by these settings and the policy."""
        return min(self.result_bytes, self.policy.max_result_bytes)
