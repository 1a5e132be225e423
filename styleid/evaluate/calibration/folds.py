"""The scores of a cross-validation, calibrated in each fold by its training part alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.calibration.inner_scores import InnerScores, inner_scores
from styleid.evaluate.calibration.learn import learn_calibrator
from styleid.evaluate.folds.seeds import child_seed
from styleid.evaluate.folds.table import Fold, Table, check_folds
from styleid.evaluate.scoring.predictions import Predictions
from styleid.heads.base import Head
from styleid.rules.calibrator import IDENTITY, SIGMOID, TEMPERATURE, Calibrator


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
