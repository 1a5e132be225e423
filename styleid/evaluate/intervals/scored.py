"""Every metric of a fit with its interval, overall and per label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.intervals.bootstrap import bootstrap_intervals
from styleid.evaluate.intervals.measured import Measured
from styleid.evaluate.scoring.predictions import Predictions


@dataclass(frozen=True)
class LabelMetrics:
    """One label against all others."""

    precision: Measured
    recall: Measured
    f1: Measured
    roc_auc: Measured
    average_precision: Measured
    n_images: int
    n_groups: int


@dataclass(frozen=True, eq=False)
class ScoredMetrics:
    """What ``result.json`` says of a head's predictions."""

    metrics: Mapping[str, Measured]
    per_label: Mapping[str, LabelMetrics]
    confusion: NDArray[np.int64]  # (k, k) counts; rows are true labels


def metrics_with_intervals(
    predictions: Predictions, components: NDArray[np.int64], seed: int = 0
) -> ScoredMetrics:
    """Compute every metric with its interval, overall and per label, and the confusion counts.

    Parameters
    ----------
    predictions : Predictions
        Of m rows, as `cross_validate` returns them.
    components : NDArray of int64
        (n,) component of every row of the table, not only of the m scored ones; each is resampled as a whole.
    seed : int
        Seed of the resamples.

    Returns
    -------
    ScoredMetrics
        ``metrics`` maps a name, such as ``balanced_accuracy``, to its ``value``, ``low`` and ``high``: a 95 %
        interval; ``per_label`` has the like of each label, ``confusion`` (k, k) counts.

    Examples
    --------
    >>> accuracy = metrics_with_intervals(predictions, components).metrics["accuracy"]
    >>> print(accuracy.value, accuracy.low, accuracy.high)
    """
    arrays = (predictions.true, predictions.predicted, predictions.scores)
    scored = components[predictions.rows]
    intervals = bootstrap_intervals(*arrays, scored, seed=seed)
    per_label = {}
    for i, label in enumerate(predictions.labels):
        here = predictions.true == i
        per_label[label] = LabelMetrics(
            **{name: values[i] for name, values in intervals.by_label.items()},
            n_images=int(here.sum()),
            n_groups=len(np.unique(scored[here])),
        )
    return ScoredMetrics(intervals.overall, per_label, predictions.metrics.confusion)
