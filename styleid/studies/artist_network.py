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
    """Build the network up to its global average pool, from pretrained weights.

    Parameters
    ----------
    tensors : mapping of str to NDArray of float32
        torchvision's names, as `styleid.backbones.weights_file.load_tensors` reads them.

    Returns
    -------
    torch.nn.Module
        In evaluation mode, (b, 3, h, w) float32 -> (b, 512) float32, every parameter trainable.
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
    """Turn pictures into what the network takes.

    Parameters
    ----------
    pixels : NDArray of uint8
        (b, side, side, 3).
    preset : Preset
        The mean and standard deviation that the weights were trained with.
    normalise : bool
        Whether to use them; if not, pixels are divided by 255 and no more, as the project did.

    Returns
    -------
    torch.Tensor
        (b, 3, side, side) float32, channels last in memory.
    """
    import torch

    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255.0)
    if normalise:
        x.sub_(torch.tensor(preset.mean).view(1, 3, 1, 1)).div_(torch.tensor(preset.std).view(1, 3, 1, 1))
    return x


def frozen_vectors(
    network: torch.nn.Module, pixels: NDArray[np.uint8], preset: Preset, normalise: bool
) -> torch.Tensor:
    """Compute vectors with the network as it stands, without touching it.

    Parameters
    ----------
    network : torch.nn.Module
        From `build_network`.
    pixels, preset, normalise
        As for `as_input`, of any number of pictures.

    Returns
    -------
    torch.Tensor
        (n, 512) float32, without a gradient.
    """
    import torch

    with torch.no_grad(), in_mode(network, train=False):
        parts = [
            network(as_input(pixels[start : start + SCORED_AT_ONCE], preset, normalise))
            for start in range(0, len(pixels), SCORED_AT_ONCE)
        ]
    return torch.cat(parts) if parts else torch.empty((0, WIDTHS[-1]))


@contextmanager
def in_mode(network: torch.nn.Module, train: bool) -> Iterator[None]:
    """Switch batch normalisation between its batches' and its kept statistics, for the length of a block.

    Parameters
    ----------
    network : torch.nn.Module
        Any network.
    train : bool
        Whether batches are normalised by themselves, and change what is kept.
    """
    before = network.training
    network.train(train)
    try:
        yield
    finally:
        network.train(before)
