"""The words sent to the model, as text files that can be reviewed without reading Python."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files


@cache
def load(name: str) -> str:
    """Return the text of a prompt file, without the newline at its end.

    Parameters
    ----------
    name
        The file's name without ``.md``.
    """
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").rstrip("\n")


@cache
def load_lines(name: str) -> tuple[str, ...]:
    """Return the lines of a JSON Lines file.

    Parameters
    ----------
    name
        The file's name without ``.jsonl``.
    """
    text = files(__name__).joinpath(f"{name}.jsonl").read_text(encoding="utf-8")
    return tuple(line for line in text.split("\n") if line.strip())


def digest() -> str:
    """Return a short digest of all prompt files, so that a changed prompt is noticed."""
    texts = sorted(
        (one.name, one.read_bytes())
        for one in files(__name__).iterdir()
        if one.name.endswith((".md", ".jsonl"))
    )
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
