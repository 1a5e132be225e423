"""Vector arithmetic for numba: what the innermost loops are made of.

LLVM does not find the vectors in loops over numbers where a tile of sums must stay in registers. So Python
operators on `Lanes` write a kernel's instructions down, once, while numba compiles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from styleid.backbones.runtimes.winograd.sizes import LANES

INDEX = ir.IntType(64)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
# A product and a sum may become one instruction, which rounds once.
_FLAGS = ("contract",)


class Lanes:
    """Some float32 that are computed side by side."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    @classmethod
    def constant(cls, builder: Any, number: float) -> Lanes:
        """Return lanes that all hold `number`."""
        return cls(builder, ir.Constant(_VECTOR, [number] * LANES))

    @classmethod
    def variable(cls, builder: Any) -> Any:
        """Return a place for lanes that a loop changes; LLVM makes it a register."""
        return cgutils.alloca_once(builder, _VECTOR)  # type: ignore[no-untyped-call]

    def __add__(self, other: Lanes) -> Lanes:
        return Lanes(self.builder, self.builder.fadd(self.value, other.value, flags=_FLAGS))

    def __sub__(self, other: Lanes) -> Lanes:
        return Lanes(self.builder, self.builder.fsub(self.value, other.value, flags=_FLAGS))

    def __mul__(self, other: Lanes | float) -> Lanes:
        if not isinstance(other, Lanes):
            other = Lanes.constant(self.builder, other)
        return Lanes(self.builder, self.builder.fmul(self.value, other.value, flags=_FLAGS))

    def maximum(self, other: Lanes) -> Lanes:
        """Return the larger of two; NaN in `self` stays."""
        less = self.builder.fcmp_ordered("<", self.value, other.value)
        return Lanes(self.builder, self.builder.select(less, other.value, self.value))


class Memory:
    """A flat float32 array, from some element on."""

    def __init__(self, builder: Any, pointer: Any) -> None:
        self.builder = builder
        self.pointer = pointer

    def at(self, *offsets: Any) -> Memory:
        """Return the memory that starts as many elements further on; numbers or values."""
        pointer = self.pointer
        for offset in offsets:
            pointer = self.builder.gep(pointer, [index(offset)])
        return Memory(self.builder, pointer)

    def number(self) -> Any:
        """Return the first element."""
        return self.builder.load(self.pointer)

    def repeat(self) -> Lanes:
        """Return lanes that all hold the first element."""
        empty = ir.Constant(_VECTOR, ir.Undefined)
        one = self.builder.insert_element(empty, self.number(), ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return Lanes(self.builder, self.builder.shuffle_vector(one, empty, zeros))

    def load(self) -> Lanes:
        """Return the first `LANES` elements."""
        value = self.builder.load(self._vector())
        value.align = 4
        return Lanes(self.builder, value)

    def store(self, lanes: Lanes) -> None:
        """Overwrite the first `LANES` elements."""
        self.builder.store(lanes.value, self._vector()).align = 4

    def prefetch(self) -> None:
        """Ask for the first element to be brought near; any address will do, no memory need be there."""
        number, address = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        hint = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch")  # type: ignore[no-untyped-call]
        # LLVM's numbers: to be read; kept in the second cache and those behind it; data.
        how = [ir.Constant(number, n) for n in (0, 2, 1)]
        self.builder.call(hint, [self.builder.bitcast(self.pointer, address), *how])

    def _vector(self) -> Any:
        return self.builder.bitcast(self.pointer, _VECTOR.as_pointer())


def index(number: Any) -> Any:
    """Return a Python integer as a value; leave a value as it is."""
    return ir.Constant(INDEX, number) if isinstance(number, int) else number


def kernel(emit: Callable[..., None]) -> Any:
    """Make a function that compiled code can call, from one that writes its instructions.

    ``emit(builder, ...)`` gets flat arrays as `Memory`, integers as values; the result takes them in a tuple.
    """

    def typing(context: Any, given: Any) -> Any:
        def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            kinds = signature.args[0].types
            arguments = []
            parts = cgutils.unpack_tuple(builder, values[0], len(kinds))  # type: ignore[no-untyped-call]
            for kind, value in zip(kinds, parts, strict=True):
                if isinstance(kind, types.Array):
                    array = context.make_array(kind)(context, builder, value)
                    arguments.append(Memory(builder, array.data))
                else:
                    arguments.append(context.cast(builder, value, kind, types.intp))
            emit(builder, *arguments)
            return context.get_dummy_value()

        return types.void(given), lower

    return intrinsic(typing)
