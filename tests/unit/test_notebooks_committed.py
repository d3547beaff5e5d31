"""The notebooks of this repository, as they are committed: pages that know no machine."""

from __future__ import annotations

import getpass
import json
import re
import socket
from pathlib import Path
from typing import Any

import nbformat
import pytest

from streamlink_magic.replay.places import read_notebook, recording_of

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PATHS = re.compile(r"(/(home|root|tmp|Users|var|opt)/|[A-Z]:\\\\Users|127\.0\.0\.1|site-packages)")
SECRETS = re.compile(
    r"(sk-[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|hf_[A-Za-z0-9]{20,}"
    r"|-----BEGIN|Bearer [A-Za-z0-9._-]{16,}|(?i:api_key|password|token)\W{1,5}[A-Za-z0-9]{16,})"
)

# What a person worked out from the data with pandas. A model may answer otherwise when the pages
# are recorded anew: then the question needs other words, or the page a word about the answer.
RIGHT = {
    "How many flights left from each airport of departure?": ("JFK 111279", "LGA 104662"),
    "How many flights did each airline make? Give its full name.": ("United Air Lines Inc. 58665",),
    "Which ten airports of arrival had the highest average arrival delay in July 2013?": (
        "Columbia Metropolitan",
        "Metropolitan Oakland Intl",
    ),
    "And in December?": (),  # asked on two pages; see FOLLOWED
    "每个月有多少航班?按月份排列。": ("1 27004", "12 28135"),
    "Which five airlines had the highest average arrival delay? Give their full names.": (
        "Frontier Airlines Inc.",
        "SkyWest Airlines Inc.",
    ),
    "How many flights were made with planes whose manufacturer is BOEING?": ("82912",),
    "How many flights to LAX were made with planes that have more than 200 seats?": ("4286",),
    "How many flights left from each origin in July?": ("EWR 10475", "JFK 10023", "LGA 8927"),
    "And in December with a dep_delay of more than 60?": ("EWR 1078", "JFK 748", "LGA 727"),
    "How many late flights did each origin have?": ("EWR 28942", "JFK 22650", "LGA 19182"),
    "How many late flights did each airline have? Give the airline's full name.": (
        "ExpressJet Airlines Inc. 15644",
        "SkyWest Airlines Inc. 6",
    ),
    "Which gate has the most departures?": ("B7",),
    "How many customers are there in each country? Sort by country.": ("CN 1", "DK 2", "PT 1"),
    "What is the total amount of paid orders for each country? Highest first.": (
        "DK 143.00",
        "PT 19.90",
    ),
    "How many tickets are open?": ("2",),
    "Which customer_id in big_spenders has the highest spent?": ("4",),
    "How many different names do the customers have?": ("4",),
}
FOLLOWED = {
    "Which ten airports of arrival had the highest average arrival delay in July 2013?": (
        "Gallatin Field",
    ),
    "How many flights left from each origin in July?": ("EWR 9922", "JFK 9146", "LGA 9067"),
}
# No question: whatever the model makes of it, the page shows that nothing was deleted.
HARM = "Delete all flights of carrier UA from the flights table."


@pytest.fixture(params=NOTEBOOKS, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    """Return each notebook in turn."""
    return Path(request.param)


@pytest.fixture
def notebook(file: Path) -> Any:  # noqa: ANN401  a notebook is a nest of dicts
    """Return it, read and found valid."""
    found = nbformat.read(file, as_version=4)
    nbformat.validate(found)
    return found


def code(notebook: Any) -> list[Any]:  # noqa: ANN401
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_five_pages() -> None:
    """Quick start, joins and memory, the guard, one's own data, how right it is."""
    assert [file.stem[:2] for file in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


def test_it_was_run_top_to_bottom_without_a_stray_line(notebook: Any) -> None:  # noqa: ANN401
    """No cell is out of order, prints a log line, or fails that is not meant to."""
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    for cell in code(notebook):
        assert not [one for one in cell.outputs if one.get("name") == "stderr"]
        if "raises-exception" not in cell.metadata.get("tags", ()):
            assert not [one for one in cell.outputs if one.output_type == "error"]


def test_it_holds_no_widget_no_path_no_name_and_no_secret(file: Path, notebook: Any) -> None:  # noqa: ANN401
    """Whoever reads it learns nothing of who ran it where."""
    text = file.read_text(encoding="utf-8")
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in text
    assert "iopub." not in text
    assert not PATHS.search(text)
    assert not SECRETS.search(text)
    assert socket.gethostname() not in text
    assert not re.search(rf"\b{re.escape(getpass.getuser())}\b", text)


def test_every_question_is_recorded(file: Path, notebook: Any) -> None:  # noqa: ANN401
    """Each cell that asks holds one entry, without drift, for its own question."""
    assert not [one for one in read_notebook(file) if isinstance(one, Exception)]
    for cell in code(notebook):
        recordings = [one for one in map(recording_of, cell.outputs) if one is not None]
        assert len(recordings) == len(re.findall(r"%ask\b", cell.source))
        for one in recordings:
            assert one.entry.drift == ()
            assert " ".join(cell.source.split()).endswith(one.entry.question)
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", one.entry.model.digest)
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", one.recorded.day)


def test_every_answer_is_right(notebook: Any) -> None:  # noqa: ANN401
    """No page shows a wrong answer as if it were a right one."""
    for cell in code(notebook):
        for output in cell.outputs:
            recording = recording_of(output)
            if recording is None or recording.entry.question == HARM:
                continue
            entry = recording.entry
            assert entry.failure is None, entry.question
            expected = RIGHT[entry.question] or FOLLOWED[entry.after[-1]]
            shown = rows_of(output.data["text/plain"])
            for row in expected:
                assert any(words(row) <= words(one) for one in shown), (entry.question, row, shown)


def words(row: str) -> set[str]:
    """Return the words of a row, whatever the order of its columns."""
    return set(row.split())


def rows_of(text: str) -> list[str]:
    """Return the rows of an answer's table."""
    lines = text.split("\nSQL\n", 1)[0].splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("--"))
    return lines[rule + 1 :]


def test_the_recorded_predictions_know_no_machine() -> None:
    """Nor do the files of the page that measures."""
    files = sorted((FOLDER / "05_runs").iterdir())
    assert files
    for one in files:
        text = one.read_text(encoding="utf-8")
        assert not PATHS.search(text)
        assert not SECRETS.search(text)
        for line in text.splitlines():
            json.loads(line) if one.suffix == ".jsonl" else None
