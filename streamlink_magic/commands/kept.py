"""Kept answers: confirm one, list them, remove one, hand them on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from streamlink_magic.commands.desk import file_in, number_in
from streamlink_magic.errors import AskUsageError, StreamlinkError
from streamlink_magic.memory.kept import (
    add_kept,
    export_kept,
    load_kept,
    read_export,
    remove_kept,
)
from streamlink_magic.memory.standing import standing
from streamlink_magic.pipeline import why_unusable
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.memory.entries import KeptAnswer


def keep_answer(desk: Desk, rest: str) -> Listing:
    """Confirm that the last answer, or the one of that number, is right."""
    view = desk.asks.history.find(number_in(rest, "%streamlink keep"))
    entry = desk.asks.keep(view, desk.settings)
    return Listing(
        f"Kept as {entry.id} in {desk.kept_path()}",
        ("question", "SQL"),
        ((entry.question, entry.sql),),
        (f"Take it out again with: %streamlink forget {entry.id}",),
    )


def show_kept(desk: Desk, _rest: str) -> Listing:
    """See the kept answers, and whether each still holds."""
    path = desk.kept_path()
    kept = load_kept(path)
    state = _states(desk) if kept.entries else str
    rows = tuple(
        (one.id, one.question, one.sql, one.author, one.date, state(one)) for one in kept.entries
    )
    empty = () if rows else ("Nothing is kept yet: %streamlink keep confirms the last answer.",)
    return Listing(
        f"{len(rows)} kept answers, {path}",
        ("id", "question", "SQL", "by", "on", "state"),
        rows,
        (*empty, *kept.problems),
    )


def _states(desk: Desk) -> Callable[[KeptAnswer], str]:
    """Return what tells how an answer stands; without Spark nothing can."""
    try:
        tables = desk.catalog().tables
        workbench = desk.asks.workbench(desk.settings)
    except StreamlinkError as error:
        reason = f"not checked: {error.message}"
        return lambda _entry: reason
    vet = partial(why_unusable, workbench=workbench, policy=desk.settings.policy)
    return partial(standing, tables=tables, vet=vet)


def forget_kept(desk: Desk, rest: str) -> Listing:
    """Take a kept answer out of the memory."""
    if not rest:
        raise AskUsageError("%streamlink forget wants an id; %streamlink kept lists them.")
    entry = remove_kept(desk.kept_path(), rest)
    return Listing(f"Forgotten: {entry.id}", ("question", "SQL"), ((entry.question, entry.sql),))


def export_file(desk: Desk, rest: str) -> Listing:
    """Write the kept answers into a file for others, JSON Lines."""
    path = file_in(rest, "%streamlink export")
    kept = load_kept(desk.kept_path())
    export_kept(kept.entries, path)
    return Listing(f"{len(kept.entries)} kept answers are in {path}", notes=kept.problems)


def import_file(desk: Desk, rest: str) -> Listing:
    """Take in a file of kept answers; each is checked by the guard first."""
    entries = read_export(file_in(rest, "%streamlink import"))
    workbench = desk.asks.workbench(desk.settings)
    vet = partial(why_unusable, workbench=workbench, policy=desk.settings.policy)
    refused = {entry.id: reason for entry in entries if (reason := vet(entry.sql))}
    sound = [entry for entry in entries if entry.id not in refused]
    added = add_kept(desk.kept_path(), sound) if sound else 0
    rows = tuple((one.id, one.question, refused[one.id]) for one in entries if one.id in refused)
    there = len(sound) - added
    return Listing(
        f"{added} imported, {there} there already, {len(rows)} left out",
        ("left out", "question", "why"),
        rows,
    )
