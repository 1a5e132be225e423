"""One label against the rest: scored out of fold, fitted on everything, calibrated like its siblings.

Heads of a one-vs-rest model know nothing of each other, so one more can be learned alone. Folds are
stratified by "this label or any other", since the head is asked no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.calibration.inner_scores import InnerScores, inner_scores
from styleid.evaluate.calibration.learn import learn_calibrator
from styleid.evaluate.folds.seeds import child_seed
from styleid.evaluate.folds.splits import grouped_folds
from styleid.evaluate.scoring.crossval import cross_validate
from styleid.evaluate.scoring.final import fit_final
from styleid.evaluate.scoring.predictions import Predictions
from styleid.heads.base import Head
from styleid.heads.scores import NEGATIVE, POSITIVE, against_rest
from styleid.rules.calibrator import Calibrator

#: Columns of the scores; the label stands last, where scikit-learn expects the positive class.
SIDES = (NEGATIVE, POSITIVE)


@dataclass(frozen=True, eq=False)
class LabelHead:
    """The head of one label, fitted on all rows."""

    estimator: Any  # classifier with classes POSITIVE and NEGATIVE
    params: Mapping[str, Any]
    calibrator: Calibrator  # one column; the identity where no map was wanted or possible
    inner: InnerScores | None  # after the map, out of fold, (m, 1), the label as number 0
    notes: tuple[str, ...]


def score_label(
    head: Head,
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    label: str,
    *,
    n_splits: int = 5,
    seed: int = 0,
    calibrate: bool = True,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Predictions, tuple[str, ...]]:
    """Score every row by a head that has not seen its component; return `SIDES` predictions and notes.

    With `calibrate`, each fold's scores are mapped by a sigmoid learned in its training part. A row is
    predicted as the label if its score is above one half. Give a head without calibration of its own
    (`styleid.heads.base.plain_head`).
    """
    target = against_rest(y, label)
    # Named in words, since the notes of the folds name them.
    named = np.where(target == POSITIVE, label, f"all but {label}")
    folds, notes = grouped_folds(named, groups, n_splits, seed)
    found = cross_validate(
        head, X, target, groups, folds, seed=seed, labels=SIDES, n_jobs=n_jobs, progress=progress
    )
    own = found.scores[:, 1].copy()
    if calibrate:
        tasks = (
            delayed(_learn_map)(head, run.params, X, target, groups, fold.train, child_seed(seed, number))
            for number, (fold, run) in enumerate(zip(folds, found.runs, strict=True))
        )
        for fold, (calibrator, inner) in zip(folds, Parallel(n_jobs=n_jobs)(tasks), strict=True):
            own[fold.test] = calibrator.apply(own[fold.test, None])[:, 0]
            notes += [f"{fold.name}: {note}" for note in inner.notes]
    return found.with_scores(np.column_stack([1 - own, own])), (*notes, *found.notes)


def fit_label(
    head: Head,
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    label: str,
    *,
    seed: int = 0,
    calibrate: bool = True,
    n_jobs: int = 1,
) -> LabelHead:
    """Choose parameters by grouped folds, fit on all rows, and learn the sigmoid from out-of-fold scores."""
    target = against_rest(y, label)
    estimator, params = fit_final(head, X, target, groups, seed=seed)
    if not calibrate:
        return LabelHead(estimator, params, Calibrator(), None, ())
    rows = np.arange(len(target))
    calibrator, inner = _learn_map(head, params, X, target, groups, rows, seed, n_jobs)
    mapped = replace(inner, scores=calibrator.apply(inner.scores))
    return LabelHead(estimator, params, calibrator, mapped, inner.notes)


def _learn_map(
    head: Head,
    params: Mapping[str, Any],
    X: NDArray[np.float32],
    target: NDArray[np.str_],
    groups: NDArray[Any],
    rows: NDArray[np.int64],
    seed: int,
    n_jobs: int = 1,
) -> tuple[Calibrator, InnerScores]:
    """Return the sigmoid of the label's score learned from `rows`, and their plain scores."""
    sides = (POSITIVE, NEGATIVE)  # the label is number 0, as its only column is
    both = inner_scores(head, params, X, target, groups, rows, labels=sides, seed=seed, n_jobs=n_jobs)
    inner = replace(both, scores=both.scores[:, :1])
    calibrator, _ = learn_calibrator(inner, one_vs_rest=True)
    return calibrator, inner
