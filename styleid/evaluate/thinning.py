"""Thin out a training part by groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def thinned(
    y: NDArray[np.str_], groups: NDArray[Any], rows: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.int64]:
    """Keep a share of the groups of each label; a smaller share is part of a larger one.

    Parameters
    ----------
    y, groups : NDArray
        (n,) labels and components of all rows.
    rows : NDArray of int64
        The training part.
    fraction : float
        Share of each label's groups, rounded up.
    seed : int
        Seed of the order in which groups are kept, the same for all labels: a subject that is kept is kept
        by every hand.

    Returns
    -------
    NDArray of int64
        Rows kept, ascending.
    """
    _, component = np.unique(groups[rows], return_inverse=True)
    rank = np.random.default_rng(seed).permutation(int(component.max()) + 1)[component]
    kept = np.zeros(len(rows), dtype=bool)
    for label in np.unique(y[rows]):
        mine = y[rows] == label
        ranks = np.unique(rank[mine])
        kept |= mine & (rank <= ranks[int(np.ceil(fraction * len(ranks) - 1e-9)) - 1])
    return rows[kept]
