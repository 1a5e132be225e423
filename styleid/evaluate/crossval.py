"""Score every row by a head that has never seen its component.

Everything that is learned, hyperparameters included, is learned inside the training part. Seeds depend on
the fold's number only, and numerical libraries are held to one thread, so the numbers are the same in
whatever order, and on however many cores, the folds are worked through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from threadpoolctl import threadpool_limits

from styleid.evaluate.fitting import choose_params, fit_head, fit_seed, training_curves, training_lead
from styleid.evaluate.metrics import Metrics, point_metrics
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.given import check_kind, check_seed, check_whole
from styleid.heads.base import Head, get_head
from styleid.heads.scores import label_scores

#: Name of the baseline that knows one label only.
MAJORITY = "majority"


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
    lead: tuple[float, ...] = (1.0,)  # as `training_lead` returns


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
    check_kind(head, Head, "a head", "give its name, such as 'lda': cross_validate makes its own classifiers")
    check_kind(table, Table, "a table", "make one by make_table(X, y, components)")
    check_seed(seed)
    if n_jobs != -1:
        check_whole(n_jobs, "n_jobs", 1)
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
        lead = training_lead(head, estimator, table, fold.train)
    sizes, curves = (len(fold.train), len(fold.test)), training_curves(fold.name, estimator)
    run = FoldRun(fold.name, *sizes, params, (*fold.notes, *notes), curves, *seconds, lead)
    return FoldScores(scores, run)


class Final(NamedTuple):
    """A head that was fitted on all rows.

    For a one-vs-rest head classifiers and parameters are mappings by label, and a classifier has the classes
    `POSITIVE` and `NEGATIVE` of `heads.scores`.
    """

    estimator: Any
    params: Mapping[str, Any]  # empty for the head's defaults
    lead: tuple[float, ...]  # as `training_lead` returns


def fit_final(head: Head, table: Table, *, seed: int = 0) -> Final:
    """Choose parameters by grouped folds over all rows, then fit on all rows."""
    rows = np.arange(len(table.y))
    with threadpool_limits(1):
        params, _ = choose_params(head, table, rows, seed=seed)
        estimator = fit_head(head, params, table, rows, seed=fit_seed(head, seed))
        lead = training_lead(head, estimator, table, rows)
    return Final(estimator.estimators_ if head.by_label else estimator, params, lead)


def baseline_heads(table: Table) -> tuple[Head, ...]:
    """Return the baselines of a table: `MAJORITY`, its commonest label for all, and the nearest class mean.

    The label is that of all rows, the first of equals. The commonest of a training part is the rarest of its
    test part where labels are alike in number: three of them would be guessed right less often than 1 in 3.
    """
    constant = str(table.labels[int(np.bincount(table.numbers, minlength=len(table.labels)).argmax())])
    guess = partial(_always, constant)
    return Head(name=MAJORITY, summary="always the commonest label", build=guess, grid={}), get_head(
        "centroid"
    )


def _always(label: str, seed: int) -> Any:
    return DummyClassifier(strategy="constant", constant=label, random_state=seed)
