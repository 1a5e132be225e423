"""A verdict may be "unknown": learn when, and measure it by hiding one label after the other.

A hidden label's numbers come from detectors and thresholds that have seen neither its pictures
nor the components of the pictures they judge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from styleid.errors import InputError
from styleid.evaluate.resample import Measured, mean_share
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Table
from styleid.questions.strangers.distances import (
    Distances,
    fit_detector,
    fold_distances,
    fold_thresholds,
    known_folds,
)
from styleid.questions.strangers.hidden_label import (
    HiddenLabel,
    Hiding,
    drawn_labels,
    hide_label,
)
from styleid.report.numbers import count_of
from styleid.rules.strangers import Detector, Named, Unknown, threshold_of

#: Points of the curve.
POINTS = 20

#: Folds for the threshold that is shipped. A detector that has seen fewer pictures finds all others a little
#: farther off, so that with few folds fewer false alarms come than were asked for.
FINAL_SPLITS = 10

#: Labels hidden in turn, so that many labels do not make the work endless.
HIDDEN_LABELS = 12

#: Pictures that strangers are told from while labels are hidden, and whose distances set the threshold: the
#: work grows with the square of their number.
MOST_ROWS = 4000

#: Share of hidden labels' pictures that lie farther out than what is called a picture of another kind.
FARTHEST = 0.01


@dataclass(frozen=True, eq=False)
class UnknownRule:
    """When to say "unknown", and how much that is worth."""

    detector: Detector  # fitted on every picture
    false_alarm: float  # share of known pictures that the threshold was set for
    hidden: tuple[HiddenLabel, ...]  # empty where nothing could be hidden
    false_alarms: Measured  # over all labels, at thresholds learned from the other folds
    known: Distances  # out-of-fold distances of the pictures looked at, for `coverage_curve`
    hidings: tuple[Hiding, ...]  # what stands behind `hidden`, by rows of the table
    notes: tuple[str, ...]


def learn_unknown(
    table: Table, *, false_alarm: float = 0.05, seed: int = 0, n_resamples: int = 1000, n_jobs: int = 1
) -> UnknownRule:
    """Learn a detector and its threshold, and what they are worth, on the user's own pictures.

    At most `HIDDEN_LABELS` labels are hidden in turn, drawn at random, among at most about `MOST_ROWS`
    pictures; the detector that is shipped learns from all. `false_alarm` is the share of known
    pictures that may be called unknown, in (0, 1). Pictures of one component only are refused.
    """
    rows = np.arange(len(table.y))
    folds = known_folds(table, rows, n_splits=FINAL_SPLITS, seed=child_seed(seed, 0))
    if not folds:
        raise InputError(
            "expected pictures of at least 2 groups, found all in one; a distance needs pictures that "
            "it was not learned from: look at the groups"
        )
    looked_at = table.sample(MOST_ROWS, child_seed(seed, 3))
    some = table.take(looked_at)
    hidden_labels = drawn_labels(table.labels, HIDDEN_LABELS, child_seed(seed, 2))
    tasks = (
        delayed(hide_label)(some, label, false_alarm, child_seed(seed, 1, number), n_resamples)
        for number, label in enumerate(table.labels)
        if label in hidden_labels
    )
    measured = [result for result in Parallel(n_jobs=n_jobs)(tasks) if result is not None]
    notes = []
    if len(table.labels) == 2:
        notes.append(
            "there are only two labels: with one hidden a single one is left, so the numbers for strangers "
            "say how well one hand is told from the other"
        )
    if len(looked_at) < len(rows):
        notes.append(
            f"strangers were told from {len(looked_at):,} of {len(rows):,} pictures, groups drawn at random; "
            "the detector in the model has learned from all pictures"
        )
    if len(hidden_labels) < len(table.labels):
        notes.append(
            f"{len(hidden_labels)} of {len(table.labels)} labels were hidden in turn, drawn at random; what "
            "the detector is worth rests on these"
        )
    if lost := len(hidden_labels) - len(measured):
        notes.append(f"{count_of(lost, 'label')} could not be hidden: too few groups are left")
    with threadpool_limits(1):
        judged = [replace(fold, test=np.intersect1d(fold.test, looked_at)) for fold in folds]
        known, _, scale = fold_distances(table, judged, rows[:0])
        detector = fit_detector(table.X, table.y, scale)
    alarms = known.values > fold_thresholds(known, false_alarm)[known.parts]
    return UnknownRule(
        detector,
        false_alarm,
        tuple(one.hidden for one in measured),
        mean_share(alarms, table.components[known.rows], seed=seed, n_resamples=n_resamples),
        known,
        tuple(one._replace(rows=looked_at[one.rows]) for one in measured),
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


def unknown_gate(unknown: UnknownRule, named: Named | None = None) -> Unknown:
    """Return the part of a rule that a model needs to say "none of these"."""
    known, away = np.sort(unknown.known.values), [one.distances for one in unknown.hidings]
    measured = hidden_means(unknown)
    measured["farthest"] = threshold_of(np.concatenate(away), FARTHEST) if away else None
    return Unknown(unknown.detector, known, unknown.false_alarm, measured, named)


def hidden_means(unknown: UnknownRule) -> dict[str, float | None]:
    """Average the detector's AUROC and the like over hidden labels; None where none could be hidden."""
    values = [(one.auroc.value, one.fpr_at_95_tpr, one.recognised.value) for one in unknown.hidden]
    means = map(float, np.mean(values, axis=0)) if values else (None, None, None)
    return dict(zip(("auroc", "fpr_at_95_tpr", "recognised"), means, strict=True))
