from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from gallery import RESULTS, write_gallery
from lab import THEMES, wear
from nbformat.sign import NotebookNotary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab import Lab
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

OUTPUT = ".jp-OutputArea-output"
SHAPES = {
    "none": "No row came back",
    "nested": "0x00ff",
    "numbers": "-Infinity",
    "long": "(+999,800 characters)",
    "scripts": "全日空 航空",
    "twins": "More than one column has the same name: a.",
}
# Of Lab's own page nothing is looked at; what stays are the answers.
_SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def saved(lab: Lab, kernel_environment: Mapping[str, str]) -> str:
    """Return a notebook of answers that the user's own Lab trusts, and a stranger's does not."""
    name = "gallery.ipynb"
    write_gallery(lab.folder / name)
    notary = NotebookNotary(data_dir=kernel_environment["JUPYTER_DATA_DIR"])
    notary.sign(nbformat.read(lab.folder / name, as_version=4))
    return name


def show(lab: Lab, page: Page, name: str, theme: str) -> None:
    """Open a notebook in a theme and let every cell be drawn."""
    lab.open(page, name)
    wear(page, theme)
    page.set_viewport_size({"width": 1400, "height": 12_000})
    page.locator(OUTPUT).nth(len(RESULTS) - 1).wait_for()
    page.wait_for_timeout(1000)


def answer(page: Page, name: str) -> Locator:
    """Return the output of one of the answers."""
    return page.locator(OUTPUT).nth(list(RESULTS).index(name))


def serious(page: Page) -> list[dict[str, Any]]:
    """Return what axe-core holds against the answers."""
    found = Axe().run(page, context=OUTPUT).response["violations"]
    return [
        {"id": one["id"], "where": [node["html"][:200] for node in one["nodes"][:3]]}
        for one in found
        if one["impact"] in _SERIOUS
    ]


@pytest.fixture(params=["lab", "stranger"])
def whose(request: pytest.FixtureRequest) -> Lab:
    """Return a Lab that trusts the notebook, and one that does not."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("theme", THEMES)
def test_every_answer_reads_in_both_themes(
    lab: Lab, whose: Lab, page: Page, saved: str, pictures: Path, *, theme: str
) -> None:
    """Trusted or not, light or dark: charts, tables and folds are there, nothing ran."""
    show(whose, page, saved, theme)
    state = f"{theme}-{'trusted' if whose is lab else 'stranger'}"
    for name in RESULTS:
        answer(page, name).screenshot(path=pictures / f"answer-{name}-{state}.png")
    trusted = page.evaluate(
        "() => [...window.jupyterapp.shell.currentWidget.content.widgets]"
        ".every(cell => cell.model.trusted)"
    )
    assert trusted == (whose is lab)
    image = answer(page, "bars").locator("img")
    assert image.get_attribute("alt").startswith("Bar chart of delay by name: 10 bars.")
    assert image.evaluate("image => image.naturalWidth") > 300
    assert answer(page, "figure").get_by_text("336,776", exact=True).is_visible()
    assert answer(page, "wide").locator("th").count() == 200
    assert answer(page, "wide").get_by_text("only the first 50 were fetched").is_visible()
    for name, told in SHAPES.items():
        assert answer(page, name).get_by_text(told).first.is_visible(), name
    arabic = answer(page, "scripts").locator("td", has_text="مرحبا")
    assert arabic.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert answer(page, "hostile").locator("script, [onerror]").count() == 0
    assert page.evaluate("() => window.pwned") is None
    # Lab takes the tabindex out of what it does not trust, so that keys cannot scroll there.
    stripped = set() if whose is lab else {"scrollable-region-focusable"}
    assert [one for one in serious(page) if one["id"] not in stripped] == []


def test_the_keyboard_reaches_everything(lab: Lab, page: Page, saved: str) -> None:
    """Tab comes to the table and to every fold; arrows scroll, Enter opens and closes."""
    show(lab, page, saved, "light")
    wide = answer(page, "wide")
    handle = wide.locator("caption [tabindex]")
    handle.focus()
    for key, way in (("ArrowRight", "scrollLeft"), ("ArrowDown", "scrollTop")):
        page.keyboard.press(key)
        moved = f"one => one.closest('div').{way} > 0"
        page.wait_for_function(moved, arg=handle.element_handle(), timeout=10_000)
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => document.activeElement?.tagName + ':' + "
            "document.activeElement?.textContent.slice(0, 6)"
        )
        reached.append(focused)
    for title in ("SQL", "How", "Checks", "Sent t", "Plan", "Times"):
        assert f"SUMMARY:{title}" in reached
    how = wide.locator("summary", has_text="How")
    how.focus()
    page.keyboard.press("Enter")
    assert wide.get_by_text("The small numbers are the steps").is_visible()
    page.keyboard.press("Enter")
    assert not wide.get_by_text("The small numbers are the steps").is_visible()


def test_nothing_is_lost_at_twice_the_size(
    lab: Lab, page: Page, saved: str, pictures: Path
) -> None:
    """At 200 % zoom, half the width, texts wrap and pictures shrink; only tables scroll."""
    show(lab, page, saved, "light")
    page.set_viewport_size({"width": 700, "height": 12_000})
    page.wait_for_timeout(500)
    for name in ("bars", "hostile", "wide"):
        one = answer(page, name)
        one.screenshot(path=pictures / f"answer-{name}-zoomed.png")
        over = one.evaluate(
            "node => [...node.querySelectorAll('div, img, pre, p')].filter(one => "
            "!one.closest('table') && one.getBoundingClientRect().right > "
            "node.getBoundingClientRect().right + 1).map(one => one.outerHTML.slice(0, 120))"
        )
        assert over == []
