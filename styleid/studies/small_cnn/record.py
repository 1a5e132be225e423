"""``result.json`` of the small network as a baseline: those keys of a head's run that it has."""

from __future__ import annotations

import csv
import io
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from styleid.data.views.names import views_text
from styleid.evaluate.intervals.metrics import point_metrics
from styleid.evaluate.scoring.predictions import Predictions
from styleid.questions.scores.measure import scored_metrics
from styleid.rows.training_set import TrainingSet
from styleid.runs.finished import DECIDING
from styleid.runs.folder import RESULT
from styleid.studies.small_cnn.network import SmallCNN
from styleid.vectors.store.space import Space

FORMAT_VERSION = 1
HEAD = "small-cnn"
EPOCHS, QUICK_EPOCHS = 60, 3
#: What a table of heads shows.
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")
Json = dict[str, Any]


@dataclass(frozen=True)
class BaselineOptions:
    """Options of `styleid.studies.small_cnn.run.baseline_small_cnn`, saved in ``result.json``.

    Those not explained here are as in `styleid.rows.options.FitOptions`.
    """

    epochs: int | None = None  # None: 60, or 3 with `quick`
    quick: bool = False
    folds: int = 5
    target: str | None = None
    where: str | None = None
    skip_small: bool = False
    space: str | None = None
    seed: int = 0

    def untrained(self, seed: int) -> SmallCNN:
        """Return the network of one fold before its training."""
        epochs = self.epochs or (QUICK_EPOCHS if self.quick else EPOCHS)
        return SmallCNN(epochs=epochs, random_state=seed)


def baseline_result(
    name: str,
    options: BaselineOptions,
    space: Space,
    data: TrainingSet,
    predictions: Predictions,
    simple: Mapping[str, Predictions],
    notes: list[str],
) -> Json:
    """Put a baseline into plain values, as documented in ``docs/formats.md``.

    `space` holds the vectors by which near-duplicates were found, and on which `simple` rests: the commonest
    label and the nearest class mean, on the same folds.
    """
    params = options.untrained(0).get_params()
    del params["random_state"]  # each fold has its own
    return {
        "format_version": FORMAT_VERSION,
        "run": name,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "head": HEAD,
        "head_params": params | {"augmentation": asdict(params["augmentation"])},
        "labels": list(data.labels),
        "n_images": len(data.manifest),
        "n_scored": len(predictions.rows),
        "n_groups": len(np.unique(data.components)),
        "n_excluded": data.n_excluded,
        "space": space.id,
        "views": views_text(data.views),
        "protocol": "cv",
        "seed": options.seed,
        "target": options.target,
        "options": asdict(options),
        **scored_metrics(predictions, data.components, options.seed),
        "baselines": {
            head: scored_metrics(of, data.components, options.seed)["metrics"] for head, of in simple.items()
        },
        "folds": [
            {
                "name": run.name,
                "n_train": run.n_train,
                "n_test": run.n_test,
                "params": {},
                "balanced_accuracy": _fold_score(predictions, run.name),
                "fit_seconds": run.fit_seconds,
            }
            for run in predictions.runs
        ],
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in DECIDING},
        },
        "notes": [*data.notes, *notes],
    }


def _fold_score(predictions: Predictions, name: str) -> float | None:
    own = predictions.folds == name
    of_fold = point_metrics(predictions.true[own], predictions.predicted[own], predictions.scores[own])
    return of_fold.overall["balanced_accuracy"]


def heads_beside(out: Path, predictions: str) -> list[Json]:
    """Find finished runs that scored the same pictures under the same labels in the same folds.

    `predictions` is the content of the baseline's ``predictions.csv``. The most accurate run comes first;
    runs that cannot be read are left out, since `styleid info` reports them.
    """
    wanted, found = _scored(predictions), []
    for path in sorted(out.glob(f"*/{RESULT}")):
        try:
            result = json.loads(path.read_bytes())
            if result["head"] == HEAD or _scored((path.parent / "predictions.csv").read_text()) != wanted:
                continue
            found.append(
                {
                    "run": path.parent.name,
                    "head": result["head"],
                    "metrics": {name: result["metrics"][name] for name in SHOWN},
                    "seconds": float(result["timing_seconds"]["total"]),
                }
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda run: -run["metrics"]["accuracy"]["value"])


def _scored(predictions: str) -> set[tuple[str, str, str]]:
    rows = csv.DictReader(io.StringIO(predictions, newline=""))
    return {(row["image_id"], row["label"], row["fold"]) for row in rows}
