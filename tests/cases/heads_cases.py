"""Small sets of vectors that the tests of heads share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LABELS = np.array(["anna", "bruno", "Çağla", "di-4", "e", "0"])


def rows(
    n: int = 90, dim: int = 12, k: int = 3, distance: float = 1.0, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.str_], NDArray[np.str_]]:
    """Return X, y and groups of three rows; classes overlap more the smaller the distance."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) // 3 % k
    centres = rng.normal(size=(k, dim)) * distance
    X = centres[codes] + rng.normal(size=(n, dim))
    return X.astype(np.float32), LABELS[codes], np.array([f"g{i // 3}" for i in range(n)])
