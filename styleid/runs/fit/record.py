"""``result.json`` and ``predictions.csv``: the numbers of a run, as others read them."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from styleid.evaluate.intervals.measured import plain
from styleid.evaluate.scoring.predictions import Predictions
from styleid.files import csv_text
from styleid.questions.context import Scored
from styleid.questions.scores.measure import metrics_with_intervals
from styleid.rows.options import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.vectors.store.space import Space

Json = dict[str, Any]
FORMAT_VERSION = 1
PACKAGES = ("numpy", "scikit-learn", "scipy", "torch", "torchvision", "pillow", "umap-learn", "skops")


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
    components, seed = data.components, options.seed
    result = {
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
        **plain(metrics_with_intervals(predictions, components, seed)),
        "baselines": {
            baseline: metrics_with_intervals(found, components, seed).metrics
            for baseline, found in scored.baselines.items()
        },
        "naive": None if naive is None else metrics_with_intervals(naive, components, seed).metrics,
        "held_out_sources": None if sources is None else _by_source(sources, data, options.seed),
        "leakage_gap": scored.gap,
        **trust,
        "folds": [
            {
                "name": run.name,
                "n_train": run.n_train,
                "n_test": run.n_test,
                "params": dict(run.params),
                "balanced_accuracy": fold_score(predictions, run.name),
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
    return dict(plain(result))


def fold_score(predictions: Predictions, name: str) -> float | None:
    """Return the balanced accuracy of one fold."""
    return predictions.in_fold(name).metrics.overall["balanced_accuracy"]


def _by_source(predictions: Predictions, data: TrainingSet, seed: int) -> Json:
    names = sorted(set(predictions.folds.tolist()))
    return {
        "n_scored": len(predictions.rows),
        "metrics": metrics_with_intervals(predictions, data.components, seed).metrics,
        "sources": {
            name: {
                "n_images": int((predictions.folds == name).sum()),
                "balanced_accuracy": fold_score(predictions, name),
            }
            for name in names
        },
    }


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
