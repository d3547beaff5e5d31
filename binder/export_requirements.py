"""Write ``requirements.txt``: the versions that the tests ran with, for what Binder needs.

``make binder-requirements`` runs it in the environment of the tests, which is what CI installs.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("spark", "charts", "demo", "notebooks")
ALSO = ("jupyterlab",)
HEAD = """\
# Exact versions of what the notebooks need, as the tests ran with them.
# Made by: make binder-requirements
"""
# The image has a Python and a glibc of its own: a local version (+cpu) is no part of an index.
_LOCAL = re.compile(r"\+.*")


def pins() -> list[str]:
    """Return ``name==version`` for everything that is needed, sorted."""
    found: dict[str, str] = {}
    waiting = [
        *(Requirement(name) for name in ALSO),
        Requirement(f"streamlink-magic[{','.join(EXTRAS)}]"),
    ]
    done: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in ("", *sorted(wanted.extras)):
            if (name, extra) in done:
                continue
            done.add((name, extra))
            try:
                there = distribution(name)
            except PackageNotFoundError:
                continue  # for another system or Python
            found[name] = _LOCAL.sub("", there.version)
            for line in there.requires or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    found.pop("streamlink-magic", None)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    target = Path(__file__).with_name("requirements.txt")
    target.write_text(HEAD + "\n".join(pins()) + "\n", encoding="utf-8")
