"""ResNet-18 as a graph of OpenVINO, drawn from the weights themselves.

Converting the torch module gives the same graph, but takes an import of torch first: longer than all that
OpenVINO needs to start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AVGPOOL, STYLE, Preset, Tensors
from styleid.backbones.resnet import BLOCKS, STYLE_STAGES, WIDTHS, check_shapes, fold

if TYPE_CHECKING:
    from openvino import Model, Node

PLACES = (2, 3)  # the axes of a map's places: (b, c, h, w)


def draw_resnet18(tensors: Tensors, descriptors: Sequence[str], preset: Preset, batch_size: int) -> Model:
    """Draw the network as far as it is read, pixels in and descriptors side by side out.

    Parameters
    ----------
    tensors : mapping of str to NDArray of float32
        torchvision's names; ``fc`` may be missing.
    descriptors : sequence of str
        ``avgpool``, ``style`` or both. The last stage is left out where nothing is read off it.
    preset : Preset
        How the pixels are normalised, inside the graph.
    batch_size : int
        Pictures that go through at once.

    Returns
    -------
    openvino.Model
        (batch_size, crop, crop, 3) uint8 -> (batch_size, sum of dims) float32.

    Raises
    ------
    WeightsError
        If a tensor is missing, unknown or of another shape.
    """
    from openvino import Model
    from openvino import opset13 as ops

    check_shapes(tensors)

    def convolution(x: Node, conv: str, norm: str, stride: int, padding: int) -> Node:
        weight, bias = fold(tensors, conv, norm)
        moved = ops.convolution(x, ops.constant(weight), [stride] * 2, [padding] * 2, [padding] * 2, [1, 1])
        return ops.add(moved, _of_channels(bias))

    def block(x: Node, name: str, stride: int) -> Node:
        out = ops.relu(convolution(x, f"{name}.conv1", f"{name}.bn1", stride, 1))
        out = convolution(out, f"{name}.conv2", f"{name}.bn2", 1, 1)
        down = f"{name}.downsample"
        changes_shape = f"{down}.0.weight" in tensors
        shortcut = convolution(x, f"{down}.0", f"{down}.1", stride, 0) if changes_shape else x
        return ops.relu(ops.add(out, shortcut))

    pixels = ops.parameter([batch_size, preset.crop, preset.crop, 3], np.uint8)
    x = ops.transpose(ops.convert(pixels, np.float32), ops.constant(np.array([0, 3, 1, 2])))
    x = ops.subtract(x, _of_channels(np.array(preset.mean) * 255))
    x = ops.multiply(x, _of_channels(1 / (np.array(preset.std) * 255)))
    x = ops.relu(convolution(x, "conv1", "bn1", 2, 3))
    x = ops.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3]).output(0)
    statistics: list[Node] = []
    for stage in range(1, 1 + (len(WIDTHS) if AVGPOOL in descriptors else STYLE_STAGES)):
        for number in range(BLOCKS):
            x = block(x, f"layer{stage}.{number}", stride=2 if stage > 1 and number == 0 else 1)
        if STYLE in descriptors and stage <= STYLE_STAGES:
            statistics += _mean_and_deviation(x)
    read = {AVGPOOL: [_mean(x)] if AVGPOOL in descriptors else [], STYLE: statistics}
    parts = [part for name in descriptors for part in read[name]]
    return Model([ops.concat(parts, 1)], [pixels], "resnet18")


def _of_channels(values: NDArray[np.floating]) -> Node:
    """Return a constant of one number a channel, (1, c, 1, 1)."""
    from openvino import opset13 as ops

    return ops.constant(np.ascontiguousarray(values, dtype=np.float32).reshape(1, -1, 1, 1))


def _mean(x: Node) -> Node:
    from openvino import opset13 as ops

    return ops.reduce_mean(x, ops.constant(np.array(PLACES)), keep_dims=False)


def _mean_and_deviation(x: Node) -> list[Node]:
    """Return two of (b, c): each channel's mean and standard deviation over its (h, w) places."""
    from openvino import opset13 as ops

    axes = ops.constant(np.array(PLACES))
    mean = ops.reduce_mean(x, axes, keep_dims=True)
    away = ops.subtract(x, mean)
    # In two passes: the difference of two large means of squares would lose a small deviation.
    return [ops.squeeze(mean, axes), ops.sqrt(_mean(ops.multiply(away, away)))]
