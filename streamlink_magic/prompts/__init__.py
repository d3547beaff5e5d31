"""The words sent to the model, as Markdown files that can be reviewed without reading Python."""

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


def digest() -> str:
    """Return a short digest of all prompt files, so that a changed prompt is noticed."""
    texts = sorted(
        (one.name, one.read_bytes())
        for one in files(__name__).iterdir()
        if one.name.endswith(".md")
    )
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
