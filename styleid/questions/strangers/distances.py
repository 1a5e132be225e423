"""How far a picture is from everything known, on vectors of length one.

Two distances are added up, each in units of its deviation on known pictures: to the nearest label's mean, in
units of the scatter within labels (Lee et al. 2018, "A Simple Unified Framework for Detecting
Out-of-Distribution Samples"), and to the nearest known pictures by cosine in the space that is whitened by
that scatter (after Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dtrtri
from sklearn.model_selection import GroupKFold

from styleid.evaluate.fitting import inner_folds
from styleid.evaluate.table import Fold, Table
from styleid.rules.formulas import unit_rows
from styleid.rules.strangers import KIND, Detector, threshold_of, white_rows

#: Known pictures that a detector keeps to compare new ones with; a model of 20,000 would be 36 MB larger.
MOST_KEPT = 4000
#: Means and deviations that leave parts as they are.
PLAIN = np.array([[0.0, 0.0], [1.0, 1.0]])


def fit_detector(X: NDArray[np.float32], y: NDArray[np.str_], scale: NDArray[np.float64] = PLAIN) -> Detector:
    """Fit a detector on (n, dim) vectors of known pictures, n > 0.

    `scale` holds the means and deviations, (2, 2), of the parts of known pictures that it has not seen.
    """
    unit = unit_rows(X.astype(np.float64))
    names, label = np.unique(y, return_inverse=True)
    means = np.stack([unit[label == number].mean(axis=0) for number in range(len(names))])
    covariance = _shrunk_covariance(unit - means[label])
    # Labels of copies have no scatter at all: a floor far below any real one keeps the inverse finite.
    floor = max(float(np.trace(covariance)) / len(covariance) * 1e-6, 1e-12)
    factor = np.linalg.cholesky(covariance + floor * np.eye(len(covariance)))
    # covariance = L L^T, so |L^-1 d| is the distance; rows are multiplied from the left.
    whitening, middle = dtrtri(factor, lower=1)[0].T, unit.mean(axis=0)
    arrays = {"means": means, "whitening": whitening, "middle": middle, "scale": scale}
    rows = white_rows(unit, middle, whitening)[kept_rows(len(y))].astype(
        np.float16
    )  # of a cosine three digits will do
    return Detector(KIND, {**{name: one.astype(np.float32) for name, one in arrays.items()}, "rows": rows})


def _shrunk_covariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of (n, dim) centred rows, shrunk by Ledoit and Wolf (2004): (dim, dim).

    Pictures are fewer than its entries. scikit-learn's `ledoit_wolf` makes a product of two matrices to sum
    its entries; here that sum is had from the squared lengths of the rows.
    """
    n, dim = centred.shape
    covariance: NDArray[np.float64] = centred.T @ centred / n
    scale = float(np.trace(covariance)) / dim
    spread = float(np.vdot(covariance, covariance))
    lengths = np.einsum("ij,ij->i", centred, centred)
    noise = (float(lengths @ lengths) / n - spread) / (n * dim)
    signal = (spread - dim * scale**2) / dim
    shrinkage = min(noise, signal) / signal if noise > 0 and signal > 0 else 0.0
    covariance *= 1 - shrinkage
    covariance.flat[:: dim + 1] += shrinkage * scale
    return covariance


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of pictures by detectors that have not seen their components; m rows, ascending."""

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    parts: NDArray[np.int64]  # number of the fold each was measured in


def known_folds(table: Table, rows: NDArray[np.int64], *, n_splits: int, seed: int) -> list[Fold]:
    """Cut known rows into folds by component, also where they are all of one label.

    Row numbers are of the whole table. Without two components there are no folds.
    """
    folds, _ = inner_folds(table, rows, seed=seed, n_splits=n_splits)
    components = table.components[rows]
    n_components = len(np.unique(components))
    if folds or n_components < 2:
        return folds
    # One label, or a label with one group: not to be stratified, yet groups can still be kept together.
    splitter = GroupKFold(min(n_splits, n_components), shuffle=True, random_state=seed)
    parts = splitter.split(rows, groups=components)
    return [Fold(f"fold-{i}", rows[train], rows[test]) for i, (train, test) in enumerate(parts, 1)]


def fold_distances(
    table: Table, folds: list[Fold], strangers: NDArray[np.int64]
) -> tuple[Distances, Distances, NDArray[np.float64]]:
    """Measure known pictures out of fold, and each stranger by the detector that has not seen its component.

    A stranger may share its component with known pictures, as a subject drawn by several hands: a detector
    that knows the subject would put it nearer than a picture to come. Strangers of other components take
    turns. The detectors must not see the labels of `strangers`, which may be empty. The parts of a fold's
    distances are in units of the other folds' known pictures; returned last is the scale of all of them.
    """
    X, y, components = table.X, table.y, table.components
    part = {one: number for number, fold in enumerate(folds) for one in np.unique(components[fold.test])}
    others = [one for one in np.unique(components[strangers]) if one not in part]
    part |= {one: number % len(folds) for number, one in enumerate(others)}
    parts = np.array([part[one] for one in components[strangers]], dtype=np.int64)
    rows = np.sort(np.concatenate([fold.test for fold in folds]))
    known, strange = np.zeros((len(rows), 2)), np.zeros((len(strangers), 2))
    known_part = np.zeros(len(rows), dtype=np.int64)
    for number, fold in enumerate(folds):
        detector, here = fit_detector(X[fold.train], y[fold.train]), np.searchsorted(rows, fold.test)
        known[here], known_part[here] = detector.parts(X[fold.test]), number
        strange[parts == number] = detector.parts(X[strangers[parts == number]])
    values, strange_values = np.zeros(len(rows)), np.zeros(len(strangers))
    for number in range(len(folds)):
        mean, deviation = _scale(known[known_part != number])
        for raw, of, total in ((known, known_part, values), (strange, parts, strange_values)):
            total[of == number] = ((raw[of == number] - mean) / deviation).sum(axis=1)
    return Distances(rows, values, known_part), Distances(strangers, strange_values, parts), _scale(known)


def _scale(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means and the deviations of (n, 2) parts of known pictures, (2, 2)."""
    return np.stack([parts.mean(axis=0), np.maximum(parts.std(axis=0), 1e-6)])


def kept_rows(n: int) -> slice:
    """Return a step that keeps about `MOST_KEPT` of n rows, whatever their order by label."""
    return slice(None, None, max(1, int(np.ceil(n / MOST_KEPT))))


def fold_thresholds(known: Distances, false_alarm: float) -> NDArray[np.float64]:
    """Return (n_folds,) distances that a stated share of the *other* folds' known pictures exceed."""
    parts = range(known.parts.max() + 1)
    return np.array([threshold_of(known.values[known.parts != part], false_alarm) for part in parts])
