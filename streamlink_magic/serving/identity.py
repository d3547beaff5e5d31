"""Which weights a folder holds, as a digest that is the same on every machine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from streamlink_magic.serving.folders import read_manifest


def weights_digest(folder: str) -> str:
    """Return a digest of where a folder's weights come from; empty when it is none of ours.

    A folder of ours says what it was made from: the digest of the original file, and how it was
    converted and rounded.
    """
    manifest = read_manifest(Path(folder)) if folder else {}
    if not manifest:
        return ""
    text = json.dumps(manifest, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
