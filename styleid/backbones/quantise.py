"""Eight bits for a frozen ResNet-18 from its weights alone: no picture is needed, none is in the space.

Each channel leaves its batch normalisation at about beta, with the deviation |gamma|; eight bits are spread
over a few of these deviations (the data-free ranges of Nagel et al. 2019, "Data-Free Quantization Through
Weight Equalization and Bias Correction").
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Tensors
from styleid.backbones.resnet import BLOCKS, WIDTHS
from styleid.errors import WeightsError

#: Deviations beyond the mean that eight bits still cover. Strokes on blank paper have heavy tails.
DEVIATIONS = 8.0
#: Largest absolute value of a weight. Processors without VNNI add two products of an eight-bit weight and
#: an unsigned eight-bit value in 16 bits: 2 * 255 * 64 fits, 2 * 255 * 127 is cut off without a word.
LARGEST = 64
#: What makes the numbers, as kept in the identity of a space: change it with whatever changes them.
SCHEME = "weights +-64 a channel, maps 8 bits over 8 deviations of their batch normalisation, version 1"
_LEAST = 1e-6  # a map that is 0 everywhere needs a span too


def spans(tensors: Tensors) -> dict[str, float]:
    """Return the largest value that eight bits cover, for each map of ResNet-18 that a convolution reads.

    A map is named by the batch normalisation (``layer1.0.bn1``) or block (``layer1.0``) before its ReLU.
    """
    largest: dict[str, float] = {}

    def keep(name: str, mean: NDArray[np.float64], variance: NDArray[np.float64]) -> None:
        span = float((mean + DEVIATIONS * np.sqrt(variance)).max())
        if not math.isfinite(span):
            raise WeightsError(f"these weights cannot be computed in int8: {name} holds NaN or infinity")
        largest[name] = max(span, _LEAST)

    stream = _after(tensors, "bn1")
    keep("bn1", *stream)
    for stage in range(1, 1 + len(WIDTHS)):
        for block in range(BLOCKS):
            name = f"layer{stage}.{block}"
            keep(f"{name}.bn1", *_after(tensors, f"{name}.bn1"))
            down = f"{name}.downsample.1"
            shortcut = _after(tensors, down) if f"{down}.weight" in tensors else _rectified(*stream)
            out = _after(tensors, f"{name}.bn2")
            # The two sides of the sum are taken as independent.
            stream = out[0] + shortcut[0], out[1] + shortcut[1]
            keep(name, *stream)
    return largest


def _after(tensors: Tensors, norm: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of each channel after a batch normalisation."""
    return tensors[f"{norm}.bias"].astype(np.float64), tensors[f"{norm}.weight"].astype(np.float64) ** 2


def in_eight_bits(weight: NDArray[np.floating], name: str) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return whole numbers and the scale of each output channel: ``weight ~ whole * scale``.

    Both are (out, in, k, k) or broadcast to it; whole numbers lie between -`LARGEST` and `LARGEST`.
    """
    if not np.isfinite(weight).all():
        raise WeightsError(f"these weights cannot be computed in int8: {name} holds NaN or infinity")
    largest = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
    scale = np.where(largest > 0, largest / LARGEST, 1.0).astype(np.float32)
    return np.rint(weight / scale).clip(-LARGEST, LARGEST).astype(np.int8), scale


def _rectified(
    mean: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of max(0, x) for normal x: the rectified Gaussian's."""
    deviation = np.sqrt(variance) + _LEAST
    z = mean / deviation
    below = np.array([math.erfc(-v / math.sqrt(2)) / 2 for v in z])
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    first = mean * below + deviation * density
    second = (mean**2 + deviation**2) * below + mean * deviation * density
    return first, np.maximum(second - first**2, 0.0)
