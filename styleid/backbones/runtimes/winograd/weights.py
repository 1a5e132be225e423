"""Weights in the order in which the Winograd runtime reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Tensors
from styleid.backbones.resnet import BLOCKS, WIDTHS, fold
from styleid.backbones.runtimes.winograd.sizes import COLUMNS, TILE_IN

#: G of F(4, 3) (Lavin and Gray 2016, arXiv:1509.09308, section 4.3): three weights -> six.
G = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
CACHE_LINE = 64  # bytes


@dataclass(frozen=True)
class Layer:
    """A convolution's weights."""

    panels: NDArray[np.float32]  # flat; of `multiply`, or of `convolve` where the layer is transformed
    bias: NDArray[np.float32]


def pack_weights(tensors: Tensors, stages: int) -> dict[str, Layer]:
    """Fold and pack the convolutions of the first `stages` stages, named as in torchvision."""
    layers = {"conv1": _direct(*fold(tensors, "conv1", "bn1"))}
    for stage in range(1, stages + 1):
        for block in range(BLOCKS):
            name = f"layer{stage}.{block}"
            halves = stage > 1 and block == 0
            first = _direct if halves else _transformed
            layers[f"{name}.conv1"] = first(*fold(tensors, f"{name}.conv1", f"{name}.bn1"))
            layers[f"{name}.conv2"] = _transformed(*fold(tensors, f"{name}.conv2", f"{name}.bn2"))
            if halves:
                down = f"{name}.downsample"
                layers[down] = _direct(*fold(tensors, f"{down}.0", f"{down}.1"))
    return layers


def aligned(size: int) -> NDArray[np.float32]:
    """Return a flat array of zeros that starts at a cache line."""
    room = np.zeros(4 * size + CACHE_LINE, np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + 4 * size].view(np.float32)


def _direct(weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Layer:
    # (out, in, k, k) -> (1, k * k * in, out): in the order of a window's numbers in memory
    return Layer(_panels(weight.transpose(2, 3, 1, 0).reshape(1, -1, len(bias))), bias)


def _transformed(weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Layer:
    # U = G g G^T, in double precision: (out, in, 3, 3) -> (36, in, out)
    c_out, c_in = weight.shape[:2]
    windows = weight.transpose(2, 3, 1, 0).reshape(9, -1).astype(np.float64)
    return Layer(_panels((np.kron(G, G) @ windows).reshape(TILE_IN**2, c_in, c_out)), bias)


def _panels(matrices: NDArray[Any]) -> NDArray[np.float32]:
    n, rows, columns = matrices.shape
    panels = matrices.reshape(n, rows, columns // COLUMNS, COLUMNS).transpose(0, 2, 1, 3)
    out = aligned(panels.size)
    out.reshape(panels.shape)[...] = panels
    return out


assert all(width % COLUMNS == 0 for width in WIDTHS)
