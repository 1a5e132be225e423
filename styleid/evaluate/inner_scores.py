"""Scores of a training part by heads that have not seen the picture's group: what maps are learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.fitting import NEGATIVE, POSITIVE, against_rest, fit_head, label_scores
from styleid.evaluate.search import inner_folds
from styleid.evaluate.seeds import CALIBRATE, FIT, child_seed
from styleid.heads.base import Head

#: Folds inside a training part: each head learns from 4/5 of it, close to the one that is judged.
SPLITS = 5


@dataclass(frozen=True, eq=False)
class InnerScores:
    """Out-of-fold scores of a training part.

    Attributes
    ----------
    rows : NDArray of int64
        (m,) row numbers of the whole table, ascending; empty where the part has too few groups.
    true : NDArray of int64
        (m,) indices of the labels.
    scores : NDArray of float64
        (m, k) plain scores.
    groups : NDArray
        (m,) component of each row.
    notes : tuple of str
        Why there is nothing, if so.
    """

    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    scores: NDArray[np.float64]
    groups: NDArray[Any]
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
    """Score each row of a training part by a head fitted on the other groups of that part.

    Parameters
    ----------
    head : Head
        Fitted with its ``plain_params`` set, as `plain_scores` fits the one that is judged.
    params : mapping
        Its parameters; for one-vs-rest, label -> parameters.
    X, y, groups : NDArray
        (n, dim) vectors, (n,) labels and (n,) components of all rows.
    rows : NDArray of int64
        The training part; no other row is looked at.
    labels : sequence of str
        The k labels, in the order of the score columns.
    seed : int
        Seed of folds and heads.
    one_vs_rest : bool
        One independent two-class head a label.
    n_splits : int
        Folds wanted; fewer are made where groups are few.
    n_jobs : int
        Folds worked on at a time; the numbers do not depend on it.

    Returns
    -------
    InnerScores
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
    """Fit a head without its own calibration and score other rows.

    Parameters
    ----------
    head, params, X, y, groups, labels, seed, one_vs_rest
        As for `inner_scores`.
    train, test : NDArray of int64
        Rows to learn from, rows to score.

    Returns
    -------
    NDArray of float64
        (n_test, k); rows sum to 1 unless one-vs-rest.
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
    """Return the index of each row's label: (n,) int64.

    Parameters
    ----------
    y : NDArray of str
        (n,) labels.
    labels : sequence of str
        All labels, in the order of the columns.

    Returns
    -------
    NDArray of int64
        (n,).
    """
    number = {label: index for index, label in enumerate(labels)}
    return np.array([number[label] for label in y.tolist()], dtype=np.int64)
