"""Turn scores into probabilities by a map learned in each training part, out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, logsumexp
from threadpoolctl import threadpool_limits

from styleid.evaluate.crossval import Predictions
from styleid.evaluate.fitting import fit_head, fit_seed, inner_folds
from styleid.evaluate.seeds import CALIBRATE, child_seed
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head
from styleid.heads.scores import label_scores
from styleid.rules.calibrator import IDENTITY, SIGMOID, TEMPERATURE, Calibrator, _log_odds, _logs

#: Folds inside a training part: each head learns from 4/5 of it, close to the one that is judged.
SPLITS = 5
#: Temperatures and slopes beyond are a likelihood without a maximum, not a finding.
LOWEST, HIGHEST = 1e-3, 1e3


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


def learn_calibrator(inner: InnerScores, method: str = TEMPERATURE) -> tuple[Calibrator, tuple[str, ...]]:
    """Learn one temperature, or a sigmoid a column, from out-of-fold scores of a training part.

    Where there are no scores to learn from, the map is the identity and the notes say why.
    """
    if not len(inner.rows):
        return Calibrator(), inner.notes
    if method == TEMPERATURE:
        return Calibrator(TEMPERATURE, _temperature(inner.true, inner.scores)), ()
    odds = _log_odds(inner.scores)
    pairs = [_sigmoid(inner.true == label, odds[:, label]) for label in range(odds.shape[1])]
    return Calibrator(SIGMOID, 1.0, tuple(a for a, _ in pairs), tuple(b for _, b in pairs)), ()


def _temperature(true: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Minimise the log-loss of softmax(log(scores) / T); it is convex in 1 / T.

    Guo et al. 2017, "On Calibration of Modern Neural Networks". The label that scores highest stays the same.
    """
    logs = _logs(scores)  # (n, k)
    own = logs[np.arange(len(true)), true]

    def loss(log_temperature: float) -> float:
        beta = np.exp(-log_temperature)
        return float(np.mean(logsumexp(beta * logs, axis=1) - beta * own))

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    # Without a mistake the likelihood grows without end as T falls. The rule of succession says what n
    # pictures without a mistake allow one to claim: the middle one (n + 1) / (n + 2).
    top = np.sort(logs, axis=1)
    lowest = float(np.median(top[:, -1] - top[:, -2]) / np.log(len(true) + 1))
    return max(float(np.exp(found.x)), min(lowest, HIGHEST))


def _sigmoid(positive: NDArray[np.bool_], odds: NDArray[np.float64]) -> tuple[float, float]:
    """Minimise the cross-entropy of expit(a * odds + b) to smoothed targets; a > 0 keeps a column's order.

    Platt 1999, "Probabilistic Outputs for Support Vector Machines". Which column is higher may change.
    """
    n_yes, n_no = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))

    def loss(pair: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = pair[0] * odds + pair[1]
        error = expit(values) - target
        entropy = -np.mean(target * log_expit(values) + (1 - target) * log_expit(-values))
        return float(entropy), np.array([np.mean(error * odds), np.mean(error)])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=[(LOWEST, HIGHEST), (None, None)])
    return float(found.x[0]), float(found.x[1])


@dataclass(frozen=True, eq=False)
class CalibratedFold:
    """What one fold's training part taught."""

    name: str
    calibrator: Calibrator
    inner: InnerScores  # out-of-fold scores *after* the map: label sets are learned from them
    rows: NDArray[np.int64]  # (t,) scored rows
    plain: NDArray[np.float64]  # (t, k) before the map
    scores: NDArray[np.float64]  # (t, k) after it
    notes: tuple[str, ...]


def calibrated_folds(
    head: Head,
    table: Table,
    folds: Sequence[Fold],
    predictions: Predictions,
    *,
    seed: int = 0,
    n_jobs: int = 1,
) -> list[CalibratedFold]:
    """Learn a map in each fold's training part and apply it to the scores of its test part.

    `predictions` is the cross-validation of `head` on these folds. The numbers do not depend on `n_jobs`.
    """
    check_folds(folds, table.components, cover=False)
    tasks = (
        delayed(_calibrated_fold)(head, table, fold, predictions, child_seed(seed, number))
        for number, fold in enumerate(folds)
    )
    return list(Parallel(n_jobs=n_jobs)(tasks))


def with_calibration(predictions: Predictions, folds: Sequence[CalibratedFold]) -> Predictions:
    """Return predictions with the scores after the maps, or as they are if some fold could not learn one.

    Half of the pictures with probabilities and half with plain scores could not be read.
    """
    if any(fold.calibrator.method == IDENTITY for fold in folds):
        return predictions
    return predictions.with_scores(in_row_order(folds)[1])


def in_row_order(
    folds: Sequence[CalibratedFold], *, plain: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the scored rows of all folds, (m,) ascending, and their (m, k) scores after the map.

    With `plain` the scores are those before it.
    """
    rows = np.concatenate([fold.rows for fold in folds])
    scores = np.concatenate([fold.plain if plain else fold.scores for fold in folds])
    order = np.argsort(rows)
    return rows[order], scores[order]


def calibrate(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    rows: NDArray[np.int64],
    *,
    seed: int = 0,
    n_jobs: int = 1,
) -> tuple[Calibrator, InnerScores, tuple[str, ...]]:
    """Learn the map of a head from the given rows, and return their out-of-fold scores after it."""
    inner = inner_scores(head, params, table, rows, seed=seed, n_jobs=n_jobs)
    calibrator, notes = learn_calibrator(inner, SIGMOID if head.by_label else TEMPERATURE)
    return calibrator, replace(inner, scores=calibrator.apply(inner.scores)), notes


def _calibrated_fold(
    head: Head, table: Table, fold: Fold, predictions: Predictions, seed: int
) -> CalibratedFold:
    """Calibrate one fold; the validation part, which chose the parameters, is not looked at."""
    params = next(run.params for run in predictions.runs if run.name == fold.name)
    calibrator, inner, notes = calibrate(head, params, table, fold.train, seed=seed)
    plain = predictions.scores[np.searchsorted(predictions.rows, fold.test)]
    return CalibratedFold(fold.name, calibrator, inner, fold.test, plain, calibrator.apply(plain), notes)
