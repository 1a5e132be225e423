"""A runtime of styleid alone; the option is ``runtime/precision``."""

from __future__ import annotations

from pathlib import Path

from bench.peers.base import BATCH, Network
from styleid.backbones.resnet18_style import BACKBONE, FILE
from styleid.backbones.runtimes.base import RuntimeOptions, open_runtime
from styleid.backbones.weights_file import load_tensors


def open_network(weights: Path, option: str) -> Network:
    """Return the network; it takes bytes and normalises them itself."""
    runtime, precision = option.split("/")
    options = RuntimeOptions(runtime=runtime, precision=precision, batch_size=BATCH)
    opened = open_runtime(BACKBONE, load_tensors(FILE), ("avgpool",), options)
    return Network(lambda pixels: pixels, lambda pixels: opened.vectors(pixels)["avgpool"])
