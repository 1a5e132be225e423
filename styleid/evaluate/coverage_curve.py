"""Accuracy on the pictures that are kept, as more and more of the farthest ones are put aside."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.shares import Share, mean_share

#: Points of the curve.
POINTS = 20


class CoveragePoint(NamedTuple):
    """One threshold of the curve; pictures farther out are put aside."""

    threshold: float
    coverage: float  # share of pictures kept
    accuracy: Share  # share of those whose label was predicted


def coverage_curve(
    distances: NDArray[np.float64],
    correct: NDArray[np.bool_],
    groups: ArrayLike,
    *,
    seed: int = 0,
    n_resamples: int = 500,
) -> tuple[CoveragePoint, ...]:
    """Follow a head's accuracy as the threshold falls, from all pictures kept to one in `POINTS`.

    Distances and predictions are out-of-fold, of known pictures, (n,) each. Equal distances stay together.
    """
    group = np.asarray(groups)
    if not len(distances) or not distances.shape == correct.shape == group.shape:
        raise InputError(
            f"expected a distance, a verdict and a group for each of n > 0 pictures, found shapes "
            f"{distances.shape}, {correct.shape} and {group.shape}; give all in the same row order"
        )
    thresholds = np.unique(np.quantile(distances, np.arange(1, POINTS + 1) / POINTS, method="inverted_cdf"))
    points = []
    for threshold in thresholds[::-1].tolist():
        kept = distances <= threshold
        accuracy = mean_share(correct[kept], group[kept], seed=seed, n_resamples=n_resamples)
        points.append(CoveragePoint(threshold, float(kept.mean()), accuracy))
    return tuple(points)
