"""Choose a head's parameters inside a training part, on folds that respect its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ParameterGrid

from styleid.errors import InputError
from styleid.evaluate.folds.seeds import INNER, SEARCH, child_seed
from styleid.evaluate.folds.splits import grouped_folds
from styleid.evaluate.folds.table import Fold, Table
from styleid.evaluate.intervals.metrics import counted_metrics
from styleid.evaluate.scoring.fitting import fit_head
from styleid.heads.base import Head

#: Folds inside a training part.
INNER_SPLITS = 3

#: Means closer than this are ties.
TIE = 1e-12


@dataclass(frozen=True)
class Candidate:
    """One set of parameters and its balanced accuracy in each inner fold."""

    params: Mapping[str, object]
    scores: tuple[float, ...]
    mean: float


@dataclass(frozen=True)
class SearchResult:
    """What a search chose; the score is None where nothing was compared."""

    params: Mapping[str, object]  # empty for the head's defaults
    score: float | None = None
    candidates: tuple[Candidate, ...] = ()  # in the order of the grid


def choose_params(
    head: Head,
    table: Table,
    train: NDArray[np.int64],
    *,
    seed: int,
    validation: NDArray[np.int64] | None = None,
) -> tuple[Mapping[str, object], list[str]]:
    """Choose parameters by the validation part, or by inner folds of the training part; return notes too.

    For a one-vs-rest head each label that the training part holds has a search of its own.
    """
    folds, notes = _parts(head, table, train, child_seed(seed, INNER), validation)
    if head.by_label is None:
        search = child_seed(seed, SEARCH, 0)
        return search_params(head, table, folds, seed=search, validation=validation).params, notes
    learned = set(table.y[train].tolist())
    params = {}
    for number, label in enumerate(table.labels):
        if label in learned:
            search, target = child_seed(seed, SEARCH, number), table.against_rest(label)
            params[label] = search_params(
                head.by_label, target, folds, seed=search, validation=validation
            ).params
    return params, notes


def _parts(
    head: Head,
    table: Table,
    train: NDArray[np.int64],
    seed: int,
    validation: NDArray[np.int64] | None,
) -> tuple[list[Fold], list[str]]:
    if len(ParameterGrid(head.grid)) == 1:
        return [], []
    if validation is not None:
        return [Fold("validation", train, validation)], []
    return inner_folds(table, train, seed=seed)


def inner_folds(
    table: Table, rows: NDArray[np.int64], *, seed: int, n_splits: int = INNER_SPLITS
) -> tuple[list[Fold], list[str]]:
    """Cut a training part into folds for a search; empty, with the reason as a note, if it is too small.

    The row numbers are of the whole table. The folds are the same for every candidate and head.
    """
    try:
        folds, _ = grouped_folds(table.y[rows], table.components[rows], n_splits, seed)
    except InputError as error:
        return [], [f"parameters were not searched, the defaults are used: {error.message}"]
    return [Fold(fold.name, rows[fold.train], rows[fold.test]) for fold in folds], []


def search_params(
    head: Head,
    table: Table,
    folds: Sequence[Fold],
    *,
    seed: int,
    validation: NDArray[np.int64] | None = None,
) -> SearchResult:
    """Fit every candidate of the head's grid on every inner fold and choose the best mean balanced accuracy.

    Candidates come in the order of `sklearn.model_selection.ParameterGrid`; the first of those that tie
    wins, and grids list the more regular first. All candidates have the same seed. Without folds, the head's
    defaults are chosen. `validation` rows choose the checkpoint of heads that need one.
    """
    grid = list(ParameterGrid(head.grid))
    if len(grid) == 1:
        return SearchResult(grid[0])
    if not folds:
        return SearchResult({})
    candidates = []
    for params in grid:
        scores = tuple(_inner_score(head, params, table, fold, seed, validation) for fold in folds)
        candidates.append(Candidate(params, scores, float(np.mean(scores))))
    best = candidates[0]
    for candidate in candidates[1:]:
        if candidate.mean > best.mean + TIE:
            best = candidate
    return SearchResult(best.params, best.mean, tuple(candidates))


def _inner_score(
    head: Head,
    params: Mapping[str, object],
    table: Table,
    fold: Fold,
    seed: int,
    validation: NDArray[np.int64] | None,
) -> float:
    """Fit one candidate on one inner fold and score its predictions."""
    estimator = fit_head(head, params, table, fold.train, seed=seed, validation=validation)
    predicted = np.asarray(estimator.predict(table.X[fold.test]))
    labels, pair = np.unique(np.concatenate([table.y[fold.test], predicted]), return_inverse=True)
    k, n = len(labels), len(fold.test)
    confusion = np.bincount(pair[:n] * k + pair[n:], minlength=k * k).reshape(1, k, k)
    return float(counted_metrics(confusion.astype(np.float64))["balanced_accuracy"][0])
