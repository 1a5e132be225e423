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

from styleid.evaluate.calibration import InnerScores, inner_scores, learn_calibrator
from styleid.evaluate.crossval import Predictions, cross_validate, fit_final
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Table
from styleid.heads.base import Head
from styleid.heads.scores import NEGATIVE, POSITIVE
from styleid.rules.calibrator import SIGMOID, Calibrator

#: Columns of the scores; the label stands last, where scikit-learn expects the positive class.
SIDES = (NEGATIVE, POSITIVE)


@dataclass(frozen=True, eq=False)
class LabelTask:
    """A label to be learned, against all other labels of a table."""

    head: Head
    table: Table
    label: str
    calibrate: bool = True


@dataclass(frozen=True, eq=False)
class LabelHead:
    """The head of one label, fitted on all rows."""

    estimator: Any  # classifier with classes POSITIVE and NEGATIVE
    params: Mapping[str, Any]
    calibrator: Calibrator  # one column; the identity where no map was wanted or possible
    inner: InnerScores | None  # after the map, out of fold, (m, 1), the label as number 0
    notes: tuple[str, ...]


def score_label(
    task: LabelTask,
    *,
    n_splits: int = 5,
    seed: int = 0,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Predictions, tuple[str, ...]]:
    """Score every row by a head that has not seen its component; return `SIDES` predictions and notes.

    Where scores are calibrated, each fold's are mapped by a sigmoid learned in its training part. A row is
    predicted as the label if its score is above one half.
    """
    table = task.table.against_rest(task.label)
    # Named in words, since the notes of the folds name them.
    named = np.where(table.y == POSITIVE, task.label, f"all but {task.label}")
    folds, notes = grouped_folds(named, table.components, n_splits, seed)
    raw = cross_validate(
        task.head, replace(table, labels=SIDES), folds, seed=seed, n_jobs=n_jobs, progress=progress
    )
    score = raw.scores[:, 1].copy()
    if task.calibrate:
        tasks = (
            delayed(_learn_map)(task.head, run.params, table, fold.train, child_seed(seed, number))
            for number, (fold, run) in enumerate(zip(folds, raw.runs, strict=True))
        )
        for fold, (calibrator, inner) in zip(folds, Parallel(n_jobs=n_jobs)(tasks), strict=True):
            score[fold.test] = calibrator.apply(score[fold.test, None])[:, 0]
            notes += [f"{fold.name}: {note}" for note in inner.notes]
    return raw.with_scores(np.column_stack([1 - score, score])), (*notes, *raw.notes)


def fit_label(task: LabelTask, *, seed: int = 0, n_jobs: int = 1) -> LabelHead:
    """Choose parameters by grouped folds, fit on all rows, and learn the sigmoid from out-of-fold scores."""
    table = task.table.against_rest(task.label)
    estimator, params = fit_final(task.head, table, seed=seed)
    if not task.calibrate:
        return LabelHead(estimator, params, Calibrator(), None, ())
    calibrator, inner = _learn_map(task.head, params, table, np.arange(len(table.y)), seed, n_jobs)
    mapped = replace(inner, scores=calibrator.apply(inner.scores))
    return LabelHead(estimator, params, calibrator, mapped, inner.notes)


def _learn_map(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    rows: NDArray[np.int64],
    seed: int,
    n_jobs: int = 1,
) -> tuple[Calibrator, InnerScores]:
    """Return the sigmoid of the label's score learned from `rows`, and their plain scores."""
    both = inner_scores(head, params, table, rows, seed=seed, n_jobs=n_jobs)
    inner = replace(both, scores=both.scores[:, :1])  # the label is number 0, as its only column is
    return learn_calibrator(inner, SIGMOID)[0], inner
