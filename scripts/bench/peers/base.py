"""The list of peers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Embed = Callable[[list[Path]], NDArray[np.float32]]
BATCH = 32


@dataclass(frozen=True)
class Network:
    """A network alone: `prepare` is not timed, the call is."""

    prepare: Callable[[NDArray[np.uint8]], Any]
    compute: Callable[[Any], NDArray[np.float32]]

    def __call__(self, batch: Any) -> NDArray[np.float32]:
        """Return the vectors of a prepared batch."""
        return self.compute(batch)


@dataclass(frozen=True)
class Peer:
    """A way to embed pictures.

    Attributes
    ----------
    worker : str
        Module in this folder, and after a colon its option.
    title : str
        Its name for a reader.
    needs : tuple of str
        Modules that have to be installed.
    network : bool
        Whether its network can be timed alone.
    note : str
        Why its vectors are not those of styleid, where they are not.
    """

    worker: str
    title: str
    needs: tuple[str, ...]
    network: bool = False
    note: str = ""


PEERS = (
    Peer("torchvision_loop:0", "torchvision, DataLoader", ("torchvision",), network=True),
    Peer("torchvision_loop:2", "torchvision, DataLoader, 2 workers", ("torchvision",)),
    Peer(
        "timm_loop:0",
        "timm, DataLoader",
        ("timm",),
        note="its own preset: short side 235, bicubic, where the weights' preset says 256, bilinear",
    ),
    Peer(
        "img2vec:",
        "img2vec-pytorch",
        ("img2vec_pytorch",),
        note="squeezes every picture to 224 x 224 instead of cutting its middle",
    ),
    Peer(
        "embetter_encoder:",
        "embetter TimmEncoder",
        ("embetter", "timm"),
        note="never puts the network into evaluation mode, so batch normalisation uses each picture's own "
        "statistics; keeps gradients, one picture at a time; timm's preset",
    ),
    Peer("vyntri_extractor:", "vyntri FeatureExtractor", ("vyntri",)),
    Peer("onnxruntime_script:", "onnxruntime script", ("onnxruntime", "onnx"), network=True),
    Peer("openvino_script:", "openvino script", ("openvino", "onnx"), network=True),
)


def in_batches(files: list[Path], embed: Embed) -> NDArray[np.float32]:
    """Embed files a batch at a time, as a person does who has more pictures than memory."""
    parts = [embed(files[start : start + BATCH]) for start in range(0, len(files), BATCH)]
    return np.concatenate(parts)
