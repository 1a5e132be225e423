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
from threadpoolctl import threadpool_limits

from styleid.evaluate.folds.seeds import child_seed
from styleid.evaluate.folds.table import Fold, Table, check_folds
from styleid.evaluate.scoring.fitting import fit_head, fit_seed, training_curves
from styleid.evaluate.scoring.predictions import FoldRun, FoldScores, Predictions
from styleid.evaluate.scoring.search import choose_params
from styleid.heads.base import Head, get_head
from styleid.heads.scores import label_scores


def cross_validate(
    head: Head | str,
    table: Table,
    folds: Sequence[Fold],
    *,
    seed: int = 0,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Score each row once, out of fold.

    Parameters
    ----------
    head : Head or str
        What to fit, or its name among ``styleid heads``.
    table : Table
        Vectors, labels and the components that the folds were made from, as `make_table` returns them; its
        labels order the score columns.
    folds : sequence of Fold
        As `grouped_folds` makes them: test parts hold each of the n rows exactly once.
    seed : int
        Seed of inner folds and heads.
    n_jobs : int
        Folds worked on at a time, as in joblib; -1 for all cores.
    progress : callable, optional
        Called as ``progress(done, total)`` after each fold.

    Returns
    -------
    Predictions
        Of all n rows: ``true`` and ``predicted`` (n,) columns of ``labels``, ``scores`` (n, k) float64. For a
        one-vs-rest head a row's scores need not sum to 1.

    Raises
    ------
    InputError
        If there is no such head, parts of a fold share a component, or a row is not scored exactly once.

    Examples
    --------
    >>> folds, notes = grouped_folds(y, components)
    >>> predictions = cross_validate("lda", make_table(X, y, components), folds)
    """
    head = get_head(head) if isinstance(head, str) else head
    check_folds(folds, table.components)
    tasks = (
        delayed(_numbered)(index, head, table, fold, child_seed(seed, index))
        for index, fold in enumerate(folds)
    )
    done: dict[int, FoldScores] = {}
    for index, result in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks):
        done[index] = result
        if progress is not None:
            progress(len(done), len(folds))
    return collect(table, folds, [done[index] for index in range(len(folds))])


def evaluate_holdout(head: Head, table: Table, fold: Fold, *, seed: int = 0) -> Predictions:
    """Score the test part of one division by a head that learns from its training part alone.

    The validation part chooses the parameters and, for a head that takes one, the checkpoint; without a
    validation part, inner folds choose.
    """
    check_folds([fold], table.components, cover=False)
    return collect(table, [fold], [run_fold(head, table, fold, child_seed(seed, 0))])


def collect(table: Table, folds: Sequence[Fold], results: Sequence[FoldScores]) -> Predictions:
    """Put the scores of folds, of which no two test a row, back into row order."""
    rows = np.concatenate([fold.test for fold in folds])
    order = np.argsort(rows)
    scores = np.concatenate([result.scores for result in results])[order]
    names = np.concatenate([np.full(len(fold.test), fold.name) for fold in folds])[order]
    predicted = scores.argmax(axis=1).astype(np.int64)
    runs = tuple(result.run for result in results)
    return Predictions(table.labels, rows[order], table.numbers[rows[order]], predicted, scores, names, runs)


def _numbered(index: int, *arguments: Any) -> tuple[int, FoldScores]:
    """Run a fold and say which it was: results arrive in the order they are finished in."""
    return index, run_fold(*arguments)


def run_fold(head: Head, table: Table, fold: Fold, seed: int) -> FoldScores:
    """Search, fit and score one fold, on one thread; `check_folds` is the caller's to ask."""
    held = fold.validation
    with threadpool_limits(1):
        began = perf_counter()
        params, notes = choose_params(head, table, fold.train, seed=seed, validation=held)
        searched = perf_counter()
        chosen = fit_seed(head, seed)
        estimator = fit_head(head, params, table, fold.train, seed=chosen, validation=held)
        fitted = perf_counter()
        scores = label_scores(estimator, table.X[fold.test], table.labels)
        seconds = searched - began, fitted - searched, perf_counter() - fitted
    sizes, curves = (len(fold.train), len(fold.test)), training_curves(fold.name, estimator)
    return FoldScores(scores, FoldRun(fold.name, *sizes, params, (*fold.notes, *notes), curves, *seconds))
