"""The least a head must beat: the commonest label, and the nearest class mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.dummy import DummyClassifier

from styleid.evaluate.crossval import cross_validate
from styleid.evaluate.fold import Fold
from styleid.evaluate.predictions import Predictions
from styleid.heads.base import Head, get_head


def _majority(seed: int) -> Any:
    """Build the classifier that ignores the vectors.

    Not ``strategy="prior"``: a label that is rarer in a test part is commoner in its training
    part, so out of fold the priors rank the labels backwards and ROC AUC falls below one half.
    """
    return DummyClassifier(strategy="most_frequent", random_state=seed)


MAJORITY = Head(
    name="majority",
    summary="always the commonest label of the training part",
    build=_majority,
    grid={},
)


def baseline_heads() -> tuple[Head, ...]:
    """Return the baselines: `MAJORITY` and the registry's nearest class mean.

    Returns
    -------
    tuple of Head
    """
    return MAJORITY, get_head("centroid")


def cross_validate_baselines(
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    folds: Sequence[Fold],
    *,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    n_jobs: int = 1,
) -> dict[str, Predictions]:
    """Score every baseline on the folds that the heads are scored on.

    Parameters
    ----------
    X, y, groups, folds, seed, labels, n_jobs
        As for `styleid.evaluate.crossval.cross_validate`.

    Returns
    -------
    dict of str to Predictions
        Name of the baseline -> its predictions.

    Raises
    ------
    InputError
        As for `styleid.evaluate.crossval.cross_validate`.
    """
    return {
        head.name: cross_validate(head, X, y, groups, folds, seed=seed, labels=labels, n_jobs=n_jobs)
        for head in baseline_heads()
    }
