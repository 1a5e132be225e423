"""Distances of known pictures and of strangers, measured alike: by detectors that saw neither's component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from styleid.evaluate.detectors import fit_detector
from styleid.evaluate.fold import Fold
from styleid.evaluate.search import inner_folds


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of pictures by detectors that have not seen their components; m rows, ascending."""

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    parts: NDArray[np.int64]  # number of the fold each was measured in


def known_folds(
    y: NDArray[np.str_], groups: NDArray[Any], rows: NDArray[np.int64], *, n_splits: int, seed: int
) -> list[Fold]:
    """Cut known rows into folds by component, also where they are all of one label.

    Row numbers are of the whole table. Without two components there are no folds.
    """
    folds, _ = inner_folds(y, groups, rows, seed=seed, n_splits=n_splits)
    n_groups = len(np.unique(groups[rows]))
    if folds or n_groups < 2:
        return folds
    # One label, or a label with one group: not to be stratified, yet groups can still be kept together.
    splitter = GroupKFold(min(n_splits, n_groups), shuffle=True, random_state=seed)
    parts = splitter.split(rows, groups=groups[rows])
    return [Fold(f"fold-{i}", rows[train], rows[test]) for i, (train, test) in enumerate(parts, 1)]


def fold_distances(
    kind: str,
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    folds: list[Fold],
    strangers: NDArray[np.int64],
) -> tuple[Distances, Distances]:
    """Measure known pictures out of fold, and each stranger by the detector that has not seen its component.

    A stranger may share its component with known pictures, as a subject drawn by several hands: a detector
    that knows the subject would put it nearer than a picture to come. Strangers of other components take
    turns. The detectors must not see the labels of `strangers`, which may be empty.
    """
    part_of = {group: number for number, fold in enumerate(folds) for group in np.unique(groups[fold.test])}
    others = [group for group in np.unique(groups[strangers]) if group not in part_of]
    part_of |= {group: number % len(folds) for number, group in enumerate(others)}
    parts = np.array([part_of[group] for group in groups[strangers]], dtype=np.int64)
    known, strange = np.zeros(len(y)), np.zeros(len(strangers))
    known_part = np.zeros(len(y), dtype=np.int64)
    for number, fold in enumerate(folds):
        detector = fit_detector(kind, X[fold.train], y[fold.train])
        known[fold.test], known_part[fold.test] = detector.distances(X[fold.test]), number
        strange[parts == number] = detector.distances(X[strangers[parts == number]])
    rows = np.sort(np.concatenate([fold.test for fold in folds]))
    return Distances(rows, known[rows], known_part[rows]), Distances(strangers, strange, parts)


def fold_thresholds(known: Distances, false_alarm: float) -> NDArray[np.float64]:
    """Return (n_folds,) distances that a stated share of the *other* folds' known pictures exceed."""
    return np.array(
        [
            threshold_of(known.values[known.parts != part], false_alarm)
            for part in range(known.parts.max() + 1)
        ]
    )


def threshold_of(distances: NDArray[np.float64], false_alarm: float) -> float:
    """Return the distance beyond which a picture is called unknown, from out-of-fold distances of known ones.

    It is the ceil((n + 1) * (1 - false_alarm))-th smallest, or the largest if n is too small for that: a
    picture to come lies beyond with at most the stated probability.
    """
    place = int(np.ceil((len(distances) + 1) * (1 - false_alarm) - 1e-9))
    return float(np.sort(distances)[min(place, len(distances)) - 1])
