"""``result.json`` and ``predictions.csv``: the numbers of a run, as others read them."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.bootstrap import bootstrap_intervals
from styleid.evaluate.metrics import BY_LABEL, OVERALL, point_metrics
from styleid.evaluate.predictions import Predictions
from styleid.files import csv_text
from styleid.runs.options import FitOptions
from styleid.runs.scoring import Scored
from styleid.runs.training_set import TrainingSet
from styleid.vectors.space import Space

FORMAT_VERSION = 1
PACKAGES = ("numpy", "scikit-learn", "scipy", "torch", "torchvision", "pillow", "umap-learn", "skops")
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


def result_of(
    name: str,
    options: FitOptions,
    space: Space,
    data: TrainingSet,
    scored: Scored,
    trust: Mapping[str, Any],
    head_params: Mapping[str, Any],
    notes: list[str],
    seconds: Mapping[str, float],
) -> Json:
    """Put a run into plain values, as documented in ``docs/formats.md``."""
    predictions, naive, sources = scored.predictions, scored.naive, scored.sources
    return {
        "format_version": FORMAT_VERSION,
        "run": name,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "head": options.head,
        "head_params": dict(head_params),
        "labels": list(data.labels),
        "n_images": len(data.manifest),
        "n_scored": len(predictions.rows),
        "n_groups": len(np.unique(data.components)),
        "n_excluded": data.n_excluded,
        "space": space.id,
        "backbone": space.identity["backbone"],
        "weights_digest": space.identity["weights_digest"],
        "descriptor": space.identity["layer"],
        "views": options.views,
        "pool": options.pool,
        "protocol": options.protocol,
        "seed": options.seed,
        "target": options.target,
        "one_vs_rest": options.one_vs_rest,
        "options": asdict(options),
        **scored_metrics(predictions, data.components, options.seed),
        "baselines": {
            baseline: scored_metrics(of, data.components, options.seed)["metrics"]
            for baseline, of in scored.baselines.items()
        },
        "naive": None if naive is None else scored_metrics(naive, data.components, options.seed)["metrics"],
        "held_out_sources": None if sources is None else _by_source(sources, data, options.seed),
        "leakage_gap": None if scored.gap is None else asdict(scored.gap),
        **trust,
        "folds": [
            {
                "name": run.name,
                "n_train": run.n_train,
                "n_test": run.n_test,
                "params": dict(run.params),
                "balanced_accuracy": _fold_score(predictions, run.name),
            }
            for run in predictions.runs
        ],
        "timing_seconds": dict(seconds),
        "versions": {
            "styleid": version("styleid"),
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "notes": notes,
    }


def _by_source(predictions: Predictions, data: TrainingSet, seed: int) -> Json:
    names = sorted(set(predictions.folds.tolist()))
    return {
        "n_scored": len(predictions.rows),
        "metrics": scored_metrics(predictions, data.components, seed)["metrics"],
        "sources": {
            name: {
                "n_images": int((predictions.folds == name).sum()),
                "balanced_accuracy": _fold_score(predictions, name),
            }
            for name in names
        },
    }


def _fold_score(predictions: Predictions, name: str) -> float | None:
    own = predictions.folds == name
    of_fold = point_metrics(predictions.true[own], predictions.predicted[own], predictions.scores[own])
    return of_fold.overall["balanced_accuracy"]


def predictions_csv(predictions: Predictions, data: TrainingSet) -> str:
    """Return the out-of-fold predictions as CSV, a column ``score:LABEL`` per label."""
    header = ["image_id", "label", "predicted", "fold", *(f"score:{label}" for label in predictions.labels)]
    return csv_text([header, *(_prediction(predictions, data, i) for i in range(len(predictions.rows)))])


def _prediction(predictions: Predictions, data: TrainingSet, i: int) -> list[str]:
    return [
        data.manifest.rows[int(predictions.rows[i])].image_id,
        predictions.labels[predictions.true[i]],
        predictions.labels[predictions.predicted[i]],
        str(predictions.folds[i]),
        *(f"{score:.6g}" for score in predictions.scores[i].tolist()),
    ]
