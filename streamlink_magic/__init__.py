"""Ask a Spark notebook in plain words.

A model on your own machines writes Spark SQL, a guard proves that it only reads, and your own
SparkSession runs it::

    %load_ext streamlink_magic

    %%ask late
    Which ten airlines had the worst average arrival delay in summer?

Importing this module loads nothing heavy; the public names are imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from streamlink_magic.errors import StreamlinkError
    from streamlink_magic.guard import check_sql
    from streamlink_magic.records import Verdict
    from streamlink_magic.settings import Policy, Settings

__version__ = "0.1.0"

_HOMES = {
    "Policy": "streamlink_magic.settings",
    "Settings": "streamlink_magic.settings",
    "StreamlinkError": "streamlink_magic.errors",
    "Verdict": "streamlink_magic.records",
    "check_sql": "streamlink_magic.guard",
}

__all__ = [
    "Policy",
    "Settings",
    "StreamlinkError",
    "Verdict",
    "check_sql",
    "load_ipython_extension",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add ``%ask`` and ``%%ask`` to the shell (``%load_ext streamlink_magic``)."""
    import_module("streamlink_magic.magics").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take every trace of the extension out of the shell again."""
    import_module("streamlink_magic.magics").unload(shell)
