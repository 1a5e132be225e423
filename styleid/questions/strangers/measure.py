"""A verdict may be "unknown": learn when, and measure it by hiding one label after the other.

A hidden label's numbers come from detectors, a choice and thresholds that have seen neither its pictures
nor the components of the pictures they judge. A picture is as strange as it is far from everything known.
``knn``: to the k-th nearest known picture (Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest
Neighbors"). ``mahalanobis``: to the nearest label's mean, in units of the scatter within labels (Lee et al.
2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.linalg.lapack import dtrtri
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from styleid.errors import InputError
from styleid.evaluate.fitting import inner_folds
from styleid.evaluate.resample import Measured, mean_share
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Fold, Table
from styleid.questions.strangers.hidden_label import HiddenLabel, best_detector, drawn_labels, hide_label
from styleid.rules.strangers import DETECTORS, Detector, Unknown, threshold_of, unit_rows

#: Points of the curve.
POINTS = 20

#: Folds for the threshold that is shipped. A detector that has seen fewer pictures finds all others a little
#: farther off, so that with few folds fewer false alarms come than were asked for.
FINAL_SPLITS = 10

#: Labels hidden in turn, so that many labels do not make the work endless.
HIDDEN_LABELS = 12


def fit_detector(kind: str, X: NDArray[np.float32], y: NDArray[np.str_]) -> Detector:
    """Fit a detector of a kind in `DETECTORS` on (n, dim) vectors of known pictures, n > 0."""
    unit = unit_rows(X)
    if kind == "knn":
        return Detector(kind, {"rows": unit.astype(np.float32)})
    names, label = np.unique(y, return_inverse=True)
    means = np.stack([unit[label == number].mean(axis=0) for number in range(len(names))])
    covariance = _shrunk_covariance(unit - means[label])
    # Labels of copies have no scatter at all: a floor far below any real one keeps the inverse finite.
    floor = max(float(np.trace(covariance)) / len(covariance) * 1e-6, 1e-12)
    factor = np.linalg.cholesky(covariance + floor * np.eye(len(covariance)))
    # covariance = L L^T, so |L^-1 d| is the distance; rows are multiplied from the left.
    whitening = dtrtri(factor, lower=1)[0].T
    return Detector(kind, {"means": means.astype(np.float32), "whitening": whitening.astype(np.float32)})


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
    kind: str, table: Table, folds: list[Fold], strangers: NDArray[np.int64]
) -> tuple[Distances, Distances]:
    """Measure known pictures out of fold, and each stranger by the detector that has not seen its component.

    A stranger may share its component with known pictures, as a subject drawn by several hands: a detector
    that knows the subject would put it nearer than a picture to come. Strangers of other components take
    turns. The detectors must not see the labels of `strangers`, which may be empty.
    """
    X, y, components = table.X, table.y, table.components
    part = {one: number for number, fold in enumerate(folds) for one in np.unique(components[fold.test])}
    others = [one for one in np.unique(components[strangers]) if one not in part]
    part |= {one: number % len(folds) for number, one in enumerate(others)}
    parts = np.array([part[one] for one in components[strangers]], dtype=np.int64)
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
    parts = range(known.parts.max() + 1)
    return np.array([threshold_of(known.values[known.parts != part], false_alarm) for part in parts])


@dataclass(frozen=True, eq=False)
class UnknownRule:
    """When to say "unknown", and how much that is worth."""

    detector: Detector  # fitted on every picture
    false_alarm: float  # share of known pictures that the threshold was set for
    mean_auroc: dict[str, float]  # of each detector, over hidden labels; the choice rests on it
    hidden: tuple[HiddenLabel, ...]  # empty where nothing could be hidden
    false_alarms: Measured  # over all labels, at thresholds learned from the other folds
    known: Distances  # out-of-fold distances of all pictures, for `coverage_curve`
    notes: tuple[str, ...]


def learn_unknown(
    table: Table, *, false_alarm: float = 0.05, seed: int = 0, n_resamples: int = 1000, n_jobs: int = 1
) -> UnknownRule:
    """Choose a detector and its threshold on the user's own pictures.

    At most `HIDDEN_LABELS` labels are hidden in turn, drawn at random. `false_alarm` is the share of known
    pictures that may be called unknown, in (0, 1). Pictures of one component only are refused.
    """
    rows = np.arange(len(table.y))
    folds = known_folds(table, rows, n_splits=FINAL_SPLITS, seed=child_seed(seed, 0))
    if not folds:
        raise InputError(
            "expected pictures of at least 2 groups, found all in one; a distance needs pictures that "
            "it was not learned from: look at the groups"
        )
    hidden_labels = drawn_labels(table.labels, HIDDEN_LABELS, child_seed(seed, 2))
    tasks = (
        delayed(hide_label)(table, label, false_alarm, child_seed(seed, 1, number), n_resamples)
        for number, label in enumerate(table.labels)
        if label in hidden_labels
    )
    measured = [result for result in Parallel(n_jobs=n_jobs)(tasks) if result is not None]
    notes = []
    if len(table.labels) == 2:
        notes.append(
            f"two labels only: hiding one leaves one known label, so the detector could not be chosen and "
            f"{DETECTORS[0]} is taken for its numbers; they say how well one hand is told from the other"
        )
    if len(hidden_labels) < len(table.labels):
        notes.append(
            f"{len(hidden_labels)} of {len(table.labels)} labels were hidden in turn, drawn at random; the "
            "choice of the detector and what it is worth rest on these"
        )
    if lost := len(hidden_labels) - len(measured):
        notes.append(f"{lost} label(s) could not be hidden: too few groups are left")
    means = {kind: float(np.mean([aurocs[kind] for _, aurocs in measured])) for kind in DETECTORS if measured}
    chosen = best_detector(means)
    with threadpool_limits(1):
        known, _ = fold_distances(chosen, table, folds, rows[:0])
        detector = fit_detector(chosen, table.X, table.y)
    alarms = known.values > fold_thresholds(known, false_alarm)[known.parts]
    return UnknownRule(
        detector,
        false_alarm,
        means,
        tuple(hidden for hidden, _ in measured),
        mean_share(alarms, table.components[known.rows], seed=seed, n_resamples=n_resamples),
        known,
        tuple(notes),
    )


class CoveragePoint(NamedTuple):
    """One point of the curve: the pictures nearest to what is known, all others put aside."""

    coverage: float  # share of pictures kept
    accuracy: Measured  # share of those whose label was predicted
    n: int  # pictures kept


def coverage_curve(
    distances: NDArray[np.float64],
    correct: NDArray[np.bool_],
    components: NDArray[np.int64],
    *,
    seed: int = 0,
    n_resamples: int = 500,
) -> tuple[CoveragePoint, ...]:
    """Follow a head's accuracy as the threshold falls, from all pictures kept to one in `POINTS`.

    Distances and predictions are out-of-fold, of known pictures, (n,) each. Equal distances stay together.
    """
    thresholds = np.unique(np.quantile(distances, np.arange(1, POINTS + 1) / POINTS, method="inverted_cdf"))
    points = []
    for threshold in thresholds[::-1].tolist():
        kept = distances <= threshold
        accuracy = mean_share(correct[kept], components[kept], seed=seed, n_resamples=n_resamples)
        points.append(CoveragePoint(float(kept.mean()), accuracy, int(kept.sum())))
    return tuple(points)


def unknown_gate(unknown: UnknownRule) -> Unknown:
    """Return the part of a rule that a model needs to say "none of these"."""
    known = np.sort(unknown.known.values)
    return Unknown(unknown.detector, known, unknown.false_alarm, hidden_means(unknown))


def hidden_means(unknown: UnknownRule) -> dict[str, float | None]:
    """Average the detector's AUROC and the like over hidden labels; None where none could be hidden."""
    values = [(one.auroc.value, one.fpr_at_95_tpr, one.recognised.value) for one in unknown.hidden]
    means = map(float, np.mean(values, axis=0)) if values else (None, None, None)
    return dict(zip(("auroc", "fpr_at_95_tpr", "recognised"), means, strict=True))
