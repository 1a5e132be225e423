"""The compiled loops of the Winograd runtime; pictures lie in flat arrays, channels innermost.

Every sum runs over its terms in one order: a picture gets the same bits alone, in any batch, with any number
of threads. Rows that a table ends with only to fill a tile give sums of anything, which nobody reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from styleid.backbones.runtimes.winograd.native import CALLED, LOOPS, target_machine
from styleid.backbones.runtimes.winograd.sizes import COLUMNS, GAP, LANES, PLANES, ROWS
from styleid.backbones.runtimes.winograd.tiles import into, largest, out_of, product
from styleid.errors import InputError

Numbers = NDArray[np.float32]
Places = NDArray[np.int64]


def compiled(function: Callable[..., None]) -> Any:
    """Let numba compile a function without what calls it from Python, which `native` does."""
    options: dict[str, Any] = {"nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(**options)(function)


@compiled
def multiply(
    a: Numbers, a_rows: Places, a_at: int, n_rows: int, segments: int, step: int, length: int,
    b: Numbers, b_at: int, bias: Numbers, c: Numbers, c_rows: Places, c_at: int, n_columns: int, rectify: int,
) -> None:  # fmt: skip
    """Compute c = a b + bias, and its positive part if `rectify`.

    Row r of `a` starts at ``a_at + a_rows[r]`` (a table filled up to a multiple of `ROWS`) and has `segments`
    stretches of `length` numbers, `step` apart: the lines of a window of pixels. `b` holds panels of
    `COLUMNS` columns, each (segments * length, COLUMNS). Row r of the result goes to ``c_at + c_rows[r]``.
    """
    panel = segments * length * COLUMNS
    # While the tiles of one panel are summed, the next panel is fetched: each tile asks for its share.
    pace = max(1, COLUMNS // -(-n_rows // ROWS))
    for j in range(n_columns // COLUMNS):
        for row in range(0, n_rows, ROWS):
            product((
                a, a_rows, a_at, segments, step, length, b, b_at + j * panel, bias, j * COLUMNS,
                c, c_rows, c_at + j * COLUMNS, row, rectify,
                b_at + (j + 1) * panel + row // ROWS * segments * length * pace, pace,
            ))  # fmt: skip


@compiled
def convolve(
    x: Numbers, y: Numbers, shortcut: Numbers, add: int,
    tiles: Places, high: Places, wide: Places, n_tiles: int, row: int, channels: int, waste: int,
    u: Numbers, bias: Numbers, zeros: Numbers,
    v: Numbers, m: Numbers, v_rows: Places, block: int,
) -> None:  # fmt: skip
    """Convolve by 3 x 3 with padding, add `shortcut` (it may be `y`) if `add`, and take the positive part.

    `tiles` are starts in `x`; `high` and `wide` say how many of a tile's 4 rows and columns are there, pixels
    that are not go to `waste`. `row` is the length of a picture's row, `u` are transformed weights: `PLANES`
    times the panels of `multiply`. `v` and `m` are room for the planes of `block` tiles before and after the
    products, `v_rows` is where a tile lies in a plane.
    """
    plane = block * channels + GAP
    for start in range(0, n_tiles, block):
        n = min(block, n_tiles - start)
        for t in range(n):
            for k in range(0, channels, LANES):
                into((x, tiles[start + t] + k, row, channels, v, v_rows[t] + k, plane))
        for p in range(PLANES):
            at, weights = p * plane, p * channels * channels
            multiply(v, v_rows, at, n, 1, 0, channels, u, weights, zeros, m, v_rows, at, channels, 0)
        for t in range(n):
            inner = tiles[start + t] + row + channels
            for k in range(0, channels, LANES):
                out_of((
                    m, v_rows[t] + k, plane, bias, shortcut, add, y, inner, k, row, channels,
                    high[start + t], wide[start + t], waste,
                ))  # fmt: skip


@compiled
def stem(
    pixels: NDArray[np.uint8], colours: Numbers, padded: Numbers, b: Numbers, bias: Numbers,
    a_rows: Places, c_rows: Places, lines: Numbers, y: Numbers, y_at: int, y_row: int,
) -> None:  # fmt: skip
    """Normalise a picture, convolve by 7 x 7 with stride 2, rectify, and take maxima of 3 x 3 with stride 2.

    `colours` (256, 3) is what a pixel's value is after normalisation. `padded` is room for the picture with
    three pixels of zeros around it, `lines` for four lines, padded left and right; `a_rows` and `c_rows` are
    tables of `multiply` for two lines between them. The first pixel goes to `y_at`, lines are `y_row` apart.
    """
    side, channels = pixels.shape[0], len(bias)
    wide = 3 * (side + 6)
    for i in range(side):
        start = (i + 3) * wide + 9
        for j in range(side):
            for k in range(3):
                padded[start + 3 * j + k] = colours[pixels[i, j, k], k]
    line = (side // 2 + 2) * channels
    lines[3 * line : 4 * line] = 0  # above the first two lines
    for i in range(side // 4):
        # The convolution's lines 2 i and 2 i + 1 take turns in the two halves; line 2 i - 1 is in the other.
        new, last = i % 2 * 2 * line, (3 - i % 2 * 2) * line
        multiply(padded, a_rows, 4 * i * wide, side, 7, wide, 21, b, 0, bias, lines, c_rows, new, channels, 1)
        for j in range(side // 4):
            for k in range(0, channels, LANES):
                q = 2 * j * channels + k
                into_y = y_at + i * y_row + j * channels + k
                largest((lines, last + q, new + q, new + line + q, channels, y, into_y))


@compiled
def moments(
    x: Numbers, x_at: int, row: int, side: int, mean: NDArray[np.float64], sd: NDArray[np.float64]
) -> None:
    """Compute mean and population standard deviation over the pixels of each channel, in double precision."""
    channels, n = len(mean), side * side
    mean[:] = 0
    sd[:] = 0
    for i in range(side):
        for j in range(side):
            start = x_at + i * row + j * channels
            for k in range(channels):
                mean[k] += x[start + k]
    mean /= n
    for i in range(side):
        for j in range(side):
            start = x_at + i * row + j * channels
            for k in range(channels):
                sd[k] += (x[start + k] - mean[k]) ** 2
    for k in range(channels):
        sd[k] = np.sqrt(sd[k] / n)


def compile_loops() -> bytes:
    """Compile all loops into one object file that needs nothing of numba's, each by its own name."""
    whole = llvm.parse_assembly("")
    for name, kinds in LOOPS.items():
        signature = tuple(
            types.Array(getattr(types, kind[0]), kind[1], "C") if kind else types.int64 for kind in kinds
        )
        function = globals()[name]
        function.compile(signature)
        entry = function.overloads[signature].fndesc.llvm_func_name
        module = llvm.parse_assembly(function.inspect_llvm(signature))
        for each in (*module.functions, *module.global_variables):
            if not each.is_declaration and each.name != entry:
                each.linkage = "internal"
        module.get_function(entry).name = name
        whole.link_in(module)
    builder = llvm.create_pass_builder(target_machine(), llvm.create_pipeline_tuning_options())
    unused = llvm.create_new_module_pass_manager()
    unused.add_global_dead_code_eliminate_pass()
    unused.run(whole, builder)
    called = {each.name for each in whole.functions if each.is_declaration and each.name[:5] != "llvm."}
    if strange := called - CALLED.keys():
        raise InputError(
            f"the runtime winograd expects loops that call nothing but {', '.join(CALLED)}; for this "
            f"processor they call {', '.join(sorted(strange))}; use --runtime torch"
        )
    code: bytes = target_machine().emit_object(whole)
    return code
