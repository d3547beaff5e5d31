"""A policy file for a test, and a user whom it binds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlink_magic.governance import places

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SOMEBODY = 65_534  # whoever runs the tests is an admin to that user


@dataclass(frozen=True)
class PolicyFile:
    """A policy that holds for the test's process."""

    path: Path

    def write(self, text: str) -> Path:
        """Let the policy say that from now on."""
        self.path.write_text(text, encoding="utf-8")
        self.path.chmod(0o644)
        return self.path


def bind(patch: pytest.MonkeyPatch, folder: Path) -> PolicyFile:
    """Return a policy file that binds a user who is not its owner."""
    path = folder / "policy.toml"
    patch.setenv(places.VARIABLE, str(path))
    patch.setattr(places, "MACHINE_FILE", folder / "none.toml")
    patch.setattr(os, "geteuid", lambda: SOMEBODY)
    places.named_file.cache_clear()
    return PolicyFile(path)


def release() -> None:
    """Forget which file was named."""
    places.named_file.cache_clear()
