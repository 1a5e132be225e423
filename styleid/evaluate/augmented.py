"""Train heads on augmented views too, without one ever standing on the other side of a fold line.

Folds, searches and calibrations work on pictures, one row each. A head made here is handed the *numbers* of
the pictures it may learn from and fetches their views by itself, so a view cannot go where its picture does
not: training parts get all views, and what is scored or validated on gets the first one, the centre.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray

from styleid.evaluate.crossval import collect, run_fold
from styleid.evaluate.fold import Fold, check_folds
from styleid.evaluate.predictions import FoldScores, Predictions
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import make_table
from styleid.heads.base import Head
from styleid.heads.inner_folds import validation_part


class WithViews:
    """A classifier of picture numbers that learns from every view and scores by the first.

    Parameters
    ----------
    head : Head
        What it is made of.
    views : NDArray of float32
        (v, n, dim) vectors; the first view is the centre.
    seed : int
        Seed of the classifier, and of a validation part it has to split off.
    """

    def __init__(self, head: Head, views: NDArray[np.float32], seed: int) -> None:
        self.head = head
        self.views = views
        self.seed = seed
        self.estimator = head.build(seed)

    def set_params(self, **params: object) -> WithViews:
        """Set parameters of the classifier.

        Parameters
        ----------
        **params : object
            As the classifier takes them.

        Returns
        -------
        WithViews
        """
        self.estimator.set_params(**params)
        return self

    def fit(
        self,
        X: NDArray[np.float32],
        y: NDArray[Any],
        groups: NDArray[Any] | None = None,
        validation: tuple[NDArray[np.float32], NDArray[Any]] | None = None,
    ) -> WithViews:
        """Learn from all views of some pictures.

        Parameters
        ----------
        X : NDArray of float32
            (m, 1) numbers of the pictures, from `picture_numbers`.
        y : NDArray
            (m,) labels.
        groups : NDArray, optional
            (m,) components.
        validation : (X, y), optional
            Pictures to choose a checkpoint by, seen by their centre view only.

        Returns
        -------
        WithViews
        """
        extra: dict[str, object] = {}
        pictures = _numbers(X)
        if self.head.takes_validation:
            # A part the head splits off by itself would be scored by changed views as well.
            if validation is None:
                _, codes = np.unique(y, return_inverse=True)
                found = validation_part(codes, groups, self.estimator.validation_fraction, self.seed)
                if found is not None:
                    kept, held = found
                    validation = X[held], y[held]
                    pictures, y = pictures[kept], y[kept]
                    groups = None if groups is None else groups[kept]
            if validation is not None:
                extra["validation"] = (self.views[0, _numbers(validation[0])], validation[1])
        count = len(self.views)
        if self.head.takes_groups and groups is not None:
            extra["groups"] = np.tile(groups, count)
        rows = self.views[:, pictures].reshape(count * len(pictures), -1)  # (v, m, dim) -> (v * m, dim)
        self.estimator.fit(rows, np.tile(y, count), **extra)
        return self

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, in the order of the score columns."""
        classes: NDArray[Any] = self.estimator.classes_
        return classes

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """Return the label of each picture, by its centre view.

        Parameters
        ----------
        X : NDArray of float32
            (m, 1) numbers of the pictures.

        Returns
        -------
        NDArray
            (m,).
        """
        labels: NDArray[Any] = self.estimator.predict(self.views[0, _numbers(X)])
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scores of each picture, by its centre view.

        Parameters
        ----------
        X : NDArray of float32
            (m, 1) numbers of the pictures.

        Returns
        -------
        NDArray of float64
            (m, k).
        """
        scores: NDArray[np.float64] = self.estimator.predict_proba(self.views[0, _numbers(X)])
        return scores


def augmented_head(head: Head, views: NDArray[np.float32]) -> Head:
    """Return a head on picture numbers that learns from every view.

    Parameters
    ----------
    head : Head
        A head on vectors.
    views : NDArray of float32
        (v, n, dim) vectors; the first view is the centre.

    Returns
    -------
    Head
        To be used with `picture_numbers` in the place of vectors, in any evaluation.
    """
    return replace(head, build=partial(WithViews, head, views))


def picture_numbers(count: int) -> NDArray[np.float32]:
    """Return what an `augmented_head` takes for vectors.

    Parameters
    ----------
    count : int
        Pictures, below 2**24: float32 counts no further.

    Returns
    -------
    NDArray of float32
        (count, 1).
    """
    return np.arange(count, dtype=np.float32)[:, None]


def cross_validate_augmented(
    head: Head,
    views: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    folds: Sequence[Fold],
    params: Mapping[str, Mapping[str, object]],
    *,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Predictions:
    """Score each picture once by its centre view; heads learn from all views of training parts.

    Nothing is searched: a search over v times the rows would take v times as long.

    Parameters
    ----------
    head : Head
        What to fit.
    views : NDArray of float32
        (v, n, dim) vectors; the first view is the centre.
    y, groups, folds, seed, labels
        As for `styleid.evaluate.crossval.cross_validate`.
    params : mapping of str to mapping
        Name of each fold -> parameters, found in its training part.
    n_jobs : int
        Folds worked on at a time; the numbers do not depend on it.
    progress : callable
        Called as ``progress(done, total)`` after each fold, in order.

    Returns
    -------
    Predictions

    Raises
    ------
    InputError
        As for `styleid.evaluate.crossval.cross_validate`.
    """
    table = make_table(picture_numbers(views.shape[1]), y, groups, labels)
    check_folds(folds, table.groups)
    learner = augmented_head(head, views)
    tasks = (
        delayed(run_fold)(
            replace(learner, grid={name: [value] for name, value in params[fold.name].items()}),
            table,
            fold,
            child_seed(seed, index),
        )
        for index, fold in enumerate(folds)
    )
    results: list[FoldScores] = []
    for result in Parallel(n_jobs=n_jobs, return_as="generator")(tasks):
        results.append(result)
        progress(len(results), len(folds))
    return collect(table, folds, results)


def _numbers(X: NDArray[np.float32]) -> NDArray[np.int64]:
    return X[:, 0].astype(np.int64)
