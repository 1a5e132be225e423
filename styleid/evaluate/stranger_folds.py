"""Distances of known pictures and of strangers, measured alike: by detectors that saw neither's group."""

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
    """Distances of pictures by detectors that have not seen their groups.

    Attributes
    ----------
    rows : NDArray of int64
        (m,) row numbers, ascending.
    values : NDArray of float64
        (m,) distances.
    parts : NDArray of int64
        (m,) number of the fold each was measured in.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    parts: NDArray[np.int64]


def known_folds(
    y: NDArray[np.str_], groups: NDArray[Any], rows: NDArray[np.int64], *, n_splits: int, seed: int
) -> list[Fold]:
    """Cut known rows into folds by group, also where they are all of one label.

    Parameters
    ----------
    y, groups : NDArray
        (n,) labels and components of all rows.
    rows : NDArray of int64
        The known ones.
    n_splits : int
        Folds wanted.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    list of Fold
        With row numbers of the whole table; empty if the rows are of one group.
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
    """Measure known pictures out of fold, and each stranger by the detector that has not seen its group.

    A stranger may share its group with known pictures, as a subject drawn by several hands: measured by a
    detector that knows the subject it would look nearer than a picture to come. Strangers of other
    groups take turns.

    Parameters
    ----------
    kind : str
        One of `styleid.evaluate.detectors.DETECTORS`.
    X, y, groups : NDArray
        (n, dim) vectors, (n,) labels and (n,) components of all rows.
    folds : list of Fold
        Of the known rows; at least one.
    strangers : NDArray of int64
        Rows of labels that the detectors must not see; may be empty.

    Returns
    -------
    known, strange : Distances
        Of the known rows and of the strangers.
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
    """Return for each fold the distance that a stated share of the *other* folds' known pictures exceed.

    Parameters
    ----------
    known : Distances
        Of known pictures.
    false_alarm : float
        Share of known pictures to be called unknown.

    Returns
    -------
    NDArray of float64
        (n_folds,).
    """
    return np.array(
        [
            threshold_of(known.values[known.parts != part], false_alarm)
            for part in range(known.parts.max() + 1)
        ]
    )


def threshold_of(distances: NDArray[np.float64], false_alarm: float) -> float:
    """Return the distance beyond which a picture is called unknown.

    Parameters
    ----------
    distances : NDArray of float64
        (n,) of known pictures, out of fold, n > 0.
    false_alarm : float
        Share of them that may lie beyond.

    Returns
    -------
    float
        The ceil((n + 1) * (1 - false_alarm))-th smallest, or the largest where n is too small for that:
        a picture to come lies beyond with at most the stated probability.
    """
    place = int(np.ceil((len(distances) + 1) * (1 - false_alarm) - 1e-9))
    return float(np.sort(distances)[min(place, len(distances)) - 1])
