"""A script around onnxruntime: exported once, Pillow decodes, numpy normalises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bench.peers.base import Embed, Network, in_batches
from bench.peers.preset import load_batch, normalised


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors."""
    compute = _session(weights)
    return partial(in_batches, embed=lambda files: compute(load_batch(files)))


def open_network(weights: Path, option: str) -> Network:
    """Return the network alone."""
    return Network(normalised, _session(weights))


def _session(weights: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(weights.with_suffix(".onnx"), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})[0]
