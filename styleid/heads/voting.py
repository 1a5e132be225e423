"""Several views of a picture, each judged by itself: a head that learns from all and averages its answers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from styleid.errors import InputError
from styleid.heads.base import Head
from styleid.heads.rows import Around


class Voting(Around):
    """A classifier of pictures of which a row holds several views side by side, (n, n_views * dim).

    The estimator learns from every view as a row of its own, and the scores of a picture are the means over
    its views (soft voting). A picture is one row to whoever splits, searches or calibrates, so that its views
    cannot be torn apart.
    """

    def __init__(self, estimator: Any, n_views: int = 1) -> None:
        self.estimator = estimator
        self.n_views = n_views

    def fit(self, X: Any, y: Any, groups: Any = None, validation: tuple[Any, Any] | None = None) -> Voting:
        """Fit the estimator on all views; the views of a picture stay together in parts that it splits off.

        `groups` matter only to an estimator that splits off a part; by default each picture is one.
        """
        X, codes, groups = self._training_rows(X, y, groups)
        if not isinstance(self.n_views, int) or self.n_views < 1 or X.shape[1] % self.n_views:
            raise InputError(
                f"expected rows of {self.n_views} views side by side, found rows of {X.shape[1]} numbers; "
                "give every view its vector",
                views=self.n_views,
            )
        extra: dict[str, Any] = {}
        if has_fit_parameter(self.estimator, "groups"):
            extra["groups"] = self._repeated(np.arange(len(X)) if groups is None else groups)
        if validation is not None:
            extra["validation"] = (
                self._views(self._checked(validation[0])),
                self._repeated(np.asarray(validation[1])),
            )
        labels = self._repeated(self.classes_[codes])
        self.estimator_ = clone(self.estimator).fit(self._views(X), labels, **extra)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the mean of the views' scores, (n, n_classes), in the order of ``classes_``."""
        views = self._views(self._rows(X))  # (n, v * dim) -> (n * v, dim)
        scores = self.estimator_.predict_proba(views)
        mean: NDArray[np.float64] = scores.reshape(-1, self.n_views, len(self.classes_)).mean(axis=1)
        return mean

    @property
    def history_(self) -> Any:
        """Losses and accuracies by epoch, of an estimator that keeps them."""
        return self.estimator_.history_

    @property
    def best_epoch_(self) -> Any:
        """The epoch whose weights are kept, of an estimator trained by epochs."""
        return self.estimator_.best_epoch_

    def _checked(self, X: Any) -> NDArray[np.float64]:
        rows = np.asarray(X, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.n_features_in_:
            raise InputError(
                f"expected validation rows of {self.n_features_in_} numbers, found an array of shape "
                f"{rows.shape}; give the same views",
                expected=self.n_features_in_,
            )
        return rows

    def _views(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return X.reshape(
            len(X) * self.n_views, -1
        )  # (n, v * dim) -> (n * v, dim), a picture's views in a row

    def _repeated(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, self.n_views)  # as the rows of `_views`


def voting_head(head: Head, n_views: int) -> Head:
    """Return the head for rows of `n_views` views, of the same name, grid and parameters."""
    return head if n_views == 1 else replace(head, build=partial(_build, head, n_views))


def _build(head: Head, n_views: int, seed: int) -> Voting:
    return Voting(head.build(seed), n_views)
