"""``result.json`` and ``predictions.csv``: the numbers of a run, as others read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from styleid.evaluate.intervals.measured import plain
from styleid.evaluate.scoring.predictions import Predictions
from styleid.files import csv_text
from styleid.questions.context import Scored
from styleid.questions.scores.measure import metrics_with_intervals
from styleid.rows.options import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.runs.desk import Desk

Json = dict[str, Any]


def result_of(
    desk: Desk[FitOptions],
    data: TrainingSet,
    scored: Scored,
    trust: Mapping[str, Any],
    head_params: Mapping[str, Any],
    notes: list[str],
) -> Json:
    """Put a run into plain values, as documented in ``docs/formats.md``."""
    options = desk.options
    predictions, naive, sources = scored.predictions, scored.naive, scored.sources
    components, seed = data.components, options.seed
    result = {
        **desk.record(data, notes),
        "head": options.head,
        "head_params": dict(head_params),
        "n_scored": len(predictions.rows),
        **desk.asked(),
        "protocol": options.protocol,
        "seed": options.seed,
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
