"""The project's story, trained again step by step, on divisions with and without subjects kept together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.resample import plain
from styleid.evaluate.table import Fold
from styleid.rows.training_set import TrainingSet
from styleid.studies.artist.divisions import SPLITS, Version
from styleid.studies.artist.training import Material, Step, train_step

STEPS = (
    Step("trainable", "backbone left trainable by mistake", "v1", trainable=True),
    Step("frozen", "backbone frozen", "v1"),
    Step("refined", "L2, dropout, augmentation, more data, best epoch", "v2", refined=True),
)
#: The same, with pixels prepared as the weights expect; the project fed them as they were, between 0 and 1.
NORMALISED = (
    Step("frozen, normalised", "backbone frozen, mean and deviation of the weights", "v1", normalise=True),
    Step(
        "refined, normalised",
        "refined, mean and deviation of the weights",
        "v2",
        refined=True,
        normalise=True,
    ),
)


@dataclass(frozen=True, eq=False)
class Replayed:
    """One step, trained and scored on one division."""

    step: Step
    split: str
    fold: Fold
    predictions: Predictions  # of the test part, in the order of its rows
    curve: dict[str, Any]
    cpu_seconds: float


def replay(
    data: TrainingSet,
    parts: dict[str, Version],
    material: Material,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Replayed]:
    """Train every step on both divisions; the result is in the order of the steps, then of `SPLITS`.

    Each training has one core, and the numbers do not depend on `n_jobs`.
    """
    planned = [
        (step, split, parts[step.version].folds[split]) for step in (*STEPS, *NORMALISED) for split in SPLITS
    ]
    tasks = (delayed(train_step)(step, fold, material) for step, _, fold in planned)
    done: list[Replayed] = []
    for trained, (step, split, fold) in zip(
        Parallel(n_jobs=n_jobs, return_as="generator")(tasks), planned, strict=True
    ):
        predictions = as_predictions(data, fold, trained.scores)
        done.append(Replayed(step, split, fold, predictions, trained.curve, trained.cpu_seconds))
        progress(len(done), len(planned))
    return done


def as_predictions(data: TrainingSet, fold: Fold, scores: NDArray[np.float64]) -> Predictions:
    """Turn (t,) scores of the target, in the order of ``fold.test``, into two-label predictions."""
    both = np.column_stack([1.0 - scores, scores])
    true = (data.y[fold.test] == data.labels[1]).astype(np.int64)
    names = np.full(len(fold.test), fold.name)
    # As Keras's own accuracy: above one half is the target.
    return Predictions(data.labels, fold.test, true, (scores > 0.5).astype(np.int64), both, names, ())


def described(replayed: Replayed, data: TrainingSet, seed: int) -> dict[str, Any]:
    """Put a step into plain values, as in ``docs/formats.md``."""
    step, fold = replayed.step, replayed.fold
    assert fold.validation is not None
    true = replayed.predictions.true
    return {
        "step": step.name,
        "words": step.words,
        "version": step.version,
        "split": replayed.split,
        "normalised": step.normalise,
        "n_train": len(fold.train),
        "n_validation": len(fold.validation),
        "n_test": len(fold.test),
        "n_test_groups": len(np.unique(data.components[fold.test])),
        # Of the test part: how many of its pictures have another of their group in the training part.
        "n_test_seen": int(np.isin(data.components[fold.test], data.components[fold.train]).sum()),
        "majority_accuracy": float(max(np.mean(true), 1 - np.mean(true))),
        **plain(metrics_with_intervals(replayed.predictions, data.components, seed)),
        "curve": replayed.curve,
        "cpu_seconds": replayed.cpu_seconds,
    }
