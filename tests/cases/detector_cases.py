"""A detector of any kind that a model may hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.questions.strangers.distances import PLAIN, fit_detector
from styleid.rules.strangers import Detector


def detector_of(
    kind: str, X: NDArray[np.float32], y: NDArray[np.str_], scale: NDArray[np.float64] = PLAIN
) -> Detector:
    """Fit the detector of today, or one that former models hold."""
    near = fit_detector(X, y, scale)
    if kind == "knn":
        unit = X / np.linalg.norm(X, axis=1, keepdims=True)
        return Detector(kind, {"rows": np.nan_to_num(unit).astype(np.float32)})
    return near if kind == "near" else Detector(kind, {k: near.arrays[k] for k in ("means", "whitening")})
