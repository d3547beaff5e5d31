"""Write a GGUF file's weights as bf16 safetensors: ``convert_gguf.py FILE.gguf FOLDER``.

Runs under the server's Python, which has torch, transformers and gguf. Prints ``@progress``
lines. The caller gives the folder its final name; this script only fills it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from importlib import import_module
from pathlib import Path


def leave_with_parent() -> None:
    """End this process when the one that started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def tell(fraction: float) -> None:
    """Print how much is done."""
    sys.stdout.write(f"@progress {fraction}\n")
    sys.stdout.flush()


def convert(gguf: Path, target: Path) -> None:
    """Dequantise every weight, then save model and tokenizer."""
    torch, transformers = import_module("torch"), import_module("transformers")
    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
    model = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16)
    # The weights are plain bf16 now; as long as the model says "quantised", saving refuses.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    tell(0.9)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    tell(1.0)


if __name__ == "__main__":
    leave_with_parent()
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
