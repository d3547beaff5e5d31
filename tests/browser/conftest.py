from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import PATIENCE_MS, Lab, start_lab, stop_lab
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the system's chromium, started without a window."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab(
    browser: Browser,  # noqa: ARG001  without a browser there is no need for a server
    kernel_environment: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """Return a JupyterLab that knows nothing of the user's settings."""
    process, started = start_lab(tmp_path_factory.mktemp("notebooks"), kernel_environment)
    yield started
    stop_lab(process)


@pytest.fixture(scope="session")
def stranger(
    lab: Lab,
    kernel_environment: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """Return a second JupyterLab over the same notebooks, which trusts none of them."""
    data = str(tmp_path_factory.mktemp("stranger"))
    process, started = start_lab(lab.folder, {**kernel_environment, "JUPYTER_DATA_DIR": data})
    yield started
    stop_lab(process)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failed test what its page showed: it is gone by the time anybody reads that."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and page is not None:
        cells = page.locator(".jp-Cell").all_inner_texts()
        report.sections.append(("What the page showed", "\n----\n".join(cells)))
    return report


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page in a context of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    context.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Return the folder for pictures, which git does not keep."""
    folder = Path(os.environ.get("STREAMLINK_ARTIFACTS", "artifacts"))
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def tests() -> Path:
    """Return the folder of the tests' own modules."""
    return Path(__file__).parents[1]
