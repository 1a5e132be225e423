"""The layers of ResNet-18 in eight bits, as OpenVINO reads them off a graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from openvino import Node
from openvino import opset13 as ops

from styleid.backbones.base import Preset, Tensors
from styleid.backbones.quantise import in_eight_bits, spans
from styleid.backbones.resnet import fold
from styleid.backbones.runtimes.openvino.graph import SinglePrecision, channels_first, convolve


class EightBits(SinglePrecision):
    """Whole weights, and maps rounded to eight bits: OpenVINO then computes in whole numbers.

    The two sides of a block's sum are not rounded: OpenVINO would join such a rounding to the convolution and
    leave it out on some processors, and it saves no time.
    """

    def __init__(self, tensors: Tensors, preset: Preset) -> None:
        super().__init__(tensors, preset)
        self.spans = spans(tensors)

    def stem(self, pixels: Node) -> Node:
        """Put pixels through the first layer as whole numbers: its weights hold the normalisation.

        The convolution's frame of 0 is laid around the picture as the whole number nearest to what becomes 0.
        """
        weight, bias = fold(self.tensors, "conv1", "bn1")
        rounded, scale = in_eight_bits(weight / self.std[:, None, None], "conv1")
        # With the rounded weights: a blank sheet would multiply their error by 255.
        bias = bias - (rounded * scale).sum((2, 3)) @ self.mean
        framed = _framed(pixels, np.rint(self.mean).astype(np.uint8), 3)
        # Rounding changes nothing here, but tells OpenVINO that these are whole numbers of eight bits.
        framed = _rounded(channels_first(framed), 0, 255)
        return convolve(framed, _whole(rounded, scale), bias, 2, 0)

    def convolution(self, x: Node, conv: str, norm: str, stride: int, padding: int) -> Node:
        """Put `x` through a convolution and its batch normalisation."""
        weight, bias = fold(self.tensors, conv, norm)
        return convolve(x, _whole(*in_eight_bits(weight, conv)), bias, stride, padding)

    def positive(self, x: Node, name: str) -> Node:
        """Round the map `name`, nowhere below 0, to 256 steps."""
        return _rounded(x, 0, self.spans[name])


def _whole(weight: NDArray[np.int8], scale: NDArray[np.float32]) -> Node:
    """Return weights that are kept as whole numbers."""
    return ops.multiply(ops.convert(ops.constant(weight), np.float32), ops.constant(scale))


def _rounded(x: Node, low: float, high: float) -> Node:
    """Round to 256 steps from `low` to `high`; what lies beyond is cut off."""
    low_node, high_node = (ops.constant(np.float32(end)) for end in (low, high))
    return ops.fake_quantize(x, low_node, high_node, low_node, high_node, 256)


def _framed(pixels: Node, colour: NDArray[np.uint8], width: int) -> Node:
    """Lay a frame of one colour around pictures (b, h, w, 3)."""
    for axis in (1, 2):
        shape = list(pixels.shape)
        shape[axis] = width
        edge = ops.constant(np.ascontiguousarray(np.broadcast_to(colour, shape)))
        pixels = ops.concat([edge, pixels, edge], axis)
    return pixels
