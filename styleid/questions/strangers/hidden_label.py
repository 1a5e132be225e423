"""Take one label for unknown and see whether its pictures are told from the known ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.metrics import rank_rows, ranking_metrics
from styleid.evaluate.resample import ROUNDING, Measured, mean_share, resample, wilson_interval
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Table
from styleid.questions.strangers.distances import Distances, fold_distances, fold_thresholds, known_folds
from styleid.rules.strangers import threshold_of

#: Folds of the known pictures.
SPLITS = 5


@dataclass(frozen=True)
class HiddenLabel:
    """How well the pictures of one label were told from the others while it was hidden.

    `fpr_at_95_tpr` is the share of its pictures taken for known at the threshold that takes 95 % of the known
    ones for known, read off the same pictures (Liang et al. 2018, "ODIN": known is positive).
    """

    label: str
    auroc: Measured  # probability that one of its pictures lies farther out than a known one
    fpr_at_95_tpr: float
    recognised: Measured  # its pictures called unknown at the stated false-alarm rate
    false_alarms: Measured  # known pictures called unknown at thresholds learned from other folds
    n_images: int


class Hiding(NamedTuple):
    """What came of hiding one label."""

    hidden: HiddenLabel
    rows: NDArray[np.int64]  # (m,) its pictures
    passed: NDArray[np.bool_]  # (m,) those taken for known
    distances: NDArray[np.float64]  # (m,)


def hide_label(
    table: Table,
    label: str,
    false_alarm: float,  # share of known pictures that may be called unknown
    seed: int,
    n_resamples: int,
) -> Hiding | None:
    """Take one label for unknown and measure how well its pictures are told from the known ones.

    Returns None if the other labels are of one component.
    """
    y, components = table.y, table.components
    rows, strangers = np.flatnonzero(y != label), np.flatnonzero(y == label)
    folds = known_folds(table, rows, n_splits=SPLITS, seed=child_seed(seed, 0)) if len(rows) else []
    if not folds:
        return None
    with threadpool_limits(1):
        known, strange, _ = fold_distances(table, folds, strangers)
    thresholds, how = fold_thresholds(known, false_alarm), {"seed": seed, "n_resamples": n_resamples}
    passed = strange.values <= thresholds[strange.parts]
    hidden = HiddenLabel(
        label,
        _measured_auroc(known, strange, components, n_resamples, seed),
        float(np.mean(strange.values <= threshold_of(known.values, 0.05))),
        mean_share(~passed, components[strangers], **how),
        mean_share(known.values > thresholds[known.parts], components[known.rows], **how),
        len(strangers),
    )
    return Hiding(hidden, strangers, passed, strange.values)


def drawn_labels(labels: Sequence[str], most: int, seed: int) -> list[str]:
    """Draw labels to hide in turn where there are more than `most`, each as likely as any other; sorted."""
    if len(labels) <= most:
        return list(labels)
    chosen = np.random.default_rng(seed).choice(len(labels), most, replace=False)
    return [labels[number] for number in np.sort(chosen)]


def _auroc(known: Distances, strange: Distances) -> float:
    weights = np.ones((1, len(known.values) + len(strange.values)))
    return float(_weighted_auroc(known, strange, weights)[0])


def _weighted_auroc(
    known: Distances, strange: Distances, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the AUROC under (b, n_known + n_strange) weights: (b,)."""
    values = np.concatenate([known.values, strange.values])
    positive = np.arange(len(values)) >= len(known.values)
    return ranking_metrics(rank_rows(positive, values), weights)[0]


def _measured_auroc(
    known: Distances, strange: Distances, components: NDArray[Any], n_resamples: int, seed: int
) -> Measured:
    """Return the AUROC and its interval over components: percentiles, Wilson's where no resample moves it."""
    rows, auroc = np.concatenate([known.rows, strange.rows]), _auroc(known, strange)

    def aurocs(counts: NDArray[np.float64], component: NDArray[np.int64]) -> NDArray[np.float64]:
        return _weighted_auroc(known, strange, counts[:, component])

    drawn = resample(components[rows], aurocs, width=len(rows), n_resamples=n_resamples, seed=seed)
    defined = drawn[~np.isnan(drawn)]
    if not len(defined) or np.ptp(defined) < ROUNDING:
        fewest = min(len(np.unique(components[part.rows])) for part in (known, strange))
        return Measured(auroc, *wilson_interval(auroc, fewest if len(defined) else 0))
    # These ends were never rounded as those of `TAILS` are, and published numbers do not move.
    low, high = np.quantile(defined, [0.025, 0.975])
    return Measured(auroc, float(low), float(high))
