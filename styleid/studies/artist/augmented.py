"""Train heads on augmented views too, with no view across a fold line from its picture.

A head made here takes *numbers* of pictures and fetches their views by itself: training parts get all views,
what is scored or validated on gets the first one, the centre.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.crossval import FoldScores, Predictions, collect, run_fold
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head
from styleid.heads.validation_part import validation_part


class WithViews:
    """A classifier of picture numbers that learns from all `views`, (v, n, dim), and scores by the first."""

    def __init__(self, head: Head, views: NDArray[np.float32], seed: int) -> None:
        self.head = head
        self.views = views
        self.seed = seed
        self.estimator = head.build(seed)

    def set_params(self, **params: object) -> WithViews:
        """Set parameters of the wrapped classifier."""
        self.estimator.set_params(**params)
        return self

    def fit(
        self,
        X: NDArray[np.float32],
        y: NDArray[Any],
        groups: NDArray[Any] | None = None,
        validation: tuple[NDArray[np.float32], NDArray[Any]] | None = None,
    ) -> WithViews:
        """Learn from all views of the pictures whose numbers, (m, 1), are given.

        The pictures in `validation`, or a part split off here, choose the checkpoint by the centre view only.
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
        """Return the label of each picture, (m,), by its centre view."""
        labels: NDArray[Any] = self.estimator.predict(self.views[0, _numbers(X)])
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scores of each picture, (m, k), by its centre view."""
        scores: NDArray[np.float64] = self.estimator.predict_proba(self.views[0, _numbers(X)])
        return scores


def augmented_head(head: Head, views: NDArray[np.float32]) -> Head:
    """Return a head that takes `picture_numbers` for vectors and learns from every view, (v, n, dim)."""
    return replace(head, build=partial(WithViews, head, views))


def picture_numbers(count: int) -> NDArray[np.float32]:
    """Return what an `augmented_head` takes for vectors: (count, 1); float32 counts no further than 2**24."""
    return np.arange(count, dtype=np.float32)[:, None]


def cross_validate_augmented(
    learner: Head,
    table: Table,
    folds: Sequence[Fold],
    params: Mapping[str, Mapping[str, object]],
    seed: int = 0,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Predictions:
    """Score each picture of a table of `picture_numbers` once, by an `augmented_head`.

    `table` has the pictures' numbers for vectors. Nothing is searched, which would take v times as long:
    `params` gives each fold's parameters by its name.
    The numbers do not depend on `n_jobs`; progress is called as ``progress(done, total)``, in fold order.
    """
    check_folds(folds, table.components)
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
