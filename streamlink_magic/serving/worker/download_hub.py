"""Download a model at one commit: ``download_hub.py ORG/NAME REVISION FOLDER MANIFEST``.

Runs under the server's Python, which has huggingface_hub. Prints ``@progress`` lines. The
manifest is written last and names the commit that the revision stood for.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "LICENSE*")


def watch(folder: Path, total_bytes: int) -> None:
    """Print how much is there; end this process when its parent is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        here = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        sys.stdout.write(f"@progress {min(1.0, here / max(1, total_bytes)):.3f}\n")
        sys.stdout.flush()
        time.sleep(1)
    os._exit(1)


def download(repo: str, revision: str, folder: Path, manifest: str) -> None:
    """Resolve the revision to its commit, then fetch weights, configuration and tokenizer."""
    hub = import_module("huggingface_hub")
    info = hub.HfApi().model_info(repo, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings}
    total = sum(size for name, size in sizes.items() if any(fnmatch(name, w) for w in WANTED))
    if shutil.disk_usage(folder).free < total:
        sys.exit(f"error: No space left on device for {total / 1024**3:.1f} GiB")
    threading.Thread(target=watch, args=(folder, total), daemon=True).start()
    hub.snapshot_download(repo, revision=info.sha, local_dir=folder, allow_patterns=list(WANTED))
    (folder / manifest).write_text(json.dumps({"repo": repo, "commit": info.sha}), encoding="utf-8")


if __name__ == "__main__":
    download(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
