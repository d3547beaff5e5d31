"""``streamlink demo``: real questions about real flights, through the real magic."""

from __future__ import annotations

import time
from typing import Any

from streamlink_magic.adapters.spark.create import create_session
from streamlink_magic.samples import load_flights

QUESTIONS = (
    "How many flights left from each airport of departure?",
    "Which airline had the longest average departure delay? Give its full name.",
    "Which ten airports of arrival had the worst average arrival delay in July 2013?",
    "How many flights were made with a plane that is not in the planes table?",
    "每个月有多少航班?按月份排列。",
)
_RULE = "─" * 88


def run_demo() -> int:
    """Load the flights, ask, and print the answers.

    Returns
    -------
    int
        How many questions failed to give an answer. A wrong answer is not a failure: it is
        printed like any other.
    """
    started = time.monotonic()
    print("Starting Spark and loading the flights of New York City, 2013 ...", flush=True)
    spark = create_session()
    load_flights(spark)
    shell = _shell(spark)
    failed = [question for question in QUESTIONS if not _ask(shell, question)]
    spark.stop()
    answered = len(QUESTIONS) - len(failed)
    seconds = time.monotonic() - started
    print(f"\n{_RULE}\n{answered} of {len(QUESTIONS)} questions answered in {seconds:.0f} s.")
    for question in failed:
        print(f"No answer: {question}")
    return len(failed)


def _shell(spark: object) -> Any:  # noqa: ANN401
    from IPython.terminal.interactiveshell import TerminalInteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # the demo leaves nothing in the user's history
    config.TerminalInteractiveShell.simple_prompt = True
    shell: Any = TerminalInteractiveShell.instance(config=config)
    shell.user_ns["spark"] = spark
    shell.run_cell("%load_ext streamlink_magic")
    # Each question stands alone here, so that their order does not matter.
    shell.run_cell("%config AskMagics.turns = 0")
    return shell


def _ask(shell: Any, question: str) -> bool:  # noqa: ANN401
    print(f"\n{_RULE}\n%%ask\n{question}\n", flush=True)
    outcome = shell.run_cell(f"%%ask\n{question}", store_history=True)
    return bool(outcome.success)
