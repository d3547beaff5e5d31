"""What is made ready in the background before a question comes, so that the first is not slow."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from streamlink_magic.adapters.drawing import warm_drawing
from streamlink_magic.adapters.spark.workbench import open_workbench
from streamlink_magic.auditing import Account
from streamlink_magic.disclosure import see_tables
from streamlink_magic.endpoint import find_model
from streamlink_magic.sampling import open_sampler
from streamlink_magic.steps.prompt import prefix_messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.catalog.cache import CatalogCache
    from streamlink_magic.protocols import Workbench
    from streamlink_magic.records import Message
    from streamlink_magic.settings import Settings


class WarmUp:
    """Learns the tables, and sends the prompt's stable front once, so that vLLM caches it.

    Parameters
    ----------
    cache
        What is known of the catalog.
    """

    def __init__(self, cache: CatalogCache) -> None:
        self._cache = cache
        self._sent: tuple[Message, ...] = ()
        self.due = True

    def begin(self, spark: object, settings: Settings, *, remember: Callable[[], object]) -> None:
        """Make ready in a thread of its own.

        Parameters
        ----------
        remember
            Reads the project's files, so that the catalog heeds what they say of joins.
        """
        self.due = False
        work = partial(self._make_ready, spark, settings, remember)
        threading.Thread(target=work, daemon=True).start()

    def _make_ready(
        self, spark: object, settings: Settings, remember: Callable[[], object]
    ) -> None:
        # All are kindnesses: whatever is wrong, a stopped Spark too, the question will say.
        with suppress(Exception):
            if settings.charts:
                warm_drawing()
        account = Account.of(settings)
        with suppress(Exception):
            workbench = open_workbench(spark, settings.databases, account)
            remember()
            self._learn(workbench, settings)
        with suppress(Exception):
            account.write("warmed")  # names and types are sent, and no question
            self._send_front(open_workbench(spark, settings.databases, account), settings)

    def _learn(self, workbench: Workbench, settings: Settings) -> None:
        """Look at bounded samples, so that joins and values are known when a question comes."""
        if settings.sample_values:
            see_tables(workbench, settings, self._cache)
            reader = open_sampler(workbench, settings)
            self._cache.learn(reader, budget_s=settings.sample_budget_s)

    def _send_front(self, workbench: Workbench, settings: Settings) -> None:
        snapshot = see_tables(workbench, settings, self._cache)
        model = find_model(settings, None)
        tables = tuple(table for table in snapshot.tables if table.described)
        front = partial(prefix_messages, tables, snapshot.current_database, self._cache.profile)
        messages = front()
        fits = model.count_tokens(messages) <= settings.prompt_tokens
        if tables and fits and messages != self._sent:
            self._sent = messages
            model.warm(messages)
            if settings.two_forms and settings.samples:
                model.warm(front(form="columns"))
