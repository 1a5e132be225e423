"""What the machine can do at most: multiply matrices, and decode pictures.

Usage: python -m bench.limits gemm
       python -m bench.limits decode FOLDER
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

SIDE = 2048
#: Floating-point operations of ResNet-18 on 224 x 224 pixels, counted as two a multiplication: 1.814 billion
#: multiplications and additions in its convolutions.
GFLOP_A_PICTURE = 3.63


def gemm() -> dict[str, float]:
    """Return the rate at which torch and numpy multiply two square float32 matrices, in GFLOP/s."""
    import torch

    a, b = (np.random.default_rng(i).standard_normal((SIDE, SIDE), dtype=np.float32) for i in (0, 1))
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)
    with torch.inference_mode():
        return {"torch": rate(lambda: torch.mm(ta, tb)), "numpy": rate(lambda: np.matmul(a, b))}


def rate(multiply: Callable[[], object], repeats: int = 9) -> float:
    """Return the median rate of a multiplication, in GFLOP/s; the first call is not counted."""
    multiply()
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - begun)
    return 2 * SIDE**3 / statistics.median(seconds) / 1e9


def decode(folder: Path) -> dict[str, float]:
    """Return how many pictures of a folder a second all cores decode, scale and crop with Pillow."""
    from bench.peers.preset import center_crop

    files = [path for path in folder.rglob("*") if path.is_file()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(center_crop, files[:2]))
        begun = time.perf_counter()
        list(pool.map(center_crop, files))
        return {"pictures_per_second": len(files) / (time.perf_counter() - begun)}


def pictures_limit(gflops: float) -> float:
    """Return how many pictures a second direct convolution reaches at a rate of multiplication."""
    return gflops / GFLOP_A_PICTURE


def both_limits(network: float, decoding: float) -> float:
    """Return pictures a second when the same cores decode and multiply, each at its limit."""
    return 1 / (1 / network + 1 / decoding)


if __name__ == "__main__":
    print(json.dumps(gemm() if sys.argv[1] == "gemm" else decode(Path(sys.argv[2]))))
