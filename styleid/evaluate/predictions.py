"""What an evaluation hands on: a score for each row, and how each part was fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.search import SearchResult


@dataclass(frozen=True)
class FoldRun:
    """How the head of one fold came about.

    Attributes
    ----------
    name : str
        The fold's name.
    n_train, n_test : int
        Rows learned from, rows scored.
    searches : mapping of str to SearchResult
        The parameter search; one under ``""``, or one under each label for one-vs-rest.
    notes : tuple of str
        What a reader of the score should know.
    curves : tuple of mapping
        ``{"name", "loss", "val_loss", "accuracy", "val_accuracy", "best_epoch"}`` a training, for
        heads trained by epochs.
    search_seconds, fit_seconds, predict_seconds : float
        Wall time, on one thread.
    """

    name: str
    n_train: int
    n_test: int
    searches: Mapping[str, SearchResult]
    notes: tuple[str, ...]
    curves: tuple[Mapping[str, Any], ...]
    search_seconds: float
    fit_seconds: float
    predict_seconds: float

    @property
    def params(self) -> Mapping[str, Any]:
        """The chosen parameters, or those of each label for one-vs-rest."""
        if "" in self.searches:
            return self.searches[""].params
        return {label: result.params for label, result in self.searches.items()}


class FoldScores(NamedTuple):
    """What one fold gives: (n_test, k) float64 scores of its test rows, and how its head came about."""

    scores: NDArray[np.float64]
    run: FoldRun


@dataclass(frozen=True, eq=False)
class Predictions:
    """Scores of rows by heads that have not seen their components.

    Attributes
    ----------
    labels : tuple of str
        The k labels, in the order of the columns of `scores`.
    rows : NDArray of int64
        (m,) scored rows, ascending; the other arrays are in this order.
    true, predicted : NDArray of int64
        (m,) indices of `labels`; predicted is the column of the highest score, the first of equals.
    scores : NDArray of float64
        (m, k).
    folds : NDArray of str
        (m,) name of the fold each row was scored in.
    runs : tuple of FoldRun
        One a fold, in the order of the folds.
    """

    labels: tuple[str, ...]
    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]
    folds: NDArray[np.str_]
    runs: tuple[FoldRun, ...]

    def with_scores(self, scores: NDArray[np.float64]) -> Predictions:
        """Return the same with other scores, and what is predicted by them.

        Parameters
        ----------
        scores : NDArray of float64
            (m, k).

        Returns
        -------
        Predictions
        """
        return replace(self, scores=scores, predicted=scores.argmax(axis=1).astype(np.int64))

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
