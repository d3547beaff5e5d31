"""Take the model's first choice; where it cannot be used, ask once more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.disclosure import without_names
from streamlink_magic.drafting.desk import Desk, Written, explain_words, grammar_for
from streamlink_magic.drafting.mending import guard_or_mend
from streamlink_magic.errors import (
    InvalidSqlError,
    OverBudgetError,
)
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.prompt import retry_prompt
from streamlink_magic.steps.repair import Known, missing_values
from streamlink_magic.steps.trust import Signals, badge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import (
        GuardedQuery,
        Prompt,
        SqlDraft,
        TableSchema,
    )


_ALONE = 0.5  # no other draft agrees, and none disagrees
_NAMED = 12


def write_one(desk: Desk) -> Written:
    """Take the model's first choice; where it cannot be used, ask once more.

    Raises
    ------
    GuardError
        When neither passes.
    ModelError
        When the server failed or wrote no SQL.
    """
    draft = generate_sql(
        desk.prompt,
        desk.model,
        max_tokens=desk.settings.answer_tokens,
        progress=desk.progress,
        grammar=grammar_for(desk, "first"),
    )
    desk.progress("guard")
    return settle(draft, desk)


def settle(draft: SqlDraft, desk: Desk) -> Written:
    """Guard the draft; mend names from the catalog first, then let the model try again."""
    settings, prompt = desk.settings, desk.prompt
    for calls in range(1, settings.retries + 2):
        try:
            draft, query = guard_or_mend(draft, desk.known, desk.workbench, settings)
        except OverBudgetError as error:
            return replace(over_budget(draft, error, desk), model_calls=calls)
        except InvalidSqlError as error:
            if calls > settings.retries:
                error.hint = error.hint or _way_on(prompt.tables)
                raise
            desk.progress("model", "again, with Spark's message")
            said = without_names(str(error), desk.closed)
            prompt = retry_prompt(prompt, error.sql or draft.sql, said, desk.model)
            draft = ask_again(prompt, desk)
            desk.progress("guard")
        else:
            return _alone(draft, query, prompt, calls, desk.known)
    raise AssertionError("unreachable: the last failure is raised")


def _alone(
    draft: SqlDraft,
    query: GuardedQuery,
    prompt: Prompt,
    calls: int,
    known: Known,
) -> Written:
    """Return a draft with no other to agree with it."""
    absent = missing_values(draft.sql, known)
    unexplained, words = explain_words(known)
    signals = Signals(
        agreement=_ALONE,
        mended=float(bool(draft.repairs)),
        asked_again=float(calls > 1),
        absent=float(len(absent)),
        unexplained=float(len(unexplained)),
        words=float(words),
        naming=draft.naming.logprob if draft.naming else None,
    )
    return Written(
        draft,
        prompt,
        query.verdict,
        query,
        calls,
        absent,
        badge=badge(signals),
        signals=signals.as_numbers(),
        unexplained=unexplained,
    )


def over_budget(draft: SqlDraft, error: OverBudgetError, desk: Desk) -> Written:
    """Return what only the user's own word can let run."""
    return Written(draft, desk.prompt, error.verdict, None, 1)


def ask_again(prompt: Prompt, desk: Desk) -> SqlDraft:
    """Return the model's answer to a prompt that shows what was wrong with the one before."""
    return generate_sql(
        prompt,
        desk.model,
        max_tokens=desk.settings.answer_tokens,
        progress=desk.progress,
        grammar=grammar_for(desk, "retry"),
    )


def _way_on(tables: Sequence[TableSchema]) -> str:
    names = ", ".join(table.name.name for table in tables[:_NAMED])
    return f"Ask in other words, or name the tables yourself (--tables). There are: {names}"
