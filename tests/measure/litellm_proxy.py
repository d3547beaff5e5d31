"""What of a question comes through LiteLLM's proxy, set up as the page for admins says.

Run it by hand, with a LiteLLM from an environment of its own, for it brings 60 packages:
``python tests/measure/litellm_proxy.py PATH/TO/litellm``. It ends with 1 where something is lost.
"""

# ruff: noqa: T201  it prints, that is its job

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from threading import Event
from urllib.error import URLError

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from scripted import ScriptedServer  # noqa: E402

from streamlink_magic.adapters.vllm import VllmModel  # noqa: E402
from streamlink_magic.errors import StreamlinkError  # noqa: E402
from streamlink_magic.records import Completion, Message  # noqa: E402

PORT = 4817
PATIENCE_S = 120
KEYS = {"VLLM_KEY": "upstream-key", "LITELLM_MASTER_KEY": "sk-master"}
ASKED = (Message("user", "How many songs?"), Message("assistant", "```sql\n"))
GRAMMAR = 'root ::= "SELECT" " 1"'


def configured(upstream: str) -> str:
    """Return the page's file, with the scripted server in the place of vLLM."""
    page = (ROOT / "docs" / "hub.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (block,) = [one for one in blocks if "litellm_params" in one]
    block = block.replace("http://127.0.0.1:8000", upstream)
    return str(block).replace("hosted_vllm/Qwen2.5-Coder-1.5B-Instruct", "hosted_vllm/scripted")


def wait(process: subprocess.Popen[bytes]) -> None:
    """Wait until the proxy answers."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/liveliness", timeout=5)
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit("The proxy did not start.")


def lost(server: ScriptedServer) -> list[str]:
    """Ask as a notebook does; return what did not come through."""
    address = f"http://127.0.0.1:{PORT}/v1"
    model = VllmModel(address, KEYS["LITELLM_MASTER_KEY"])
    *pieces, last = model.stream(ASKED, max_tokens=50, grammar=GRAMMAR)
    drafts = model.sample(ASKED, count=4, temperature=0.7, max_tokens=50, stopped=Event())
    streamed, sampled = server.received
    try:
        VllmModel(address, "sk-wrong").names()
        opened = True
    except StreamlinkError:
        opened = False
    held = {
        "the model's name": model.names() == ("Qwen2.5-Coder-1.5B-Instruct",),
        "the count of tokens": model.count_tokens(ASKED) > 0,
        "the answer, piece by piece": len(pieces) > 1,
        "its end": isinstance(last, Completion) and last.text == server.answer,
        "the grammar": streamed.get("structured_outputs") == {"grammar": GRAMMAR},
        "the opened answer": streamed.get("continue_final_message") is True,
        "several drafts": sampled.get("n") == 4 and len(drafts) > 0,
        "the server's own key": b"bearer upstream-key" in bytes(server.wire).lower(),
        "the master key stays outside": b"sk-master" not in server.wire,
        "a wrong key is refused": not opened,
    }
    for what, came in held.items():
        print(f"{'yes' if came else 'NO ':4}{what}")
    return [what for what, came in held.items() if not came]


def main(program: str) -> int:
    """Run the proxy, ask through it, and say what was lost."""
    with ScriptedServer() as server, tempfile.TemporaryDirectory() as folder:
        server.answer = "SELECT id FROM songs ORDER BY id"
        file = Path(folder, "litellm.yaml")
        file.write_text(configured(server.base_url.removesuffix("/v1")), encoding="utf-8")
        command = [program, "--config", str(file), "--host", "127.0.0.1", "--port", str(PORT)]
        environment = os.environ | KEYS | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with Path(folder, "log").open("wb") as log:
            proxy = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait(proxy)
            return bool(lost(server))
        finally:
            proxy.terminate()
            proxy.wait(30)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
