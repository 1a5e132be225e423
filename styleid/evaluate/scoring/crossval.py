"""Score every row by a head that has never seen its component.

Everything that is learned, hyperparameters included, is learned inside the training part. Seeds depend on
the fold's number only, and numerical libraries are held to one thread, so the numbers are the same in
whatever order, and on however many cores, the folds are worked through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.folds.seeds import FIT, INNER, SEARCH, child_seed
from styleid.evaluate.folds.table import Fold, Table, check_folds, make_table
from styleid.evaluate.scoring.fitting import fit_head, training_curves
from styleid.evaluate.scoring.predictions import FoldRun, FoldScores, Predictions
from styleid.evaluate.scoring.search import SearchResult, has_choice, inner_folds, search_params
from styleid.heads.base import Head
from styleid.heads.scores import NEGATIVE, POSITIVE, label_scores


def cross_validate(
    head: Head,
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    folds: Sequence[Fold],
    *,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    one_vs_rest: bool = False,
    scoring: str = "balanced_accuracy",
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Score each row once, out of fold.

    Parameters
    ----------
    head : Head
        What to fit.
    X : NDArray of float32
        (n, dim) vectors.
    y : array_like of str
        (n,) labels.
    groups : array_like of str or int
        (n,) component of each row, as the folds were made from.
    folds : sequence of Fold
        Test parts hold each of the n rows exactly once.
    seed : int
        Seed of inner folds and heads.
    labels : sequence of str, optional
        Order of the score columns; by default the sorted labels in `y`.
    one_vs_rest : bool
        Fit an independent two-class head a label, each with its own search; a row's scores need not sum to 1.
    scoring : str
        What the parameter search maximises, one of `styleid.evaluate.scoring.search.SCORINGS`.
    n_jobs : int
        Folds worked on at a time, as in joblib; -1 for all cores.
    progress : callable, optional
        Called as ``progress(done, total)`` after each fold.

    Returns
    -------
    Predictions
        Of all n rows.

    Raises
    ------
    InputError
        If lengths differ, parts of a fold share a component, a row is not scored exactly once, or `labels`
        lacks one that occurs.
    """
    table = make_table(X, y, groups, labels)
    check_folds(folds, table.groups)
    return _evaluate(head, table, folds, seed, one_vs_rest, scoring, n_jobs, progress)


def evaluate_holdout(
    head: Head,
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    fold: Fold,
    *,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    one_vs_rest: bool = False,
    scoring: str = "balanced_accuracy",
) -> Predictions:
    """Score the test part of one division by a head that learns from its training part alone.

    The validation part chooses the parameters and, for a head that takes one, the checkpoint; without a
    validation part, inner folds choose.
    """
    table = make_table(X, y, groups, labels)
    check_folds([fold], table.groups, cover=False)
    return _evaluate(head, table, [fold], seed, one_vs_rest, scoring, 1, None)


def _evaluate(
    head: Head,
    table: Table,
    folds: Sequence[Fold],
    seed: int,
    one_vs_rest: bool,
    scoring: str,
    n_jobs: int,
    progress: Callable[[int, int], None] | None,
) -> Predictions:
    """Run every fold and put the scores back into row order."""
    tasks = (
        delayed(_numbered)(index, head, table, fold, child_seed(seed, index), one_vs_rest, scoring)
        for index, fold in enumerate(folds)
    )
    done: dict[int, FoldScores] = {}
    for index, result in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks):
        done[index] = result
        if progress is not None:
            progress(len(done), len(folds))
    return collect(table, folds, [done[index] for index in range(len(folds))])


def collect(table: Table, folds: Sequence[Fold], results: Sequence[FoldScores]) -> Predictions:
    """Put the scores of folds, of which no two test a row, back into row order."""
    y, labels = table.y, table.labels
    rows = np.concatenate([fold.test for fold in folds])
    order = np.argsort(rows)
    scores = np.concatenate([result.scores for result in results])[order]
    names = np.concatenate([np.full(len(fold.test), fold.name) for fold in folds])[order]
    number = {label: index for index, label in enumerate(labels)}
    true = np.array([number[label] for label in y[rows[order]].tolist()], dtype=np.int64)
    predicted = scores.argmax(axis=1).astype(np.int64)
    runs = tuple(result.run for result in results)
    return Predictions(labels, rows[order], true, predicted, scores, names, runs)


def _numbered(index: int, *arguments: Any) -> tuple[int, FoldScores]:
    """Run a fold and say which it was: results arrive in the order they are finished in."""
    return index, run_fold(*arguments)


def run_fold(
    head: Head,
    table: Table,
    fold: Fold,
    seed: int,
    one_vs_rest: bool = False,
    scoring: str = "balanced_accuracy",
) -> FoldScores:
    """Search, fit and score one fold, on one thread; `check_folds` is the caller's to ask."""
    X, groups = table.X, table.groups
    scores = np.zeros((len(fold.test), len(table.labels)))
    searches: dict[str, SearchResult] = {}
    curves: list[dict[str, Any]] = []
    seconds = np.zeros(3)
    with threadpool_limits(1):
        parts, notes = _parts(head, table, fold, child_seed(seed, INNER))
        for number, (name, target) in enumerate(table.targets(one_vs_rest)):
            if one_vs_rest and POSITIVE not in target[fold.train]:
                continue  # nothing to learn this label from: its score stays 0
            search_seed, fit_seed = child_seed(seed, SEARCH, number), child_seed(seed, FIT, number)
            held = fold.validation
            began = perf_counter()
            found = search_params(
                head, X, target, groups, parts, seed=search_seed, scoring=scoring, validation=held
            )
            searched = perf_counter()
            estimator = fit_head(
                head, found.params, X, target, groups, fold.train, seed=fit_seed, validation=held
            )
            fitted = perf_counter()
            if one_vs_rest:
                scores[:, number] = label_scores(estimator, X[fold.test], (POSITIVE, NEGATIVE))[:, 0]
            else:
                scores = label_scores(estimator, X[fold.test], table.labels)
            seconds += np.diff([began, searched, fitted, perf_counter()])
            searches[name] = found
            curves += training_curves(f"{fold.name} {name}".rstrip(), estimator)
    sizes, notes = (len(fold.train), len(fold.test)), [*fold.notes, *notes]
    run = FoldRun(fold.name, *sizes, searches, tuple(notes), tuple(curves), *map(float, seconds))
    return FoldScores(scores, run)


def _parts(head: Head, table: Table, fold: Fold, seed: int) -> tuple[list[Fold], list[str]]:
    """Return what parameters are chosen on: the validation part, or inner folds of the training part."""
    if not has_choice(head):
        return [], []
    if fold.validation is not None:
        return [Fold("validation", fold.train, fold.validation)], []
    return inner_folds(table.y, table.groups, fold.train, seed=seed)
