"""One label against the rest: scored out of fold, fitted on everything, calibrated like its siblings.

Heads of a one-vs-rest model know nothing of each other, so one more can be learned alone. Folds are
stratified by "this label or any other", since the head is asked no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from styleid.evaluate.calibration import HeldOut, held_out, learn_calibrator, other_folds
from styleid.evaluate.crossval import Predictions, cross_validate, fit_final
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
    known: HeldOut | None  # after the map, (m, 1), the label as number 0
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

    Where scores are calibrated, each fold's are mapped by a sigmoid learned from the other folds. A row is
    predicted as the label if its score is above one half.
    """
    table = replace(task.table.against_rest(task.label), labels=SIDES)
    # Named in words, since the notes of the folds name them.
    named = np.where(table.y == POSITIVE, task.label, f"all but {task.label}")
    folds, notes = grouped_folds(named, table.components, n_splits, seed)
    raw = cross_validate(task.head, table, folds, seed=seed, n_jobs=n_jobs, progress=progress)
    score = raw.scores[:, 1].copy()
    if task.calibrate:
        for fold, run in zip(folds, raw.runs, strict=True):
            known = other_folds(task.head, table, folds, raw, fold)
            calibrator, _, why = _learn_map(known, run.lead)
            score[fold.test] = calibrator.apply(score[fold.test, None])[:, 0]
            notes += [f"{fold.name}: {note}" for note in why]
    return raw.with_scores(np.column_stack([1 - score, score])), (*notes, *raw.notes)


def fit_label(task: LabelTask, *, seed: int = 0, n_jobs: int = 1) -> LabelHead:
    """Choose parameters by grouped folds, fit on all rows, and learn the sigmoid from out-of-fold scores."""
    table = replace(task.table.against_rest(task.label), labels=SIDES)
    final = fit_final(task.head, table, seed=seed)
    if not task.calibrate:
        return LabelHead(final.estimator, final.params, Calibrator(), None, ())
    rows = np.arange(len(table.y))
    known = held_out(task.head, final.params, table, rows, seed=seed, n_jobs=n_jobs)
    return LabelHead(final.estimator, final.params, *_learn_map(known, final.lead))


def _learn_map(known: HeldOut, lead: tuple[float, ...]) -> tuple[Calibrator, HeldOut, tuple[str, ...]]:
    """Return the sigmoid of the label's plain score, what it was learned from, after it, and notes."""
    own = replace(known, true=1 - known.true, scores=known.scores[:, 1:])  # the label is number 0
    calibrator, notes = learn_calibrator(own, SIGMOID)
    return calibrator.in_units(lead), replace(own, scores=calibrator.apply(own.scores)), notes
