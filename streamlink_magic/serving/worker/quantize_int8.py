"""Write a folder's linear layers as int8 (W8A8): ``quantize_int8.py SOURCE TARGET``.

Weights are rounded to the nearest of 255 steps, with one scale for each output channel;
activations are rounded at run time with one scale for each token. This is the scheme of ZeroQuant
(Yao et al. 2022, arXiv:2206.01861, section 3) without its training, in the file format
"int-quantized" of compressed-tensors, which vLLM's CPU kernels read as it is. The output layer is
rounded too: in bf16 it would be a quarter of all bytes read for a token. Embeddings and norms
stay as they are.

Runs under the server's Python, which has torch and safetensors. Prints ``@progress`` lines. The
caller gives the folder its final name; this script only fills it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

STEPS = 127
WEIGHTS = {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "channel"}
ACTIVATIONS = {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "token"}


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


def is_linear(name: str) -> bool:
    """Return whether a tensor is the weight of a linear layer, the output layer included."""
    return name.endswith("_proj.weight") or name == "lm_head.weight"


def rounded(weight: Any) -> tuple[Any, Any]:  # noqa: ANN401  a torch.Tensor
    """Return a weight of shape [out, in] as int8, and its scales of shape [out, 1]."""
    torch = import_module("torch")
    wide = weight.float()
    scale = (wide.abs().amax(dim=1, keepdim=True) / STEPS).clamp(min=1e-12)
    return torch.round(wide / scale).clamp(-STEPS, STEPS).to(torch.int8), scale


def quantize(source: Path, target: Path) -> None:
    """Round every linear layer and save all tensors, the tokenizer and the new config."""
    safetensors = import_module("safetensors")
    tensors: dict[str, Any] = {}
    files = sorted(source.glob("*.safetensors"))
    for number, file in enumerate(files):
        with safetensors.safe_open(str(file), framework="pt") as opened:
            names = list(opened.keys())
            for done, name in enumerate(names):
                tensor = opened.get_tensor(name)
                if is_linear(name):
                    tensor, scale = rounded(tensor)
                    tensors[name.removesuffix("weight") + "weight_scale"] = scale
                tensors[name] = tensor
                tell(0.9 * (number + done / len(names)) / len(files))
    if "lm_head.weight" not in tensors:  # the output layer is tied to the embedding: untie it
        head, scale = rounded(tensors["model.embed_tokens.weight"])
        tensors |= {"lm_head.weight": head, "lm_head.weight_scale": scale}
    save = import_module("safetensors.torch").save_file
    save(tensors, str(target / "model.safetensors"), metadata={"format": "pt"})
    copy_rest(source, target)
    tell(1.0)


def copy_rest(source: Path, target: Path) -> None:
    """Copy tokenizer and templates, and write the config that names the format."""
    for file in source.iterdir():
        if file.suffix in {".json", ".jinja", ".txt"} and "safetensors.index" not in file.name:
            shutil.copyfile(file, target / file.name)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    layers = {
        "targets": ["Linear", "re:.*lm_head"],  # vLLM's output layer is of another class
        "weights": {**WEIGHTS, "dynamic": False},
        "input_activations": {**ACTIVATIONS, "dynamic": True},
    }
    config["tie_word_embeddings"] = False
    config["quantization_config"] = {
        "quant_method": "compressed-tensors",
        "format": "int-quantized",
        "quantization_status": "compressed",
        "ignore": [],
        "config_groups": {"group_0": layers},
    }
    (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")


if __name__ == "__main__":
    leave_with_parent()
    quantize(Path(sys.argv[1]), Path(sys.argv[2]))
