"""Choose a head's parameters inside a training part, on folds that respect its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ParameterGrid

from styleid.errors import InputError
from styleid.evaluate.folds.splits import grouped_folds
from styleid.evaluate.folds.table import Fold
from styleid.evaluate.intervals.metrics import counted_metrics
from styleid.evaluate.scoring.fitting import fit_head
from styleid.heads.base import Head

#: Folds inside a training part.
INNER_SPLITS = 3

#: What a search can maximise: metrics that need predictions only.
SCORINGS = ("balanced_accuracy", "accuracy", "macro_f1")

#: Means closer than this are ties.
TIE = 1e-12


@dataclass(frozen=True)
class Candidate:
    """One set of parameters and its score in each inner fold."""

    params: Mapping[str, object]
    scores: tuple[float, ...]
    mean: float


@dataclass(frozen=True)
class SearchResult:
    """What a search chose; the score is None where nothing was compared."""

    params: Mapping[str, object]  # empty for the head's defaults
    score: float | None = None
    candidates: tuple[Candidate, ...] = ()  # in the order of the grid


def has_choice(head: Head) -> bool:
    """Say whether the head's grid has more than one candidate."""
    return len(ParameterGrid(head.grid)) > 1


def inner_folds(
    y: NDArray[np.str_],
    groups: NDArray[Any],
    rows: NDArray[np.int64],
    *,
    seed: int,
    n_splits: int = INNER_SPLITS,
) -> tuple[list[Fold], list[str]]:
    """Cut a training part into folds for a search; empty, with the reason as a note, if it is too small.

    The row numbers are of the whole table. The folds are the same for every candidate and head.
    """
    try:
        folds, _ = grouped_folds(y[rows], groups[rows], n_splits, seed)
    except InputError as error:
        return [], [f"parameters were not searched, the defaults are used: {error.message}"]
    return [Fold(fold.name, rows[fold.train], rows[fold.test]) for fold in folds], []


def search_params(
    head: Head,
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    folds: Sequence[Fold],
    *,
    seed: int,
    scoring: str = "balanced_accuracy",
    validation: NDArray[np.int64] | None = None,
) -> SearchResult:
    """Fit every candidate of the head's grid on every inner fold and choose the best mean.

    Candidates come in the order of `sklearn.model_selection.ParameterGrid`; the first of those that tie
    wins, and grids list the more regular first. All candidates have the same seed. Without folds, the head's
    defaults are chosen. `validation` rows choose the checkpoint of heads that need one.
    """
    if scoring not in SCORINGS:
        raise InputError(
            f"there is no scoring called {scoring!r}; choose one of: {', '.join(SCORINGS)}", scoring=scoring
        )
    grid = list(ParameterGrid(head.grid))
    if len(grid) == 1:
        return SearchResult(grid[0])
    if not folds:
        return SearchResult({})
    candidates = []
    for params in grid:
        scores = tuple(
            _inner_score(head, params, X, y, groups, fold, seed, scoring, validation) for fold in folds
        )
        candidates.append(Candidate(params, scores, float(np.mean(scores))))
    best = candidates[0]
    for candidate in candidates[1:]:
        if candidate.mean > best.mean + TIE:
            best = candidate
    return SearchResult(best.params, best.mean, tuple(candidates))


def _inner_score(
    head: Head,
    params: Mapping[str, object],
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    fold: Fold,
    seed: int,
    scoring: str,
    validation: NDArray[np.int64] | None,
) -> float:
    """Fit one candidate on one inner fold and score its predictions."""
    setting = {**params, **head.search_params}
    estimator = fit_head(head, setting, X, y, groups, fold.train, seed=seed, validation=validation)
    # Not by scores: a head may be set to leave them out while searching.
    predicted = np.asarray(estimator.predict(X[fold.test]))
    labels, pair = np.unique(np.concatenate([y[fold.test], predicted]), return_inverse=True)
    k, n = len(labels), len(fold.test)
    confusion = np.bincount(pair[:n] * k + pair[n:], minlength=k * k).reshape(1, k, k)
    return float(counted_metrics(confusion.astype(np.float64))[scoring][0])
