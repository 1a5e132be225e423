"""A graph of ONNX as it is drawn: nodes, constants, and the backbone. This module loads onnx."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from styleid.backbones.base import AVGPOOL, STYLE, Preset, Tensors
from styleid.backbones.resnet import BLOCKS, STYLE_STAGES, check_shapes, fold, stages_read

OPSET, IR_VERSION = 17, 8
FLOAT, DOUBLE, UINT8 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.UINT8


class Graph:
    """Nodes and constants in the order they were drawn; a value is known by its name."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output, and return the output's name."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: Any) -> str:
        """Add an array as it is, and return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def exact(self, values: Any) -> str:
        """Add numbers for sums in double precision; an array of less stays small in the file."""
        array = np.asarray(values)
        if array.dtype == np.float64 or not array.ndim:
            return self.constant(np.asarray(values, dtype=np.float64))
        return self.cast(self.constant(array), DOUBLE)

    def shape(self, *sides: int) -> str:
        """Add the sides of a shape, or the numbers of axes."""
        return self.constant(np.array(sides, dtype=np.int64))

    def cast(self, value: str, kind: int) -> str:
        """Change the type of numbers."""
        return self.node("Cast", value, to=kind)

    def total(self, value: str) -> str:
        """Add up the last axis, which stays with length one."""
        return self.node("ReduceSum", value, self.shape(-1), keepdims=1)

    def largest(self, values: str, count: int) -> tuple[str, str]:
        """Add what picks the largest of each row; return the values, the largest first, and their places."""
        names = [f"n{len(self.nodes)}", f"n{len(self.nodes)}-places"]
        self.nodes.append(helper.make_node("TopK", [values, self.shape(count)], names, axis=1))
        return names[0], names[1]

    def name_as(self, value: str, name: str) -> None:
        """Let a value leave the graph under a name."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def model(
        self, given: tuple[str, int, list[Any]], gives: dict[str, list[Any]], about: dict[str, str]
    ) -> ModelProto:
        """Return the whole, checked: one input (name, type, shape) and float outputs with their shapes."""
        name, kind, shape = given
        outputs = [helper.make_tensor_value_info(each, FLOAT, sides) for each, sides in gives.items()]
        drawn = helper.make_graph(
            self.nodes, "styleid", [helper.make_tensor_value_info(name, kind, shape)], outputs, self.constants
        )
        opset = [helper.make_opsetid("", OPSET)]
        model: ModelProto = helper.make_model(
            drawn, producer_name="styleid", ir_version=IR_VERSION, opset_imports=opset
        )
        helper.set_model_props(model, about)
        checker.check_model(model, full_check=True)
        return model


def draw_network(graph: Graph, pixels: str, tensors: Tensors, descriptor: str, preset: Preset) -> str:
    """Draw ResNet-18 as far as a descriptor reads it: (b, side, side, 3) of uint8 to (b, dim) of float32.

    The layers are those of `styleid.backbones.resnet`, each batch normalisation folded into its convolution.
    """
    check_shapes(tensors)

    def convolve(x: str, conv: str, norm: str, stride: int, padding: int) -> str:
        weight, bias = fold(tensors, conv, norm)
        return graph.node(
            "Conv",
            x,
            graph.constant(weight),
            graph.constant(bias),
            kernel_shape=weight.shape[2:],
            strides=[stride] * 2,
            pads=[padding] * 4,
        )

    def block(x: str, name: str, stride: int) -> str:
        out = graph.node("Relu", convolve(x, f"{name}.conv1", f"{name}.bn1", stride, 1))
        out = convolve(out, f"{name}.conv2", f"{name}.bn2", 1, 1)
        down = f"{name}.downsample"
        if f"{down}.0.weight" in tensors:
            x = convolve(x, f"{down}.0", f"{down}.1", stride, 0)
        return graph.node("Relu", graph.node("Add", out, x))

    x = graph.node("Transpose", graph.cast(pixels, FLOAT), perm=[0, 3, 1, 2])
    x = graph.node("Sub", x, graph.constant(_of_channels(255 * np.array(preset.mean))))
    x = graph.node("Mul", x, graph.constant(_of_channels(1 / (255 * np.array(preset.std)))))
    x = graph.node("Relu", convolve(x, "conv1", "bn1", 2, 3))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    statistics: list[str] = []
    for stage in range(1, 1 + stages_read([descriptor])):
        for number in range(BLOCKS):
            x = block(x, f"layer{stage}.{number}", 2 if stage > 1 and number == 0 else 1)
        if descriptor == STYLE and stage <= STYLE_STAGES:
            statistics += _mean_and_deviation(graph, x)
    if descriptor == AVGPOOL:
        statistics = [graph.node("ReduceMean", x, axes=[2, 3], keepdims=0)]
    return graph.node("Concat", *statistics, axis=1)


def _of_channels(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32).reshape(1, -1, 1, 1)


def _mean_and_deviation(graph: Graph, x: str) -> list[str]:
    mean = graph.node("ReduceMean", x, axes=[2, 3], keepdims=1)
    away = graph.node("Sub", x, mean)
    # In two passes: the difference of two large means of squares would lose a small deviation.
    square = graph.node("ReduceMean", graph.node("Mul", away, away), axes=[2, 3], keepdims=0)
    return [graph.node("Squeeze", mean, graph.shape(2, 3)), graph.node("Sqrt", square)]
