"""The words sent to the model, as Markdown files that can be reviewed without reading Python."""

from __future__ import annotations

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
