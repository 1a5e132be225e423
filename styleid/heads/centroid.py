"""Nearest class mean on vectors of length one: the head every other must beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.heads.base import Head
from styleid.heads.rows import DecisionClassifier, DecisionHead
from styleid.rules.formulas import mean_values, unit_rows


class NearestMean(DecisionClassifier):
    """Decision values of the nearest class mean among vectors of length one.

    scikit-learn's `NearestCentroid` predicts by plain distance but scores by distance in standard deviations,
    so that the two disagree, and it warns at every constant column, which ReLU features have.
    """

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> NearestMean:
        """Average the rows of each class, each row scaled to length one: ``means_``, (n_classes, dim)."""
        self.classes_ = np.unique(y)
        unit = unit_rows(X)
        self.means_ = np.stack([unit[y == label].mean(axis=0) for label in self.classes_])
        return self

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of `mean_values`, (n, n_classes), or (n,) for two classes."""
        return mean_values(X, self.means_)


class CentroidHead(DecisionHead):
    """Nearest class mean by cosine."""

    # Decision values of unit vectors differ by some hundredths.
    temperature_ = 0.05

    def _classifier(self, X: NDArray[np.float64]) -> NearestMean:
        return NearestMean()


HEAD = Head(
    name="centroid",
    summary="nearest class mean by cosine; the least a head must beat",
    build=lambda seed: CentroidHead(),
    grid={},
    complexity=1,
)
