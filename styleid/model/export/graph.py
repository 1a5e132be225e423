"""A graph of ONNX as it is drawn: nodes, constants, and the backbone. This module loads onnx."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from styleid.backbones.base import AVGPOOL, STYLE, Preset, Tensors
from styleid.backbones.resnet import BLOCKS, STYLE_STAGES, check_shapes, fold, stages_read

OPSET, IR_VERSION = 17, 8
FLOAT, DOUBLE, UINT8 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.UINT8


class Value:
    """A value of a graph; what is computed with it is drawn, and what it is not drawn from is a constant."""

    __array_ufunc__ = None  # an array to the left leaves the operator to the value

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name = graph, name

    def node(self, kind: str, *others: Operand, **attributes: Any) -> Value:
        """Draw a node of one output, of which this is the first input."""
        return self.graph.node(kind, self, *others, **attributes)

    def cast(self, kind: int) -> Value:
        """Change the type of numbers."""
        return self.node("Cast", to=kind)

    def rows_of(self, *sides: int) -> Value:
        """Cut into rows of a shape, as many as there are."""
        return self.node("Reshape", self.graph.shape(-1, *sides))

    def columns(self, numbers: Iterable[int]) -> Value:
        """Pick columns by number."""
        return self.node("Gather", self.graph.shape(*numbers), axis=1)

    def total(self) -> Value:
        """Add up each row: (n, k) -> (n, 1)."""
        return self.node("ReduceSum", self.graph.shape(1), keepdims=1)

    def largest(self, count: int) -> tuple[Value, Value]:
        """Pick the largest of each row: the values, (n, count), the largest first, and their places."""
        names = [f"{self.name}-largest", f"{self.name}-places"]
        inputs = [self.name, self.graph.shape(count).name]
        self.graph.nodes.append(helper.make_node("TopK", inputs, names, axis=1))
        return Value(self.graph, names[0]), Value(self.graph, names[1])

    def __neg__(self) -> Value:
        return self.node("Neg")

    def __add__(self, other: Operand) -> Value:
        return self.node("Add", other)

    def __sub__(self, other: Operand) -> Value:
        return self.node("Sub", other)

    def __rsub__(self, other: Operand) -> Value:
        return self.graph.node("Sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return self.node("Mul", other)

    def __truediv__(self, other: Operand) -> Value:
        return self.node("Div", other)

    def __matmul__(self, other: Operand) -> Value:
        return self.node("MatMul", other)


Operand: TypeAlias = Value | float | NDArray[Any]


class Graph:
    """Nodes and constants in the order they were drawn."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def node(self, kind: str, *inputs: Operand, **attributes: Any) -> Value:
        """Draw a node of one output; numbers and arrays among its inputs are taken in double precision."""
        names = [(one if isinstance(one, Value) else self.exact(one)).name for one in inputs]
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [name], **attributes))
        return Value(self, name)

    def constant(self, values: Any) -> Value:
        """Add an array as it is."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return Value(self, name)

    def exact(self, values: Any) -> Value:
        """Add numbers for sums in double precision; an array of less stays small in the file."""
        array = np.asarray(values)
        if array.dtype == np.float64 or not array.ndim:
            return self.constant(np.asarray(values, dtype=np.float64))
        return self.constant(array).cast(DOUBLE)

    def shape(self, *sides: int) -> Value:
        """Add the sides of a shape, or the numbers of axes or columns."""
        return self.constant(np.array(sides, dtype=np.int64))

    def model(
        self, given: tuple[str, int, list[Any]], gives: dict[str, tuple[Value, int]], about: dict[str, str]
    ) -> bytes:
        """Return the whole, checked: of one input (name, type, shape), and outputs of so many columns."""
        for name, (value, _) in gives.items():
            self.nodes.append(helper.make_node("Cast", [value.name], [name], to=FLOAT))
        outputs = [
            helper.make_tensor_value_info(name, FLOAT, ["pictures", columns])
            for name, (_, columns) in gives.items()
        ]
        inputs = [helper.make_tensor_value_info(*given)]
        model: ModelProto = helper.make_model(
            helper.make_graph(self.nodes, "styleid", inputs, outputs, self.constants),
            producer_name="styleid",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, about)
        checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def join(*values: Value) -> Value:
    """Lay values side by side."""
    return values[0].node("Concat", *values[1:], axis=1)


def draw_network(pixels: Value, tensors: Tensors, descriptor: str, preset: Preset) -> Value:
    """Draw ResNet-18 as far as a descriptor reads it: (b, side, side, 3) of uint8 to (b, dim) of float32.

    The layers are those of `styleid.backbones.resnet`, each batch normalisation folded into its convolution.
    """
    check_shapes(tensors)
    constant = pixels.graph.constant

    def convolve(x: Value, conv: str, norm: str, stride: int, padding: int) -> Value:
        weight, bias = fold(tensors, conv, norm)
        sides = {"kernel_shape": weight.shape[2:], "strides": [stride] * 2, "pads": [padding] * 4}
        return x.node("Conv", constant(weight), constant(bias), **sides)

    def block(x: Value, name: str, stride: int) -> Value:
        out = convolve(x, f"{name}.conv1", f"{name}.bn1", stride, 1).node("Relu")
        out = convolve(out, f"{name}.conv2", f"{name}.bn2", 1, 1)
        down = f"{name}.downsample"
        if f"{down}.0.weight" in tensors:
            x = convolve(x, f"{down}.0", f"{down}.1", stride, 0)
        return (out + x).node("Relu")

    mean, scale = (np.reshape(of, (1, 3, 1, 1)) * 255 for of in (preset.mean, preset.std))
    x = pixels.cast(FLOAT).node("Transpose", perm=[0, 3, 1, 2])
    x = (x - constant(np.float32(mean))) * constant(np.float32(1 / scale))
    x = convolve(x, "conv1", "bn1", 2, 3).node("Relu")
    x = x.node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    statistics: list[Value] = []
    for stage in range(1, 1 + stages_read([descriptor])):
        for number in range(BLOCKS):
            x = block(x, f"layer{stage}.{number}", 2 if stage > 1 and number == 0 else 1)
        if descriptor == STYLE and stage <= STYLE_STAGES:
            away = x - x.node("ReduceMean", axes=[2, 3], keepdims=1)
            # In two passes: the difference of two large means of squares would lose a small deviation.
            deviation = (away * away).node("ReduceMean", axes=[2, 3], keepdims=0).node("Sqrt")
            statistics += [x.node("ReduceMean", axes=[2, 3], keepdims=0), deviation]
    if descriptor == AVGPOOL:
        statistics = [x.node("ReduceMean", axes=[2, 3], keepdims=0)]
    return join(*statistics)
