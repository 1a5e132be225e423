"""The compiled loops, loaded from where they are kept: numba compiles them once, and is not imported again.

numba's own cache needs numba, whose import takes as long as to judge a dozen pictures. So what it compiles
is kept as an object file in the user's cache, named by all that it was made from, and loaded by llvmlite.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from styleid.errors import OutputError
from styleid.files import cache_folder, write_atomic

#: Each loop's arguments: of an array its type and dimensions, an integer by nothing.
INTEGER, FLOATS, PLACES, DOUBLES = (), ("float32", 1), ("int64", 1), ("float64", 1)
LOOPS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "multiply": (
        FLOATS, PLACES, *[INTEGER] * 5, FLOATS, INTEGER, FLOATS, FLOATS, PLACES, *[INTEGER] * 3,
    ),
    "convolve": (
        *[FLOATS] * 3, INTEGER, *[PLACES] * 3, *[INTEGER] * 4, *[FLOATS] * 5, PLACES, INTEGER,
    ),
    "stem": (
        ("uint8", 3), ("float32", 2), *[FLOATS] * 3, PLACES, PLACES, FLOATS, FLOATS, INTEGER, INTEGER,
    ),
    "moments": (FLOATS, *[INTEGER] * 3, DOUBLES, DOUBLES),
}  # fmt: skip
#: What compiled code calls by name; a name without an address would be called at 0. Our arrays have no owner
#: that numba counts for, so its destructor is never reached, and roots are an instruction nearly everywhere.
CALLED: dict[str, Any] = {
    "memset": ctypes.memset,
    "memcpy": ctypes.memmove,
    "memmove": ctypes.memmove,
    "sqrt": ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(math.sqrt),
    "NRT_MemInfo_call_dtor": ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None),
}
_SOURCES = ("kernels.py", "lanes.py", "native.py", "sizes.py", "tiles.py")


class Loops:
    """The loops of `styleid.backbones.runtimes.winograd.kernels`, ready to run without Python's lock."""

    multiply: Callable[..., None]
    convolve: Callable[..., None]
    stem: Callable[..., None]
    moments: Callable[..., None]

    def __init__(self, code: bytes) -> None:
        for name, function in CALLED.items():
            llvm.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        for name, kinds in LOOPS.items():
            setattr(self, name, _callable(self._engine.get_function_address(name), kinds))


@cache
def load_loops() -> Loops:
    """Load the loops, compiled now if they were not before; where nothing can be kept, each time."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    file = cache_folder() / f"winograd-{_made_from()}.o"
    try:
        digest, code = (content := file.read_bytes())[:32], content[32:]
        if hashlib.sha256(code).digest() == digest:
            return Loops(code)
    except (OSError, RuntimeError):  # not there, or not to be linked
        pass
    from styleid.backbones.runtimes.winograd.kernels import compile_loops

    code = compile_loops()
    with suppress(OutputError):  # a home that cannot be written costs time, nothing else
        write_atomic(file, hashlib.sha256(code).digest() + code)
    return Loops(code)


def target_machine() -> Any:
    """Return what LLVM knows of this processor."""
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
    )


def _made_from() -> str:
    """Name the processor, both halves of the compiler, and the sources."""
    compiler = f"{version('numba')} {llvmlite.__version__}"  # one llvmlite serves several releases of numba
    digest = hashlib.sha256(f"{compiler} {llvm.get_host_cpu_name()} ".encode())
    digest.update(llvm.get_host_cpu_features().flatten().encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:32]


def _callable(address: int, kinds: tuple[tuple[Any, ...], ...]) -> Callable[..., None]:
    """Wrap a compiled loop, which takes an array apart: two owners, sizes, the address, shape and strides."""
    counts = [1 if not kind else 5 + 2 * kind[1] for kind in kinds]
    call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * sum(counts))(address)
    types = [np.dtype(kind[0]) if kind else None for kind in kinds]
    nothing, problem = ctypes.c_void_p(), ctypes.c_void_p()

    def loop(*values: Any) -> None:
        flat: list[int] = []
        for value, dtype in zip(values, types, strict=True):
            if dtype is None:
                flat.append(value)
                continue
            if value.dtype != dtype or not value.flags.c_contiguous:
                raise TypeError(f"a loop takes arrays of {dtype} in one piece, found {value.dtype}")
            flat += (0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
        if status := call(ctypes.addressof(nothing), ctypes.addressof(problem), *flat):
            raise RuntimeError(f"a compiled loop ended with status {status}")

    return loop
