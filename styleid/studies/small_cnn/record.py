"""The options of the small network as a baseline, and its ``result.json``: keys of a head's run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from styleid.data.views.names import views_text
from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.resample import plain
from styleid.rows.selection import Selection
from styleid.rows.training_set import TrainingSet
from styleid.runs.desk import Desk
from styleid.runs.finished import DECIDING
from styleid.runs.folder import RESULT
from styleid.runs.place import files_of_runs
from styleid.studies.small_cnn.network import EPOCHS, SmallCNN

HEAD = "small-cnn"
QUICK_EPOCHS = 3
#: What a table of heads shows.
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")


@dataclass(frozen=True, kw_only=True)
class BaselineOptions(Selection):
    """Options of the small network as a baseline, saved in its ``result.json``.

    Those not explained here are as in `FitOptions`.
    """

    epochs: int | None = None  # None: 60, or 3 with `quick`
    quick: bool = False
    folds: int = 5
    seed: int = 0

    @property
    def default_name(self) -> str:
        """Name of the run's folder."""
        return "small-cnn"

    def untrained(self, seed: int) -> SmallCNN:
        """Return the network of one fold before its training."""
        epochs = self.epochs or (QUICK_EPOCHS if self.quick else EPOCHS)
        return SmallCNN(epochs=epochs, random_state=seed)


def baseline_result(
    desk: Desk[BaselineOptions],
    data: TrainingSet,
    predictions: Predictions,
    simple: Mapping[str, Predictions],
    notes: list[str],
) -> dict[str, Any]:
    """Put a baseline into plain values, as documented in ``docs/formats.md``.

    The desk's vectors are those by which near-duplicates were found, and on which `simple` rests:
    the commonest label and the nearest class mean, on the same folds.
    """
    options = desk.options
    params = options.untrained(0).recipe()
    return {
        **desk.record(data, [*data.notes, *notes], DECIDING),
        "head": HEAD,
        "head_params": params | {"augmentation": asdict(params["augmentation"])},
        "n_scored": len(predictions.rows),
        "views": views_text(data.views),
        "protocol": "cv",
        "seed": options.seed,
        "target": options.target,
        "options": asdict(options),
        **plain(metrics_with_intervals(predictions, data.components, options.seed)),
        "baselines": {
            head: plain(metrics_with_intervals(scored, data.components, options.seed).metrics)
            for head, scored in simple.items()
        },
        "folds": [
            {
                "name": run.name,
                "n_train": run.n_train,
                "n_test": run.n_test,
                "params": {},
                "balanced_accuracy": predictions.fold_score(run.name),
                "fit_seconds": run.fit_seconds,
            }
            for run in predictions.runs
        ],
    }


def heads_beside(out: Path, predictions: str) -> list[dict[str, Any]]:
    """Find finished runs that scored the same pictures under the same labels in the same folds.

    `predictions` is the content of the baseline's ``predictions.csv``. The most accurate run comes first;
    runs that cannot be read are left out, since `styleid info` reports them.
    """
    wanted, beside = _scored(predictions), []
    for path in files_of_runs(out, RESULT):
        try:
            result = json.loads(path.read_bytes())
            if result["head"] == HEAD or _scored((path.parent / "predictions.csv").read_text()) != wanted:
                continue
            beside.append(
                {
                    "run": path.parent.name,
                    "head": result["head"],
                    "metrics": {name: result["metrics"][name] for name in SHOWN},
                    "seconds": float(result["timing_seconds"]["total"]),
                }
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(beside, key=lambda run: -run["metrics"]["accuracy"]["value"])


def _scored(predictions: str) -> set[tuple[str, str, str]]:
    rows = csv.DictReader(io.StringIO(predictions, newline=""))
    return {(row["image_id"], row["label"], row["fold"]) for row in rows}
