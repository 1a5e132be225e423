"""Sets of labels that hold the true one at a stated rate: split conformal prediction, by components.

A set holds every label whose nonconformity is at most a threshold, a quantile of the true labels' own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.rules.label_sets import ConformalSets, nonconformity, sets_at


def learn_sets(
    true: NDArray[np.int64],
    scores: NDArray[np.float64],
    groups: ArrayLike,
    *,
    level: float = 0.9,
    method: str = "lac",
) -> tuple[ConformalSets, tuple[str, ...]]:
    """Learn the threshold from pictures whose components the head has not seen.

    The notes say so where the components are too few to promise the level.
    """
    own = nonconformity(scores, method)[np.arange(len(true)), true]
    return sets_at(own, groups, level=level, method=method)
