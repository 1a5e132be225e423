"""What an evaluation hands on: a score for each row, and how each fold was fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.intervals.metrics import Metrics, point_metrics


@dataclass(frozen=True)
class FoldRun:
    """How the head of one fold was fitted; times are wall time on one thread."""

    name: str
    n_train: int
    n_test: int
    params: Mapping[str, Any]  # the chosen ones; those of each label for one-vs-rest
    notes: tuple[str, ...]
    curves: tuple[Mapping[str, Any], ...]  # as `training_curves` returns; one a training
    search_seconds: float
    fit_seconds: float
    predict_seconds: float


class FoldScores(NamedTuple):
    """What one fold gives: (n_test, k) float64 scores of its test rows, and how its head came about."""

    scores: NDArray[np.float64]
    run: FoldRun


@dataclass(frozen=True, eq=False)
class Predictions:
    """Scores of rows by heads that have not seen their components; arrays are in the order of `rows`."""

    labels: tuple[str, ...]  # k, in the order of the score columns
    rows: NDArray[np.int64]  # (m,) scored rows, ascending
    true: NDArray[np.int64]  # (m,) columns of the true labels
    predicted: NDArray[np.int64]  # (m,) column of the highest score, the first of equals
    scores: NDArray[np.float64]  # (m, k)
    folds: NDArray[np.str_]  # (m,) name of the fold each row was scored in
    runs: tuple[FoldRun, ...]  # in the order of the folds

    def with_scores(self, scores: NDArray[np.float64]) -> Predictions:
        """Return the same predictions with other (m, k) scores, `predicted` taken from them."""
        return replace(self, scores=scores, predicted=scores.argmax(axis=1).astype(np.int64))

    @property
    def metrics(self) -> Metrics:
        """Every metric, without intervals."""
        return point_metrics(self.true, self.predicted, self.scores)

    def fold_score(self, name: str) -> float:
        """Return the balanced accuracy of one fold."""
        here = self.folds == name
        metrics = point_metrics(self.true[here], self.predicted[here], self.scores[here])
        return metrics.overall["balanced_accuracy"]

    @property
    def curves(self) -> tuple[Mapping[str, Any], ...]:
        """Learning curves of all folds."""
        return tuple(curve for run in self.runs for curve in run.curves)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of all folds, each with the name of its fold."""
        return tuple(f"{run.name}: {note}" for run in self.runs for note in run.notes)

    @property
    def fit_seconds(self) -> float:
        """Seconds spent on searching and fitting, summed over folds."""
        return sum(run.search_seconds + run.fit_seconds for run in self.runs)

    @property
    def predict_seconds(self) -> float:
        """Seconds spent on scoring, summed over folds."""
        return sum(run.predict_seconds for run in self.runs)
