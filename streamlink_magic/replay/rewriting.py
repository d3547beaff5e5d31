"""Put recorded SQL in the place of what a model would have written: guarded like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.drafting import Written, keeping_sql
from streamlink_magic.errors import OverBudgetError
from streamlink_magic.pipeline import with_shown_frames
from streamlink_magic.records import Completion, Prompt, SqlDraft
from streamlink_magic.steps.guard import guard_sql, guard_unproven

if TYPE_CHECKING:
    from streamlink_magic.pipeline import Ports
    from streamlink_magic.records import LinkedContext
    from streamlink_magic.replay.bundle import Recording
    from streamlink_magic.settings import Settings


def write_recorded(
    recording: Recording, linked: LinkedContext, ports: Ports, settings: Settings
) -> Written:
    """Return the recorded SQL, checked by the guard as it is; nothing in it is mended.

    Raises
    ------
    GuardError
        When it may not run, or Spark cannot use it any more.
    """
    entry = recording.entry
    completion = Completion("", entry.model.name, completion_tokens=recording.recorded.tokens)
    draft = SqlDraft(entry.sql, completion, entry.repairs)
    prompt = Prompt((), 0, (), linked.tables)  # nothing was sent
    policy = with_shown_frames(ports, linked.tables, settings).policy
    workbench = ports.workbench
    if not workbench.guards:
        verdict = guard_unproven(draft.sql, settings.policy, workbench.unproven_why)
        return Written(draft, prompt, verdict, None, 1, context=linked.context)
    try:
        with keeping_sql(draft.sql):
            query = guard_sql(draft.sql, workbench, policy)
    except OverBudgetError as error:
        return Written(draft, prompt, error.verdict, None, 1, context=linked.context)
    return Written(draft, prompt, query.verdict, query, 1, context=linked.context)
