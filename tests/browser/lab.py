"""A private JupyterLab on this machine, and the way a test drives its page."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import Locator, Page

PATIENCE_MS = 240_000
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_START_S = 120
# The page's own indicator says idle before the kernel is connected; the application knows.
_READY = """() => {
    const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    const kernel = context?.session?.kernel;
    return !!context?.isReady && kernel?.connectionStatus === 'connected'
        && kernel.status === 'idle';
}"""
_RAN = """() => {
    const cells = [...window.jupyterapp.shell.currentWidget.content.widgets];
    const code = cells.filter(cell => cell.model.type === 'code');
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    return kernel.status === 'idle' && code.every(cell => cell.model.executionCount !== null);
}"""


@dataclass(frozen=True)
class Lab:
    """A JupyterLab or Notebook 7 of the test's own, with its folder of notebooks."""

    url: str
    token: str
    folder: Path
    page: str = "doc/tree"

    def open(self, page: Page, name: str) -> None:
        """Show a notebook alone and wait for its kernel."""
        where = f"{self.url}/{self.page}/{name}?token={self.token}"
        page.goto(where, wait_until="domcontentloaded")
        page.wait_for_function(_READY, timeout=PATIENCE_MS)

    def write(self, name: str, sources: Sequence[str]) -> None:
        """Make a notebook of code cells that have not run."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [new_code_cell(source) for source in sources]
        nbformat.write(
            new_notebook(cells=cells, metadata={"kernelspec": kernel}), self.folder / name
        )

    def read(self, name: str) -> Any:  # noqa: ANN401  a notebook is a nest of dicts
        """Return a notebook as it lies on the disk."""
        return nbformat.read(self.folder / name, as_version=4)


def run_all(page: Page) -> None:
    """Start every cell; the page does not wait for them."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")


def wait_until_ran(page: Page) -> None:
    """Wait until no cell is left to run."""
    page.wait_for_function(_RAN, timeout=PATIENCE_MS)


def save(page: Page) -> None:
    """Save the notebook as the user's own save does."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


def wear(page: Page, theme: str) -> None:
    """Show the page in the light or the dark theme."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        THEMES[theme],
    )
    light = "true" if theme == "light" else "false"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")


def photograph(page: Page, cell: Locator, pictures: Path, name: str) -> None:
    """Keep a picture of a cell in each theme, and leave the page light."""
    for theme in ("dark", "light"):
        wear(page, theme)
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        cell.screenshot(path=pictures / f"{name}-{theme}.png")


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310  our own server
    except OSError:
        return False
    return True


def _keep_quiet(settings: Path) -> None:
    """Answer Jupyter's own question about news, which would cover a part of the page."""
    folder = settings / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    answer = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (folder / "notification.jupyterlab-settings").write_text(json.dumps(answer))


def start_lab(folder: Path, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], Lab]:
    options = (
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    )
    return _start("lab", "doc/tree", options, folder, environment)


def start_notebook(
    folder: Path, environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], Lab]:
    """Start Notebook 7; its server has Voila, too."""
    options = ("--JupyterNotebookApp.expose_app_in_browser=True",)
    return _start("notebook", "notebooks", options, folder, environment)


def _start(
    program: str, page: str, own: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], Lab]:
    _keep_quiet(Path(environment["JUPYTERLAB_SETTINGS_DIR"]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(16), folder, page)
    options = (
        "--allow-root",
        "--no-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={lab.token}",
        f"--ServerApp.root_dir={folder}",
        *own,
    )
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", program, *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
        )
    deadline = time.monotonic() + _START_S
    while not _answers(f"{lab.url}/api/status?token={lab.token}"):
        assert process.poll() is None, (folder / "lab.log").read_text()
        assert time.monotonic() < deadline, (folder / "lab.log").read_text()
        time.sleep(0.3)
    return process, lab


def stop_lab(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
