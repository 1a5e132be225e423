"""A script around OpenVINO: exported once, Pillow decodes, numpy normalises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from bench.peers.base import Embed, Network, in_batches
from bench.peers.preset import load_batch, normalised


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors."""
    compute = _compiled(weights)
    return partial(in_batches, embed=lambda files: compute(load_batch(files)))


def open_network(weights: Path, option: str) -> Network:
    """Return the network alone."""
    return Network(normalised, _compiled(weights))


def _compiled(weights: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    model = openvino.Core().compile_model(weights.with_suffix(".onnx"), "CPU")
    return lambda batch: model(batch)[0].copy()
