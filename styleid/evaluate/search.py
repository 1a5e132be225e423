"""Choose a head's parameters inside a training part, on folds that respect its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ParameterGrid

from styleid.errors import InputError
from styleid.evaluate.fitting import fit_head
from styleid.evaluate.fold import Fold
from styleid.evaluate.metrics import counted_metrics
from styleid.evaluate.splits import grouped_folds
from styleid.heads.base import Head

#: Folds inside a training part.
INNER_SPLITS = 3

#: What a search can maximise: metrics that need predictions only.
SCORINGS = ("balanced_accuracy", "accuracy", "macro_f1")

#: Means closer than this are ties.
TIE = 1e-12


@dataclass(frozen=True)
class Candidate:
    """One set of parameters and its score in each inner fold.

    Attributes
    ----------
    params : mapping of str to object
        The parameters.
    scores : tuple of float
        One score an inner fold.
    mean : float
        Their mean.
    """

    params: Mapping[str, object]
    scores: tuple[float, ...]
    mean: float


@dataclass(frozen=True)
class SearchResult:
    """What a search chose.

    Attributes
    ----------
    params : mapping of str to object
        Parameters to set; empty for the head's defaults.
    score : float or None
        Mean score of the choice; None where nothing was compared.
    candidates : tuple of Candidate
        All that were compared, in the order of the grid.
    """

    params: Mapping[str, object]
    score: float | None = None
    candidates: tuple[Candidate, ...] = ()


def has_choice(head: Head) -> bool:
    """Say whether the head's grid has more than one candidate.

    Parameters
    ----------
    head : Head
        Any head.

    Returns
    -------
    bool
    """
    return len(ParameterGrid(head.grid)) > 1


def inner_folds(
    y: NDArray[np.str_],
    groups: NDArray[Any],
    rows: NDArray[np.int64],
    *,
    seed: int,
    n_splits: int = INNER_SPLITS,
) -> tuple[list[Fold], list[str]]:
    """Cut a training part into folds for a search; the same for every candidate and head.

    Parameters
    ----------
    y : NDArray of str
        (n,) labels of all rows.
    groups : NDArray
        (n,) components of all rows.
    rows : NDArray of int64
        The training part.
    seed : int
        Seed of the shuffle.
    n_splits : int
        Folds wanted.

    Returns
    -------
    folds : list of Fold
        With row numbers of the whole table, all within `rows`; empty where the part is too small.
    notes : list of str
        The reason, if it is.
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

    Candidates come in the order of `sklearn.model_selection.ParameterGrid`; the first of those that
    tie wins, and grids list the more regular first.

    Parameters
    ----------
    head : Head
        Its ``grid`` is searched, with its ``search_params`` set.
    X, y, groups : NDArray
        (n, dim) vectors, (n,) labels and (n,) components of all rows.
    folds : sequence of Fold
        Inner folds; none for the head's defaults.
    seed : int
        Seed of the heads, the same for all candidates.
    scoring : str
        One of `SCORINGS`.
    validation : NDArray of int64, optional
        Rows for the checkpoint of heads that take them.

    Returns
    -------
    SearchResult

    Raises
    ------
    InputError
        If `scoring` is not known.
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
