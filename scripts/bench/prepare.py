"""Put the weights that ship with styleid where every peer can read them; list what styleid can run.

Usage: python -m bench.prepare WEIGHTS.pt FOLDER PIXELS.npy

Writes WEIGHTS.pt (a state dict in torchvision's names), WEIGHTS.onnx where onnx is installed,
and the pictures of FOLDER as pixels. Prints the variants of styleid as JSON.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from bench.peers.preset import center_crop
from bench.peers.torchvision_network import load_network
from styleid.backbones.resnet18_style import FILE
from styleid.backbones.weights_file import load_tensors


def main() -> None:
    """Write the files, print the variants."""
    weights, folder, pixels = (Path(argument) for argument in sys.argv[1:])
    state = {name: torch.from_numpy(array) for name, array in load_tensors(FILE).items()}
    for name in [name for name in state if name.endswith("running_mean")]:
        state[name.replace("running_mean", "num_batches_tracked")] = torch.tensor(1)
    torch.save(state, weights)
    if find_spec("onnx") and find_spec("onnxscript"):
        torch.onnx.export(
            load_network(weights),
            (torch.zeros(2, 3, 224, 224),),
            weights.with_suffix(".onnx"),
            input_names=["pixels"],
            output_names=["vectors"],
            dynamic_shapes={"x": {0: torch.export.Dim("n")}},
            external_data=False,
            verbose=False,
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    np.save(pixels, np.stack([center_crop(file) for file in files]))
    print("\n" + json.dumps(variants()))


def variants() -> dict[str, str]:
    """Return runtime/precision -> why it cannot run here, or nothing; empty for a styleid without them."""
    try:
        from pkgutil import resolve_name

        from styleid.backbones.runtimes.base import REGISTRY, RuntimeOptions
    except ImportError:
        return {}
    found = {}
    for precision in ("fp32", "int8"):
        for runtime, place in REGISTRY.items():
            kind = resolve_name(place)
            if precision not in kind.precisions:
                reason = f"{runtime} does not compute in {precision}"
            else:
                reason = kind.unusable(RuntimeOptions(runtime=runtime, precision=precision)) or ""
            found[f"{runtime}/{precision}"] = str(reason)
    return found


if __name__ == "__main__":
    main()
