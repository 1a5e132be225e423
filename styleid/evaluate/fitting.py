"""Fit one head on given rows, and choose its parameters by folds inside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ParameterGrid

from styleid.errors import InputError
from styleid.evaluate.metrics import counted_metrics
from styleid.evaluate.seeds import FIT, INNER, SEARCH, child_seed
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Fold, Table
from styleid.heads.base import Head
from styleid.heads.one_vs_rest import OneVsRest
from styleid.heads.scores import label_scores
from styleid.rules.calibrator import _log_odds, _logs

#: What a curve holds beside its name and best epoch, one value an epoch.
CURVES = ("loss", "val_loss", "accuracy", "val_accuracy")
#: Folds inside a training part.
INNER_SPLITS = 3
#: Training rows that a head's lead is read off; a median needs no more.
LEAD_ROWS = 1000
#: A head that scores all labels alike has no lead; nothing is divided by less.
LEAST_LEAD = 1e-6
#: Means closer than this are ties.
TIE = 1e-12


def fit_head(
    head: Head,
    params: Mapping[str, object],
    table: Table,
    rows: NDArray[np.int64],
    *,
    seed: int,
    validation: NDArray[np.int64] | None = None,
) -> Any:
    """Build a head and fit it on some of the rows; it is handed nothing of any other row but `validation`.

    Heads with ``takes_validation`` choose their checkpoint by those rows.
    """
    extra: dict[str, object] = {}
    if head.takes_groups:
        extra["groups"] = table.components[rows]
    if head.takes_validation and validation is not None:
        extra["validation"] = (table.X[validation], table.y[validation])
    if head.by_label:
        extra["seeds"] = {label: child_seed(seed, FIT, number) for number, label in enumerate(table.labels)}
    return head.build(seed).set_params(**params).fit(table.X[rows], table.y[rows], **extra)


def fit_seed(head: Head, seed: int) -> int:
    """Return the seed to fit a head with in a fold of this seed; one-vs-rest derives one a label from it."""
    return seed if head.by_label else child_seed(seed, FIT, 0)


def training_lead(head: Head, estimator: Any, table: Table, rows: NDArray[np.int64]) -> tuple[float, ...]:
    """Return how far the highest log-score lies above the mean of all, on a head's training rows, a median.

    It is the unit of the head's log-scores: heads of two folds whose parameters differ score on other scales,
    and can be laid side by side when divided by their leads. A one-vs-rest head has one a label, the size of
    its log-odds; 1 for a label it has not learned. Heads that remember their rows have a lead of 1.
    """
    if head.remembers:
        return (1.0,) * (len(table.labels) if head.by_label else 1)
    some = rows[:: max(1, len(rows) // LEAD_ROWS)]
    learned = [label for label in table.labels if label in set(table.y[rows].tolist())]
    scores = label_scores(estimator, table.X[some], learned)
    if head.by_label is None:
        logs = _logs(scores)
        return (max(float(np.median(logs.max(axis=1) - logs.mean(axis=1))), LEAST_LEAD),)
    sizes = np.maximum(np.median(np.abs(_log_odds(scores)), axis=0), LEAST_LEAD)
    found = dict(zip(learned, sizes.tolist(), strict=True))
    return tuple(found.get(label, 1.0) for label in table.labels)


def training_curves(name: str, estimator: Any) -> tuple[dict[str, Any], ...]:
    """Return the learning curves of a head's trainings by epochs, one a label for one-vs-rest, or none.

    Each holds ``name``, ``best_epoch`` and, for each name in `CURVES`, one value an epoch.
    """
    if isinstance(estimator, OneVsRest):
        by_label = estimator.estimators_.items()
        return tuple(curve for label, one in by_label for curve in training_curves(f"{name} {label}", one))
    if not (hasattr(estimator, "history_") and hasattr(estimator, "best_epoch_")):
        return ()
    curve: dict[str, Any] = {"name": name}
    curve |= {key: [float(value) for value in estimator.history_[key]] for key in CURVES}
    return (curve | {"best_epoch": int(estimator.best_epoch_)},)


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
