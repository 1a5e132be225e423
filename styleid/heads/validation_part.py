"""The part a head splits off its own training rows: stratified, and never through a group."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold


def validation_part(
    codes: NDArray[np.int64], groups: NDArray[Any] | None, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Split off about `fraction` (at most 0.5) of the rows, with whole groups and every class in training.

    Returns the row numbers of training and of the part, or None if every split tried takes all rows of some
    class out of training.
    """
    rows = np.empty((len(codes), 0))
    n_groups = len(codes) if groups is None else len(np.unique(groups))
    # Distinct groups split like rows, for which the splitter without groups is fifty times faster.
    if n_groups == len(codes):
        kind, groups = StratifiedKFold, None
    else:
        kind = StratifiedGroupKFold
    # The splitters refuse more folds than there are groups, or than the largest class has rows.
    most = min(int(1 / fraction + 0.5), n_groups, int(np.bincount(codes).max()))
    for n in range(most, 1, -1):
        splitter = kind(n, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            # A class with fewer rows than folds is no fault here: such a part is passed over.
            warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
            parts = list(splitter.split(rows, codes, groups))
        for train, held in parts:
            if len(held) and len(np.unique(codes[train])) == codes.max() + 1:
                return train, held
    return None
