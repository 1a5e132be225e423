"""Out-of-fold scores inside a training part: what calibration maps are learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.folds.seeds import CALIBRATE, child_seed
from styleid.evaluate.folds.table import Table
from styleid.evaluate.scoring.fitting import fit_head, fit_seed
from styleid.evaluate.scoring.search import inner_folds
from styleid.heads.base import Head
from styleid.heads.scores import label_scores

#: Folds inside a training part: each head learns from 4/5 of it, close to the one that is judged.
SPLITS = 5


@dataclass(frozen=True, eq=False)
class InnerScores:
    """Out-of-fold scores of a training part; `notes` says why they are empty, if they are."""

    rows: NDArray[np.int64]  # (m,) row numbers of the whole table, ascending; empty if components are too few
    true: NDArray[np.int64]  # (m,) columns of the true labels
    scores: NDArray[np.float64]  # (m, k) not calibrated
    components: NDArray[Any]  # (m,) of each row
    notes: tuple[str, ...] = ()


def inner_scores(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    rows: NDArray[np.int64],
    *,
    seed: int,
    n_jobs: int = 1,
) -> InnerScores:
    """Score each row of a training part by a head that was fitted on the other components of that part.

    No row outside `rows` is read. The numbers do not depend on `n_jobs`.
    """
    folds, why = inner_folds(table, rows, seed=child_seed(seed, CALIBRATE), n_splits=SPLITS)
    if not folds:
        nothing = np.empty(0, dtype=np.int64)
        reason = why[0].split(": ", 1)[-1]
        return InnerScores(
            nothing,
            nothing,
            np.empty((0, len(table.labels))),
            table.components[:0],
            (f"scores were not calibrated: {reason}",),
        )
    seeds = [fit_seed(head, child_seed(seed, CALIBRATE, number)) for number in range(len(folds))]
    tasks = (
        delayed(plain_scores)(head, params, table, fold.train, fold.test, seed=each)
        for fold, each in zip(folds, seeds, strict=True)
    )
    scores = np.zeros((len(table.y), len(table.labels)))
    for fold, result in zip(folds, Parallel(n_jobs=n_jobs)(tasks), strict=True):
        scores[fold.test] = result
    scored = np.sort(np.concatenate([fold.test for fold in folds]))
    return InnerScores(scored, table.numbers[scored], scores[scored], table.components[scored])


def plain_scores(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Fit a head and return its scores of other rows, not calibrated, (n_test, k).

    `seed` is the head's, from `fit_seed`. A label that the training rows do not hold scores 0.
    """
    with threadpool_limits(1):
        estimator = fit_head(head, params, table, train, seed=seed)
        return label_scores(estimator, table.X[test], table.labels)
