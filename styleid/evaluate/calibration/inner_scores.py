"""Out-of-fold scores inside a training part: what calibration maps are learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.folds.seeds import CALIBRATE, FIT, child_seed
from styleid.evaluate.scoring.fitting import fit_head
from styleid.evaluate.scoring.search import inner_folds
from styleid.heads.base import Head
from styleid.heads.scores import NEGATIVE, POSITIVE, against_rest, label_scores

#: Folds inside a training part: each head learns from 4/5 of it, close to the one that is judged.
SPLITS = 5


@dataclass(frozen=True, eq=False)
class InnerScores:
    """Out-of-fold scores of a training part; `notes` says why they are empty, if they are."""

    rows: NDArray[np.int64]  # (m,) row numbers of the whole table, ascending; empty if components are too few
    true: NDArray[np.int64]  # (m,) columns of the true labels
    scores: NDArray[np.float64]  # (m, k) not calibrated
    groups: NDArray[Any]  # (m,) component of each row
    notes: tuple[str, ...] = ()


def inner_scores(
    head: Head,
    params: Mapping[str, Any],
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    rows: NDArray[np.int64],
    *,
    labels: Sequence[str],
    seed: int,
    one_vs_rest: bool = False,
    n_splits: int = SPLITS,
    n_jobs: int = 1,
) -> InnerScores:
    """Score each row of a training part by a head that was fitted on the other components of that part.

    No row outside `rows` is read. For one-vs-rest, `params` maps each label to its parameters. The numbers
    do not depend on `n_jobs`.
    """
    folds, why = inner_folds(y, groups, rows, seed=child_seed(seed, CALIBRATE), n_splits=n_splits)
    if not folds:
        nothing = np.empty(0, dtype=np.int64)
        reason = why[0].split(": ", 1)[-1]
        return InnerScores(
            nothing,
            nothing,
            np.empty((0, len(labels))),
            groups[:0],
            (f"scores were not calibrated: {reason}",),
        )
    tasks = (
        delayed(plain_scores)(
            head,
            params,
            X,
            y,
            groups,
            fold.train,
            fold.test,
            labels=labels,
            seed=child_seed(seed, CALIBRATE, number),
            one_vs_rest=one_vs_rest,
        )
        for number, fold in enumerate(folds)
    )
    scores = np.zeros((len(y), len(labels)))
    for fold, found in zip(folds, Parallel(n_jobs=n_jobs)(tasks), strict=True):
        scores[fold.test] = found
    scored = np.sort(np.concatenate([fold.test for fold in folds]))
    return InnerScores(scored, label_numbers(y[scored], labels), scores[scored], groups[scored])


def plain_scores(
    head: Head,
    params: Mapping[str, Any],
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    *,
    labels: Sequence[str],
    seed: int,
    one_vs_rest: bool = False,
) -> NDArray[np.float64]:
    """Fit a head without its own calibration and return (n_test, k) scores of other rows.

    Scores of a row sum to 1, except for one-vs-rest, where `params` maps each label to its parameters.
    """
    with threadpool_limits(1):
        if not one_vs_rest:
            plain = {**params, **head.plain_params}
            estimator = fit_head(head, plain, X, y, groups, train, seed=child_seed(seed, FIT, 0))
            return label_scores(estimator, X[test], labels)
        scores = np.zeros((len(test), len(labels)))
        for number, label in enumerate(labels):
            target = against_rest(y, label)
            if POSITIVE not in target[train]:
                continue  # nothing to learn this label from: its score stays 0
            plain = {**params.get(label, {}), **head.plain_params}
            fit_seed = child_seed(seed, FIT, number)
            estimator = fit_head(head, plain, X, target, groups, train, seed=fit_seed)
            scores[:, number] = label_scores(estimator, X[test], (POSITIVE, NEGATIVE))[:, 0]
        return scores


def label_numbers(y: NDArray[np.str_], labels: Sequence[str]) -> NDArray[np.int64]:
    """Return (n,) the column number of each row's label."""
    number = {label: index for index, label in enumerate(labels)}
    return np.array([number[label] for label in y.tolist()], dtype=np.int64)
