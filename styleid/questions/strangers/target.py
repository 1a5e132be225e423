"""Count how often a stranger's picture is called the target.

"This artist against the others" is learned from the others there are; a picture by someone else belongs
to neither side, and nothing makes the head say "others". Each label of the others is left out of
training in turn, and its pictures are then scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.calibration import plain_scores
from styleid.evaluate.resample import Measured, mean_share
from styleid.evaluate.seeds import DRAW, FIT, child_seed
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head
from styleid.heads.scores import NEGATIVE, POSITIVE, against_rest
from styleid.questions.strangers.hidden_label import drawn_labels
from styleid.report.numbers import count_of

#: Labels left out in turn, so that many labels do not make the work endless.
LEFT_OUT = 12


class Strangers(NamedTuple):
    """Pictures of one label that was left out of training."""

    label: str
    called_target: Measured  # its pictures called the target
    when_known: Measured  # the same pictures, with the label among the others in training
    n_images: int


def target_strangers(
    head: Head,
    params: Mapping[str, object],
    table: Table,
    folds: Sequence[Fold],
    target: str,
    *,
    seed: int = 0,
    n_jobs: int = 1,
) -> tuple[tuple[Strangers, ...], tuple[str, ...]]:
    """Leave out each label of the others in turn and count how often it is called the target.

    At most `LEFT_OUT` labels are left out, drawn at random; with one other label nothing would be left, and
    the result is empty. The folds are made from these labels or from "target or others", and need not cover
    all rows: a left-out picture is scored by a head that has not seen its component either, such as the same
    subject by the target's hand. Calibration is left out since it does not change which label is called.
    """
    check_folds(folds, table.components, cover=False)
    all_others = [label for label in table.labels if label != target]
    if len(all_others) < 2:
        return (), ()
    others = drawn_labels(all_others, LEFT_OUT, child_seed(seed, DRAW))
    notes = []
    if len(others) < len(all_others):
        notes.append(f"{len(others)} of {len(all_others)} labels were left out in turn, drawn at random")
    tasks = (
        delayed(_called)(head, params, table, fold, target, label, child_seed(seed, FIT, number))
        for label in (None, *others)
        for number, fold in enumerate(folds)
    )
    results = Parallel(n_jobs=n_jobs)(tasks)
    called, scored = np.zeros((2, len(others) + 1, len(table.y)), dtype=bool)
    for number, (rows, hits) in enumerate(results):
        called[number // len(folds), rows] = hits
        scored[number // len(folds), rows] = True
    strangers, unscored = [], []
    for number, label in enumerate(others, 1):
        # Both shares are of the same pictures, so that their difference is the label's being unknown.
        rows = np.flatnonzero((table.y == label) & scored[number] & scored[0])
        if not len(rows):
            unscored.append(label)
            continue
        unknown, known = (
            mean_share(called[which, rows], table.components[rows], seed=seed) for which in (number, 0)
        )
        strangers.append(Strangers(label, unknown, known, len(rows)))
    if unscored:
        notes.append(
            f"{count_of(len(unscored), 'label')} could not be left out: no scored picture, or without it "
            f"training holds the target alone: {', '.join(unscored)}"
        )
    return tuple(strangers), tuple(notes)


def _called(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    fold: Fold,
    target: str,
    left_out: str | None,
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Fit without one label and say which test pictures, of that label if given, are called the target.

    The result is empty where there is no picture or a side of the training part would be.
    """
    binary = replace(table, y=against_rest(table.y, target), labels=(NEGATIVE, POSITIVE))
    train, test = fold.train, fold.test
    if left_out is not None:
        train, test = train[table.y[train] != left_out], test[table.y[test] == left_out]
    if not len(test) or len(np.unique(binary.y[train])) < 2:
        return test[:0], np.zeros(0, dtype=bool)
    return test, plain_scores(head, params, binary, train, test, seed=seed).argmax(axis=1) == 1
