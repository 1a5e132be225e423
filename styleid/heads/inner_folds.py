"""Parts a head splits off its own training rows: stratified, and never through a group."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

#: Row numbers of the training part and of the part left out.
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def calibration_folds(
    codes: NDArray[np.int64], groups: NDArray[Any] | None, n_folds: int, seed: int
) -> list[Fold]:
    """Split rows into folds of which every training part holds every class; each row is tested once.

    A group stays in one fold; without groups each row is its own. Fewer than `n_folds` are made where groups
    are few, and none (an empty list) if no split was found, as when a class has a single group.
    """
    if _fewest_groups(codes, groups) < 2:
        return []
    for n in range(_most_folds(codes, groups, n_folds), 1, -1):
        folds = _split(codes, groups, n, seed)
        if all(_usable(codes, fold) for fold in folds):
            return folds
    return []


def validation_part(
    codes: NDArray[np.int64], groups: NDArray[Any] | None, fraction: float, seed: int
) -> Fold | None:
    """Split off about `fraction` (at most 0.5) of the rows, with whole groups and every class in training.

    The result is None if every split tried takes all rows of some class out of training.
    """
    for n in range(_most_folds(codes, groups, int(1 / fraction + 0.5)), 1, -1):
        for fold in _split(codes, groups, n, seed):
            if _usable(codes, fold):
                return fold
    return None


def _split(codes: NDArray[np.int64], groups: NDArray[Any] | None, n: int, seed: int) -> list[Fold]:
    rows = np.empty((len(codes), 0))
    # Distinct groups split like rows, for which the splitter without groups is fifty times faster.
    if groups is None or len(np.unique(groups)) == len(groups):
        splitter, groups = StratifiedKFold(n, shuffle=True, random_state=seed), None
    else:
        splitter = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds is no fault here: the callers check what they need.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        return list(splitter.split(rows, codes, groups))


def _usable(codes: NDArray[np.int64], fold: Fold) -> bool:
    train, test = fold
    return len(test) > 0 and len(np.unique(codes[train])) == codes.max() + 1


def _most_folds(codes: NDArray[np.int64], groups: NDArray[Any] | None, wished: int) -> int:
    # The splitters refuse more folds than there are groups, or than the largest class has rows.
    n_groups = len(codes) if groups is None else len(np.unique(groups))
    return min(wished, n_groups, int(np.bincount(codes).max()))


def _fewest_groups(codes: NDArray[np.int64], groups: NDArray[Any] | None) -> int:
    if groups is None:
        return int(np.bincount(codes).min())
    return min(len(np.unique(groups[codes == code])) for code in range(codes.max() + 1))
