"""Measure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.intervals.bootstrap import bootstrap_intervals
from styleid.evaluate.intervals.metrics import BY_LABEL, OVERALL, point_metrics
from styleid.evaluate.scoring.predictions import Predictions

Json = dict[str, Any]


def scored_metrics(predictions: Predictions, components: NDArray[np.int64], seed: int) -> Json:
    """Compute every metric with its interval, overall and per label, and the confusion counts.

    `components` is (n,), of all rows, not only the m scored ones; a component is resampled as a whole. Rows
    of ``confusion`` are true labels.
    """
    arrays = (predictions.true, predictions.predicted, predictions.scores)
    point = point_metrics(*arrays)
    intervals = bootstrap_intervals(*arrays, components[predictions.rows], seed=seed)
    metrics = {name: _metric(point.overall[name], intervals.overall[name]) for name in OVERALL}
    per_label: dict[str, Json] = {}
    for i, label in enumerate(predictions.labels):
        own = predictions.true == i
        per_label[label] = {
            **{name: _metric(point.by_label[name][i], intervals.by_label[name][i]) for name in BY_LABEL},
            "n_images": int(own.sum()),
            "n_groups": len(np.unique(components[predictions.rows[own]])),
        }
    return {"metrics": metrics, "per_label": per_label, "confusion": point.confusion.tolist()}


def _metric(value: float | None, interval: Any) -> Json:
    if interval is None:
        return {"value": value, "low": None, "high": None}
    return {"value": value, "low": interval.low, "high": interval.high}


def _fold_score(predictions: Predictions, name: str) -> float | None:
    own = predictions.folds == name
    of_fold = point_metrics(predictions.true[own], predictions.predicted[own], predictions.scores[own])
    return of_fold.overall["balanced_accuracy"]
