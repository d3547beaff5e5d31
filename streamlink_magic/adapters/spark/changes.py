"""Telling in few calls whether a classic session is still as it was."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

from typing import Any


class SessionChanges:
    """What a session's settings, views, functions and events come to, as values to compare.

    The JVM's own tables of them are held here: they stay the same objects while the session
    lives, and each way to one of them costs several round trips.

    Parameters
    ----------
    session
        The JVM's classic session.
    jvm
        The JVM.
    """

    def __init__(self, session: Any, jvm: Any) -> None:
        state = session.sessionState()
        self._kept = jvm.java.util.ArrayList()
        for table in (
            state.conf().settings(),
            state.catalog().tempViews(),
            session.sharedState().globalTempViewManager().viewDefinitions(),
            state.functionRegistry().functionBuilders(),
            state.tableFunctionRegistry().functionBuilders(),
        ):
            self._kept.add(table)
        self._catalog = session.catalog()
        self._events = session.sparkContext().listenerBus().metrics().numEventsPosted()

    def looks(self) -> tuple[object, ...]:
        """Return what differs once a setting, a view, a function or the database is another."""
        return (
            self._kept.hashCode(),
            str(self._catalog.currentCatalog()),
            str(self._catalog.currentDatabase()),
        )

    def events(self) -> int:
        """Return how much has happened in the application: any change of a catalog counts."""
        return int(self._events.getCount())
