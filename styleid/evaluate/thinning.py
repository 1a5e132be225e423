"""Thin out a training part by components."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def thinned(
    y: NDArray[np.str_], groups: NDArray[Any], rows: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.int64]:
    """Keep a share of each label's components, rounded up; a smaller share is part of a larger one.

    The seed orders components alike for all labels: a subject that is kept is kept by every hand.
    """
    _, component = np.unique(groups[rows], return_inverse=True)
    rank = np.random.default_rng(seed).permutation(int(component.max()) + 1)[component]
    kept = np.zeros(len(rows), dtype=bool)
    for label in np.unique(y[rows]):
        mine = y[rows] == label
        ranks = np.unique(rank[mine])
        kept |= mine & (rank <= ranks[int(np.ceil(fraction * len(ranks) - 1e-9)) - 1])
    return rows[kept]
