"""ResNet-18 with its batch normalisation alive, for those steps of the replay that need it.

`styleid.backbones.resnet` folds the normalisation away, which a network that is to be trained still needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Preset, Tensors
from styleid.backbones.resnet import UNUSED, WIDTHS

if TYPE_CHECKING:
    import torch

#: Keras's BatchNormalization keeps 0.99 of its running statistics a step; torch names what it takes in.
BATCH_NORM_MOMENTUM = 0.01
#: Pictures that go through a network at once where nothing is learned.
SCORED_AT_ONCE = 64


def build_network(tensors: Tensors) -> torch.nn.Module:
    """Build the pretrained network up to its global average pool: (b, 3, h, w) float32 -> (b, 512).

    It comes in evaluation mode with every parameter trainable; `tensors` have torchvision's names.
    """
    import torch
    from torchvision.models import resnet18

    network: torch.nn.Module = resnet18(weights=None)
    network.fc = torch.nn.Identity()
    state = {
        name: torch.from_numpy(np.array(array))
        for name, array in tensors.items()
        if not name.startswith(UNUSED)
    }
    # Not strict: the counters of batches seen are in no weights file of ours, and nothing reads them.
    network.load_state_dict(state, strict=False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = BATCH_NORM_MOMENTUM
    return network.to(memory_format=torch.channels_last).eval()


def as_input(pixels: NDArray[np.uint8], preset: Preset, normalise: bool) -> torch.Tensor:
    """Turn (b, side, side, 3) uint8 into (b, 3, side, side) float32, channels last in memory.

    Without `normalise` pixels are only divided by 255, as the project did.
    """
    import torch

    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255.0)
    if normalise:
        x.sub_(torch.tensor(preset.mean).view(1, 3, 1, 1)).div_(torch.tensor(preset.std).view(1, 3, 1, 1))
    return x


def frozen_vectors(
    network: torch.nn.Module, pixels: NDArray[np.uint8], preset: Preset, normalise: bool
) -> torch.Tensor:
    """Compute (n, 512) vectors without a gradient; the network, its mode included, stays as it is."""
    import torch

    with torch.no_grad(), in_mode(network, train=False):
        parts = [
            network(as_input(pixels[start : start + SCORED_AT_ONCE], preset, normalise))
            for start in range(0, len(pixels), SCORED_AT_ONCE)
        ]
    return torch.cat(parts) if parts else torch.empty((0, WIDTHS[-1]))


@contextmanager
def in_mode(network: torch.nn.Module, train: bool) -> Iterator[None]:
    """Switch batch normalisation between its batches' and its kept statistics while the block runs.

    With `train`, batches are normalised by themselves and change what is kept.
    """
    before = network.training
    network.train(train)
    try:
        yield
    finally:
        network.train(before)
