"""Several spaces' vectors of a picture side by side: a head of each, whose scores are averaged."""

from __future__ import annotations

from collections.abc import Sequence
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
from styleid.heads.voting import voting_head
from styleid.rules.formulas import mean_scores, spaces_of


class Joint(Around):
    """A classifier of rows that hold a vector of each space, of `dims` numbers; without `dims`, of one.

    A clone of the estimator learns from each part of the columns, all with the same parameters.
    """

    def __init__(self, estimator: Any, dims: Sequence[int] = ()) -> None:
        self.estimator = estimator
        self.dims = dims

    def fit(self, X: Any, y: Any, groups: Any = None, validation: tuple[Any, Any] | None = None) -> Joint:
        """Fit a clone of the estimator on each space's columns; what else is given goes to each."""
        X, codes, groups = self._training_rows(X, y, groups)
        if self.dims and (min(self.dims) < 1 or sum(self.dims) != X.shape[1]):
            raise InputError(
                f"expected rows of {' + '.join(map(str, self.dims))} numbers side by side, found rows of "
                f"{X.shape[1]}; give the vectors of every space",
                dims=tuple(self.dims),
            )
        extra: list[dict[str, Any]] = [{} for _ in self.dims or (0,)]
        for number, part in enumerate(extra):
            if groups is not None and has_fit_parameter(self.estimator, "groups"):
                part["groups"] = groups
            if validation is not None:
                held = np.asarray(validation[0], dtype=np.float64)
                part["validation"] = (spaces_of(held, self.dims)[number], validation[1])
        y = self.classes_[codes]
        self.estimators_ = [
            clone(self.estimator).fit(vectors, y, **more)
            for vectors, more in zip(spaces_of(X, self.dims), extra, strict=True)
        ]
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the spaces' average scores, (n, n_classes), in the order of ``classes_``."""
        parts = spaces_of(self._rows(X), self.dims)
        scores = [one.predict_proba(part) for one, part in zip(self.estimators_, parts, strict=True)]
        return mean_scores(scores)


def suited_head(head: Head, dims: Sequence[int], n_views: int) -> Head:
    """Return the head for rows of several spaces and views side by side, of the same name and grid."""
    one = head if len(dims) < 2 else replace(head, build=partial(_build, head, tuple(dims)))
    return voting_head(one, n_views)


def _build(head: Head, dims: tuple[int, ...], seed: int) -> Joint:
    return Joint(head.build(seed), dims)
