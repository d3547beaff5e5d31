"""The questions of the benchmark, as the product would send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.adapters.spark.create import create_session
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.demo import QUESTIONS
from streamlink_magic.pipeline import Ports, compose_prompt
from streamlink_magic.records import NotebookSnapshot, Question
from streamlink_magic.samples import load_flights
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.protocols import ChatModel
    from streamlink_magic.records import Message

_MORE = (
    "Which five carriers flew the most miles in total? Show their full names and the miles.",
    "How many different planes built by BOEING flew to LAX?",
    "What share of the flights from JFK were more than 30 minutes late at arrival?",
    "List the names of the airports that no flight went to.",
    "For each airport of departure, what was the average temperature in January?",
    "What is the longest flight in miles, and where did it go?",
    "Which manufacturer built the most planes?",
    "How many seats has the largest plane?",
    "On which day were the most flights cancelled?",
    "What was the average departure delay in each month at LGA?",
    "Which plane made the most flights? Show its tail number and model.",
    "How many airports lie higher than 5000 feet?",
    "Which destinations are served by only one airline?",
    "What was the lowest visibility at EWR?",
    "How many flights of Delta Air Lines left before six in the morning?",
)


def collect_prompts(
    model: ChatModel, tell: Callable[[str], None]
) -> tuple[tuple[Message, ...], ...]:
    """Return the messages of each question about the flight tables, for this model.

    Spark runs for as long as that takes and no longer.
    """
    tell("Reading the catalog of the flight tables")
    spark = create_session()
    try:
        load_flights(spark)
        ports = Ports(NotebookSnapshot(), open_workbench(spark), model, CatalogCache())
        settings = Settings()
        return tuple(
            compose_prompt(Question(text), ports, settings, _silent).messages
            for text in (*QUESTIONS, *_MORE)
        )
    finally:
        spark.stop()


def _silent(phase: str, detail: str = "") -> None:
    """Take progress and do nothing with it."""
