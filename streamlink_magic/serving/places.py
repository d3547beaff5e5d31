"""Where environments, weights, logs and the state of the server live."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

CACHE_VARIABLE = "STREAMLINK_CACHE"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders and files below one cache root.

    Parameters
    ----------
    root
        The folder that holds everything; it may be deleted as a whole when no server runs.
    """

    root: Path

    @property
    def environments(self) -> Path:
        """Virtual environments, each with vLLM."""
        return self.root / "environments"

    @property
    def models(self) -> Path:
        """Folders of weights, ready to be served."""
        return self.root / "models"

    @property
    def downloads(self) -> Path:
        """Files on their way to becoming a model."""
        return self.root / "downloads"

    @property
    def logs(self) -> Path:
        """What pip, the workers and the server printed."""
        return self.root / "logs"

    @property
    def compiled(self) -> Path:
        """What vLLM compiled, so that the next start need not."""
        return self.root / "compiled"

    @property
    def state_file(self) -> Path:
        """Who the running server is; readable by its owner only, for it holds the key."""
        return self.root / "server.json"

    @property
    def server_lock(self) -> Path:
        """Held by the one process that starts a server."""
        return self.root / "server.lock"


def find_places() -> Places:
    """Return the folders to use, as the environment says at this moment.

    Returns
    -------
    Places
        Below ``STREAMLINK_CACHE`` where that is set, else below the user's cache folder.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    root = Path(chosen).expanduser() if chosen else Path(user_cache_dir("streamlink_magic"))
    return Places(root.absolute())
