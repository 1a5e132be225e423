"""ResNet-18 as a graph of OpenVINO, drawn from the weights themselves.

Converting the torch module gives the same graph, but imports torch first: longer than OpenVINO's whole start.
This module loads OpenVINO.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from openvino import Model, Node
from openvino import opset13 as ops

from styleid.backbones.base import AVGPOOL, STYLE, Preset, Tensors
from styleid.backbones.resnet import BLOCKS, STYLE_STAGES, WIDTHS, check_shapes, fold, stages_read

PLACES = (2, 3)  # the axes of a map's places: (b, c, h, w)


class SinglePrecision:
    """The layers of the network in float32; `preset` says how pixels are normalised."""

    def __init__(self, tensors: Tensors, preset: Preset) -> None:
        self.tensors = tensors
        self.mean = 255 * np.array(preset.mean)
        self.std = 255 * np.array(preset.std)

    def stem(self, pixels: Node) -> Node:
        """Normalise pixels (b, h, w, 3) of uint8 and put them through the first layer."""
        x = ops.subtract(channels_first(pixels), of_channels(self.mean))
        return self.convolution(ops.multiply(x, of_channels(1 / self.std)), "conv1", "bn1", 2, 3)

    def convolution(self, x: Node, conv: str, norm: str, stride: int, padding: int) -> Node:
        """Put `x` through a convolution and its batch normalisation."""
        weight, bias = fold(self.tensors, conv, norm)
        return convolve(x, ops.constant(weight), bias, stride, padding)

    def positive(self, x: Node, name: str) -> Node:
        """Return what is kept of the map `name`, nowhere below 0, that a convolution reads next."""
        return x


def draw_resnet18(layers: SinglePrecision, descriptors: Sequence[str], batch_size: int, side: int) -> Model:
    """Draw the network as far as it is read; the last stage is left out where nothing is read off it.

    (batch_size, side, side, 3) uint8 -> (batch_size, sum of dims) float32, the descriptors side by side.
    """
    check_shapes(layers.tensors)

    def block(x: Node, name: str, stride: int, kept: bool) -> Node:
        out = ops.relu(layers.convolution(x, f"{name}.conv1", f"{name}.bn1", stride, 1))
        out = layers.convolution(layers.positive(out, f"{name}.bn1"), f"{name}.conv2", f"{name}.bn2", 1, 1)
        down = f"{name}.downsample"
        if f"{down}.0.weight" in layers.tensors:
            x = layers.convolution(x, f"{down}.0", f"{down}.1", stride, 0)
        out = ops.relu(ops.add(out, x))
        return layers.positive(out, name) if kept else out

    pixels = ops.parameter([batch_size, side, side, 3], np.uint8)
    x = layers.positive(ops.relu(layers.stem(pixels)), "bn1")
    x = ops.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3]).output(0)
    statistics: list[Node] = []
    for stage in range(1, 1 + stages_read(descriptors)):
        for number in range(BLOCKS):
            last = stage == len(WIDTHS) and number == BLOCKS - 1  # read by no convolution
            x = block(x, f"layer{stage}.{number}", 2 if stage > 1 and number == 0 else 1, not last)
        if STYLE in descriptors and stage <= STYLE_STAGES:
            statistics += _mean_and_deviation(x)
    read = {AVGPOOL: [_mean(x)] if AVGPOOL in descriptors else [], STYLE: statistics}
    parts = [part for descriptor in descriptors for part in read[descriptor]]
    return Model([ops.concat(parts, 1)], [pixels], "resnet18")


def channels_first(pixels: Node) -> Node:
    """Return (b, h, w, 3) of uint8 as (b, 3, h, w) of float32."""
    return ops.transpose(ops.convert(pixels, np.float32), ops.constant(np.array([0, 3, 1, 2])))


def convolve(x: Node, weight: Node, bias: NDArray[np.floating], stride: int, padding: int) -> Node:
    """Return the convolution of `x` (b, in, h, w) with `weight` (out, in, k, k), and `bias` (out,) added."""
    out = ops.convolution(x, weight, [stride] * 2, [padding] * 2, [padding] * 2, [1, 1])
    return ops.add(out, of_channels(bias))


def of_channels(values: NDArray[np.floating]) -> Node:
    """Return a constant of one number a channel, (1, c, 1, 1) float32."""
    return ops.constant(np.ascontiguousarray(values, dtype=np.float32).reshape(1, -1, 1, 1))


def _mean(x: Node) -> Node:
    return ops.reduce_mean(x, ops.constant(np.array(PLACES)), keep_dims=False)


def _mean_and_deviation(x: Node) -> list[Node]:
    """Return two of (b, c): each channel's mean and standard deviation over its (h, w) places."""
    axes = ops.constant(np.array(PLACES))
    mean = ops.reduce_mean(x, axes, keep_dims=True)
    away = ops.subtract(x, mean)
    # In two passes: the difference of two large means of squares would lose a small deviation.
    return [ops.squeeze(mean, axes), ops.sqrt(_mean(ops.multiply(away, away)))]
