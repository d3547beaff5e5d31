"""How the product is told to behave: one frozen record of settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamlink_magic.policy import Policy

__all__ = ["Policy", "Settings"]


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
        How many earlier questions of the notebook go into the prompt.
    cells
        How many recent cells that mention the tables go into the prompt (their source, never
        their outputs).
    send_values
        Whether quoted text and numbers in those cells are sent as they are. Off: they are masked.
    retries
        How often a failed draft is sent back to the model with Spark's error.
    """

    base_url: str = ""
    api_key: str = ""
    model: str = ""
    session: str = ""
    create_session: bool = False
    warm_up: bool = True
    rows: int = 50
    run_timeout_s: float = 300.0
    answer_timeout_s: float = 120.0
    answer_tokens: int = 384
    prompt_tokens: int = 6000
    question_chars: int = 4000
    catalog_deadline_s: float = 20.0
    catalog_age_s: float = 300.0
    databases: tuple[str, ...] = ()
    turns: int = 3
    cells: int = 2
    send_values: bool = False
    retries: int = 1
    policy: Policy = field(default_factory=Policy)
