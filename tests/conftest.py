from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from governed import bind, release
from hypothesis import settings

import streamlink_magic
from streamlink_magic.serving import ServeOptions, start_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governed import PolicyFile

    from streamlink_magic.serving import Endpoint

# How long an example takes says how busy the machine is, and nothing about the product.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def server() -> Endpoint:
    """Return the shared local model server, started if nobody has; it is left running."""
    return start_server(ServeOptions())


@pytest.fixture(scope="session")
def kernel_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a kernel that finds the package and nobody's own settings."""
    home = tmp_path_factory.mktemp("jupyter")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("STREAMLINK_")}
    root = str(Path(streamlink_magic.__file__).parents[1])
    folders = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    return {
        **kept,
        **{name: str(home / folder) for name, folder in folders.items()},
        "PYTHONPATH": os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH", "")])),
    }


@pytest.fixture
def policy_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PolicyFile]:
    """Yield a policy file that binds the test's process, empty as yet."""
    bound = bind(monkeypatch, tmp_path)
    bound.write("")
    yield bound
    release()
